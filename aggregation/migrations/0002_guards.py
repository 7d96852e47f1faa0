"""A finished run is frozen: neither it nor its findings can change."""

from django.db import migrations

FINDING_TABLES = [
    "aggregation_groupfinding",
    "aggregation_participantfinding",
    "aggregation_statementfinding",
    "aggregation_statementgroupfinding",
    "aggregation_selectionfinding",
]

RUN_FROZEN = """
CREATE FUNCTION folkmoot_run_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status = 'done' THEN
        RAISE EXCEPTION 'run % is done: it is frozen', OLD.id USING ERRCODE = 'FM003';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER frozen BEFORE UPDATE OR DELETE ON aggregation_run
    FOR EACH ROW EXECUTE FUNCTION folkmoot_run_frozen();
"""

# Statement-level with transition tables: a run saves many thousand findings at once.
FINDINGS_FROZEN = """
CREATE FUNCTION folkmoot_findings_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM aggregation_run WHERE status = 'done' AND id IN
            (SELECT run_id FROM changed)
    ) THEN
        RAISE EXCEPTION 'findings of a run that is done are frozen' USING ERRCODE = 'FM003';
    END IF;
    RETURN NULL;
END $$;
"""


def findings_frozen(table: str) -> migrations.RunSQL:
    """Refuse INSERT, UPDATE and DELETE of findings whose run is done, and any TRUNCATE."""
    triggers = [
        f"CREATE TRIGGER frozen_{verb.lower()} AFTER {verb} ON {table} "
        f"REFERENCING {side} TABLE AS changed "
        "FOR EACH STATEMENT EXECUTE FUNCTION folkmoot_findings_frozen();"
        for verb, side in (("INSERT", "NEW"), ("UPDATE", "OLD"), ("DELETE", "OLD"))
    ]
    triggers.append(
        f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION folkmoot_refuse_change();"
    )
    return migrations.RunSQL("".join(triggers), migrations.RunSQL.noop)


class Migration(migrations.Migration):
    dependencies = [("aggregation", "0001_initial"), ("deliberation", "0002_guards")]

    operations = [
        migrations.RunSQL(RUN_FROZEN, "DROP FUNCTION folkmoot_run_frozen() CASCADE;"),
        migrations.RunSQL(FINDINGS_FROZEN, "DROP FUNCTION folkmoot_findings_frozen() CASCADE;"),
        *[findings_frozen(table) for table in FINDING_TABLES],
    ]
