"""The one way a vote comes in, as a function of the database.

A function, since a vote then costs one round trip and plans that each session keeps. It adds
refusals to those of 0002:
FM005 no such seat, or it was given up; FM006 another consent text is in force; FM007 too many
requests, with the seconds to wait in DETAIL; FM008 the statement is not open for votes;
FM009 there is no vote to take back.
"""

from django.db import migrations

# Counted nowhere else, so no WAL: after a crash everyone starts with an empty record.
UNLOGGED = "ALTER TABLE deliberation_ratelimit SET UNLOGGED;"
LOGGED = "ALTER TABLE deliberation_ratelimit SET LOGGED;"

# The generic cell rate algorithm (ITU-T I.371): `due_at` runs ahead of the clock by one
# interval for each request; who is further ahead than the burst allows must wait.
TAKE = """
CREATE FUNCTION folkmoot_take(
    of_key bytea, every double precision, burst integer, at timestamptz
) RETURNS double precision LANGUAGE plpgsql AS $$
DECLARE
    step interval := make_interval(secs => every);
    allowance interval := make_interval(secs => every * burst);
    ahead interval;
BEGIN
    INSERT INTO deliberation_ratelimit AS r (key, due_at) VALUES (of_key, at + step)
    ON CONFLICT (key) DO UPDATE
        SET due_at = CASE
            WHEN GREATEST(r.due_at, at) + step - at > allowance THEN r.due_at
            ELSE GREATEST(r.due_at, at) + step
        END
    RETURNING GREATEST(old.due_at, at) + step - at - allowance INTO ahead;
    RETURN COALESCE(GREATEST(extract(epoch FROM ahead), 0), 0);
END $$;
"""

# Locks: the round shared, then the participant's row, then the vote (services/locks.py). With
# the row held, nothing else of this person is under way, so each query below, which sees what
# was committed before it began, sees the last word.
CAST_VOTE = """
CREATE FUNCTION folkmoot_cast_vote(
    of_deliberation bigint, of_number integer, of_session integer, agreed_to text,
    of_round bigint, on_number integer, new_value smallint, is_important boolean,
    request_key uuid, from_source text, at timestamptz,
    limit_key bytea, limit_every double precision, limit_burst integer,
    next_statement bigint, next_probability double precision,
    OUT kind text, OUT now_value smallint, OUT before_value smallint, OUT participant bigint,
    OUT in_group smallint, OUT voted bigint[]
)
LANGUAGE plpgsql AS $$
DECLARE
    who record;
    what record;
    wait double precision;
    held text;
BEGIN
    held := pg_advisory_xact_lock_shared(7001, of_round::int);  -- quicker than PERFORM
    SELECT p.id, p.session_version, p.withdrawn_at, p.consent_hash, p.routing_group INTO who
    FROM deliberation_participant p
    WHERE p.deliberation_id = of_deliberation AND p.number = of_number FOR NO KEY UPDATE;
    IF who.id IS NULL OR who.withdrawn_at IS NOT NULL
       OR who.session_version <> COALESCE(of_session, who.session_version)
       OR (of_session IS NOT NULL AND who.session_version = 0) THEN
        RAISE EXCEPTION 'no seat' USING ERRCODE = 'FM005';
    END IF;
    IF agreed_to IS NOT NULL AND who.consent_hash <> agreed_to THEN
        RAISE EXCEPTION 'another consent text' USING ERRCODE = 'FM006';
    END IF;
    SELECT s.id, s.status, EXISTS (
        SELECT 1 FROM deliberation_voteevent e
        WHERE e.participant_id = who.id AND e.key = request_key
    ) AS known INTO what
    FROM deliberation_statement s WHERE s.round_id = of_round AND s.number = on_number;
    IF what.id IS NULL THEN
        RAISE EXCEPTION 'no such statement' USING ERRCODE = 'FM008';
    END IF;

    IF what.known THEN
        SELECT v.value INTO now_value FROM deliberation_vote v
        WHERE v.participant_id = who.id AND v.statement_id = what.id;
        kind := 'replayed';
        before_value := now_value;
    ELSE
        IF limit_key IS NOT NULL THEN
            wait := folkmoot_take(limit_key, limit_every, limit_burst, at);
            IF wait > 0 THEN
                RAISE EXCEPTION 'too many' USING ERRCODE = 'FM007', DETAIL = ceil(wait)::text;
            END IF;
        END IF;
        now_value := new_value;
        IF new_value IS NULL THEN
            DELETE FROM deliberation_vote v
            WHERE v.participant_id = who.id AND v.statement_id = what.id
            RETURNING v.value INTO before_value;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'no vote to take back' USING ERRCODE = 'FM009';
            END IF;
            kind := 'withdrawn';
        ELSE
            IF what.status <> 'accepted' THEN
                RAISE EXCEPTION 'not open for votes' USING ERRCODE = 'FM008';
            END IF;
            INSERT INTO deliberation_vote
                (participant_id, statement_id, round_id, value, important, updated_at)
            VALUES (who.id, what.id, of_round, new_value, is_important, at)
            ON CONFLICT (participant_id, statement_id) DO UPDATE
                SET value = EXCLUDED.value, important = EXCLUDED.important,
                    updated_at = EXCLUDED.updated_at
            RETURNING old.value INTO before_value;
            kind := CASE WHEN before_value IS NULL THEN 'cast'
                         WHEN before_value = new_value THEN 'repeated' ELSE 'changed' END;
        END IF;
        INSERT INTO deliberation_voteevent (participant_id, statement_id, round_id, value,
            important, previous, key, source, created_at)
        VALUES (who.id, what.id, of_round, new_value, is_important AND new_value IS NOT NULL,
            before_value, request_key, from_source, at);
        IF next_statement IS NOT NULL THEN
            INSERT INTO deliberation_exposure
                (participant_id, statement_id, round_id, probability, drawn, shown_at)
            VALUES (who.id, next_statement, of_round, next_probability, new_value IS NOT NULL, at);
        END IF;
    END IF;
    participant := who.id;
    in_group := who.routing_group;
    SELECT COALESCE(array_agg(v.statement_id), '{}') INTO voted
    FROM deliberation_vote v WHERE v.participant_id = who.id;
END $$;
"""

# As in 0002, apart from how the lock is called: it is asked for twice in every vote.
VOTES_ONLY_WHILE_OPEN = """
CREATE OR REPLACE FUNCTION folkmoot_votes_only_while_open() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of_round bigint := CASE WHEN TG_OP = 'DELETE' THEN OLD.round_id ELSE NEW.round_id END;
    held text;
BEGIN
    held := pg_advisory_xact_lock_shared(7001, of_round::int);
    IF NOT EXISTS (
        SELECT 1 FROM deliberation_round WHERE id = of_round AND phase IN ('propose', 'vote')
    ) THEN
        RAISE EXCEPTION 'round % takes no votes', of_round USING ERRCODE = 'FM001';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
"""

ROUND_FROZEN = """
CREATE OR REPLACE FUNCTION folkmoot_round_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.phase = 'draft' THEN
        RETURN NEW;
    END IF;
    IF (NEW.deliberation_id, NEW.number, NEW.kind, NEW.question, NEW.consent_text,
        NEW.statement_max_length, NEW.target_votes, NEW.min_votes_to_propose, NEW.routing,
        NEW.min_exposures, NEW.show_origin, NEW.ask_importance, NEW.moderation, NEW.plan,
        NEW.plan_hash, NEW.frozen_hash, NEW.opened_at)
       IS DISTINCT FROM
       (OLD.deliberation_id, OLD.number, OLD.kind, OLD.question, OLD.consent_text,
        OLD.statement_max_length, OLD.target_votes, OLD.min_votes_to_propose, OLD.routing,
        OLD.min_exposures, OLD.show_origin, OLD.ask_importance, OLD.moderation, OLD.plan,
        OLD.plan_hash, OLD.frozen_hash, OLD.opened_at) THEN
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
"""

# Texts that people agreed to before versions were kept.
KEEP_CONSENT_TEXTS = """
INSERT INTO deliberation_consenttext (deliberation_id, version, text, sha256, created_at)
SELECT deliberation_id, row_number() OVER (PARTITION BY deliberation_id ORDER BY first),
    text, encode(sha256(convert_to(text, 'UTF8')), 'hex'), now()
FROM (
    SELECT deliberation_id, consent_text AS text, min(number) AS first
    FROM deliberation_round WHERE consent_text ~ '\\S' GROUP BY deliberation_id, consent_text
) AS texts;
"""

CONSENT_APPEND_ONLY = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON deliberation_consenttext
    FOR EACH STATEMENT EXECUTE FUNCTION folkmoot_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("deliberation", "0003_voting")]

    operations = [
        migrations.RunSQL(UNLOGGED, LOGGED),
        migrations.RunSQL(TAKE, "DROP FUNCTION folkmoot_take;"),
        migrations.RunSQL(CAST_VOTE, "DROP FUNCTION folkmoot_cast_vote;"),
        migrations.RunSQL(VOTES_ONLY_WHILE_OPEN, migrations.RunSQL.noop),
        migrations.RunSQL(ROUND_FROZEN, migrations.RunSQL.noop),
        migrations.RunSQL(KEEP_CONSENT_TEXTS, migrations.RunSQL.noop),
        migrations.RunSQL(
            CONSENT_APPEND_ONLY, "DROP TRIGGER append_only ON deliberation_consenttext;"
        ),
    ]
