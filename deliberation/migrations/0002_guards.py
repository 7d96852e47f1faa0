"""What must always be true, held by the database itself rather than by good manners.

Errors carry SQLSTATE ``FM...`` so that services can tell them apart:
FM001 the round takes no votes in this phase, FM002 the record is append-only,
FM003 the row is frozen, FM004 the text is longer than the round allows.
"""

from django.db import migrations

APPEND_ONLY_TABLES = [
    "deliberation_voteevent",
    "deliberation_moderationdecision",
    "deliberation_auditentry",
]

NEEDS_POSTGRESQL_18 = """
DO $$ BEGIN
    IF current_setting('server_version_num')::int < 180000 THEN
        RAISE EXCEPTION 'Folkmoot needs PostgreSQL 18 or newer, this is %',
            current_setting('server_version');
    END IF;
END $$;
"""

REFUSE_CHANGE = """
CREATE FUNCTION folkmoot_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'FM002';
END $$;
"""


def append_only(table: str) -> migrations.RunSQL:
    """Refuse UPDATE, DELETE and TRUNCATE on ``table``."""
    return migrations.RunSQL(
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION folkmoot_refuse_change();",
        f"DROP TRIGGER append_only ON {table};",
    )


# Casting takes a shared lock on the round, closing an exclusive one (services/rounds.py).
# The phase is read after the lock is held: each query in a function sees what was committed
# before that query began, so a vote that waited for a closing round sees it closed.
VOTES_ONLY_WHILE_OPEN = """
CREATE FUNCTION folkmoot_votes_only_while_open() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of_round bigint := CASE WHEN TG_OP = 'DELETE' THEN OLD.round_id ELSE NEW.round_id END;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(7001, of_round::int);
    IF NOT EXISTS (
        SELECT 1 FROM deliberation_round WHERE id = of_round AND phase IN ('propose', 'vote')
    ) THEN
        RAISE EXCEPTION 'round % takes no votes', of_round USING ERRCODE = 'FM001';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER only_while_open BEFORE INSERT OR UPDATE OR DELETE ON deliberation_vote
    FOR EACH ROW EXECUTE FUNCTION folkmoot_votes_only_while_open();
CREATE TRIGGER only_while_open BEFORE INSERT ON deliberation_voteevent
    FOR EACH ROW EXECUTE FUNCTION folkmoot_votes_only_while_open();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON deliberation_vote
    FOR EACH STATEMENT EXECUTE FUNCTION folkmoot_refuse_change();
"""

ROUND_FROZEN = """
CREATE FUNCTION folkmoot_round_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.phase = 'draft' THEN
        RETURN NEW;
    END IF;
    IF (NEW.deliberation_id, NEW.number, NEW.kind, NEW.question, NEW.consent_text,
        NEW.statement_max_length, NEW.target_votes, NEW.moderation, NEW.plan, NEW.plan_hash,
        NEW.frozen_hash, NEW.opened_at)
       IS DISTINCT FROM
       (OLD.deliberation_id, OLD.number, OLD.kind, OLD.question, OLD.consent_text,
        OLD.statement_max_length, OLD.target_votes, OLD.moderation, OLD.plan, OLD.plan_hash,
        OLD.frozen_hash, OLD.opened_at) THEN
        RAISE EXCEPTION 'round % is open: its question, plan and consent text are frozen', OLD.id
            USING ERRCODE = 'FM003';
    END IF;
    IF NOT (OLD.phase = NEW.phase OR (OLD.phase, NEW.phase) IN
            (('propose', 'vote'), ('propose', 'closed'), ('vote', 'closed'))) THEN
        RAISE EXCEPTION 'round % cannot go from % to %', OLD.id, OLD.phase, NEW.phase
            USING ERRCODE = 'FM003';
    END IF;
    IF OLD.phase = 'closed' AND NEW.closed_at IS DISTINCT FROM OLD.closed_at THEN
        RAISE EXCEPTION 'round % is closed', OLD.id USING ERRCODE = 'FM003';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER frozen BEFORE UPDATE ON deliberation_round
    FOR EACH ROW EXECUTE FUNCTION folkmoot_round_frozen();
"""

STATEMENT_TEXT = """
CREATE FUNCTION folkmoot_statement_text() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    longest integer;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.text, NEW.folded, NEW.language, NEW.round_id, NEW.number)
           IS NOT DISTINCT FROM
           (OLD.text, OLD.folded, OLD.language, OLD.round_id, OLD.number) THEN
            RETURN NEW;
        END IF;
        IF EXISTS (SELECT 1 FROM deliberation_voteevent WHERE statement_id = OLD.id) THEN
            RAISE EXCEPTION 'statement % has votes: its text is frozen', OLD.id
                USING ERRCODE = 'FM003';
        END IF;
    END IF;
    SELECT statement_max_length INTO longest FROM deliberation_round WHERE id = NEW.round_id;
    IF char_length(NEW.text) > longest THEN
        RAISE EXCEPTION 'a statement of % characters is longer than %',
            char_length(NEW.text), longest USING ERRCODE = 'FM004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER text_rules BEFORE INSERT OR UPDATE ON deliberation_statement
    FOR EACH ROW EXECUTE FUNCTION folkmoot_statement_text();
"""

# A vote names its round; the statement must be of that round.
SAME_ROUND = "".join(
    f"ALTER TABLE {table} ADD CONSTRAINT {table}_same_round "
    "FOREIGN KEY (statement_id, round_id) REFERENCES deliberation_statement (id, round_id);"
    for table in ("deliberation_vote", "deliberation_voteevent", "deliberation_exposure")
)


class Migration(migrations.Migration):
    dependencies = [("deliberation", "0001_initial")]

    operations = [
        migrations.RunSQL(NEEDS_POSTGRESQL_18, migrations.RunSQL.noop),
        migrations.RunSQL(REFUSE_CHANGE, "DROP FUNCTION folkmoot_refuse_change();"),
        *[append_only(table) for table in APPEND_ONLY_TABLES],
        migrations.RunSQL(
            VOTES_ONLY_WHILE_OPEN, "DROP FUNCTION folkmoot_votes_only_while_open() CASCADE;"
        ),
        migrations.RunSQL(ROUND_FROZEN, "DROP FUNCTION folkmoot_round_frozen() CASCADE;"),
        migrations.RunSQL(STATEMENT_TEXT, "DROP FUNCTION folkmoot_statement_text() CASCADE;"),
        migrations.RunSQL(SAME_ROUND, migrations.RunSQL.noop),
    ]
