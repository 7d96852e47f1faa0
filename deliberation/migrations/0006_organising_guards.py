"""What is fixed at opening changes only by an amendment; a paused round takes no votes.

FM010 the round is paused. Votes end at ``closes_at`` by the database's own clock, however late
the worker is that closes the round.
"""

import importlib

from django.db import migrations

_guards = importlib.import_module("deliberation.migrations.0002_guards")

VOTES_ONLY_WHILE_OPEN = """
CREATE OR REPLACE FUNCTION folkmoot_votes_only_while_open() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of_round bigint := CASE WHEN TG_OP = 'DELETE' THEN OLD.round_id ELSE NEW.round_id END;
    held text;
    now_at record;
BEGIN
    held := pg_advisory_xact_lock_shared(7001, of_round::int);
    SELECT phase, paused_at, closes_at INTO now_at FROM deliberation_round WHERE id = of_round;
    IF now_at.phase NOT IN ('propose', 'vote') OR now_at.closes_at <= clock_timestamp() THEN
        RAISE EXCEPTION 'round % takes no votes', of_round USING ERRCODE = 'FM001';
    END IF;
    -- Whoever leaves takes their votes back, also meanwhile: events without a value pass.
    IF now_at.paused_at IS NOT NULL AND TG_OP <> 'DELETE' AND NEW.value IS NOT NULL THEN
        RAISE EXCEPTION 'round % is paused', of_round USING ERRCODE = 'FM010';
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
        NEW.min_exposures, NEW.show_origin, NEW.ask_importance, NEW.moderation,
        NEW.moderation_hours, NEW.reason_codes, NEW.moderation_policy, NEW.show_results,
        NEW.seed_source, NEW.exclusion_rule, NEW.straight_votes, NEW.plan, NEW.plan_hash,
        NEW.frozen_hash, NEW.opened_at)
       IS DISTINCT FROM
       (OLD.deliberation_id, OLD.number, OLD.kind, OLD.question, OLD.consent_text,
        OLD.statement_max_length, OLD.target_votes, OLD.min_votes_to_propose, OLD.routing,
        OLD.min_exposures, OLD.show_origin, OLD.ask_importance, OLD.moderation,
        OLD.moderation_hours, OLD.reason_codes, OLD.moderation_policy, OLD.show_results,
        OLD.seed_source, OLD.exclusion_rule, OLD.straight_votes, OLD.plan, OLD.plan_hash,
        OLD.frozen_hash, OLD.opened_at)
       AND ((NEW.deliberation_id, NEW.number, NEW.kind, NEW.opened_at)
            IS DISTINCT FROM (OLD.deliberation_id, OLD.number, OLD.kind, OLD.opened_at)
            OR OLD.phase = 'closed'
            OR NEW.frozen_hash = OLD.frozen_hash
            OR NOT EXISTS (
                SELECT 1 FROM deliberation_amendment a
                WHERE a.round_id = OLD.id AND a.kind = 'changed'
                  AND a.hash_before = OLD.frozen_hash AND a.hash_after = NEW.frozen_hash
            )) THEN
        RAISE EXCEPTION 'round % is open: what was fixed changes by an amendment only', OLD.id
            USING ERRCODE = 'FM003';
    END IF;
    IF NOT (OLD.phase = NEW.phase OR (OLD.phase, NEW.phase) IN
            (('propose', 'vote'), ('propose', 'closed'), ('vote', 'closed')))
       AND NOT ((OLD.phase, NEW.phase) = ('closed', 'vote') AND EXISTS (
            SELECT 1 FROM deliberation_amendment a
            WHERE a.round_id = OLD.id AND a.kind = 'reopened' AND a.closed_before = OLD.closed_at
       )) THEN
        RAISE EXCEPTION 'round % cannot go from % to %', OLD.id, OLD.phase, NEW.phase
            USING ERRCODE = 'FM003';
    END IF;
    IF (OLD.phase, NEW.phase) = ('closed', 'closed')
       AND NEW.closed_at IS DISTINCT FROM OLD.closed_at THEN
        RAISE EXCEPTION 'round % is closed', OLD.id USING ERRCODE = 'FM003';
    END IF;
    RETURN NEW;
END $$;
"""

DRAW_FROZEN = """
CREATE FUNCTION folkmoot_draw_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'done' THEN
        RAISE EXCEPTION 'draw % is done', OLD.id USING ERRCODE = 'FM003';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER frozen BEFORE UPDATE OR DELETE ON deliberation_draw
    FOR EACH ROW EXECUTE FUNCTION folkmoot_draw_frozen();
"""


class Migration(migrations.Migration):
    dependencies = [("deliberation", "0005_organising")]

    operations = [
        _guards.append_only("deliberation_amendment"),
        migrations.RunSQL(VOTES_ONLY_WHILE_OPEN, migrations.RunSQL.noop),
        migrations.RunSQL(ROUND_FROZEN, migrations.RunSQL.noop),
        migrations.RunSQL(DRAW_FROZEN, "DROP FUNCTION folkmoot_draw_frozen() CASCADE;"),
    ]
