"""A published version is frozen: its text, its lineage and its edits cannot change."""

from django.db import migrations

VERSION_FROZEN = """
CREATE FUNCTION folkmoot_version_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status = 'draft' THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.status = 'published' AND NEW.status = 'ratified'
       AND (NEW.constitution_id, NEW.number, NEW.run_id, NEW.rule_index, NEW.preamble,
            NEW.digest, NEW.created_by_id, NEW.created_at, NEW.published_at)
           IS NOT DISTINCT FROM
           (OLD.constitution_id, OLD.number, OLD.run_id, OLD.rule_index, OLD.preamble,
            OLD.digest, OLD.created_by_id, OLD.created_at, OLD.published_at) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'version % is published: it is frozen', OLD.id USING ERRCODE = 'FM003';
END $$;
CREATE TRIGGER frozen BEFORE UPDATE OR DELETE ON constitutions_version
    FOR EACH ROW EXECUTE FUNCTION folkmoot_version_frozen();
"""

# Both the row before and the row after must belong to a draft.
PRINCIPLE_FROZEN = """
CREATE FUNCTION folkmoot_principle_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    versions bigint[] := ARRAY[]::bigint[];
BEGIN
    IF TG_OP <> 'INSERT' THEN versions := versions || OLD.version_id; END IF;
    IF TG_OP <> 'DELETE' THEN versions := versions || NEW.version_id; END IF;
    IF EXISTS (
        SELECT 1 FROM constitutions_version WHERE id = ANY (versions) AND status <> 'draft'
    ) THEN
        RAISE EXCEPTION 'the version is published: its principles are frozen'
            USING ERRCODE = 'FM003';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER frozen BEFORE INSERT OR UPDATE OR DELETE ON constitutions_principle
    FOR EACH ROW EXECUTE FUNCTION folkmoot_principle_frozen();
CREATE TRIGGER frozen BEFORE INSERT ON constitutions_principleedit
    FOR EACH ROW EXECUTE FUNCTION folkmoot_principle_frozen();
"""

LINEAGE_FROZEN = """
CREATE FUNCTION folkmoot_lineage_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    principles bigint[] := ARRAY[]::bigint[];
BEGIN
    IF TG_OP <> 'INSERT' THEN principles := principles || OLD.principle_id; END IF;
    IF TG_OP <> 'DELETE' THEN principles := principles || NEW.principle_id; END IF;
    IF EXISTS (
        SELECT 1 FROM constitutions_principle p JOIN constitutions_version v
        ON v.id = p.version_id WHERE p.id = ANY (principles) AND v.status <> 'draft'
    ) THEN
        RAISE EXCEPTION 'the version is published: its lineage is frozen'
            USING ERRCODE = 'FM003';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER frozen BEFORE INSERT OR UPDATE OR DELETE ON constitutions_lineage
    FOR EACH ROW EXECUTE FUNCTION folkmoot_lineage_frozen();
"""

APPEND_ONLY = "".join(
    [
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE "
        "ON constitutions_principleedit "
        "FOR EACH STATEMENT EXECUTE FUNCTION folkmoot_refuse_change();",
        *[
            f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON constitutions_{table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION folkmoot_refuse_change();"
            for table in ("version", "principle", "lineage")
        ],
    ]
)


class Migration(migrations.Migration):
    dependencies = [("constitutions", "0001_initial"), ("deliberation", "0002_guards")]

    operations = [
        migrations.RunSQL(VERSION_FROZEN, "DROP FUNCTION folkmoot_version_frozen() CASCADE;"),
        migrations.RunSQL(PRINCIPLE_FROZEN, "DROP FUNCTION folkmoot_principle_frozen() CASCADE;"),
        migrations.RunSQL(LINEAGE_FROZEN, "DROP FUNCTION folkmoot_lineage_frozen() CASCADE;"),
        migrations.RunSQL(APPEND_ONLY, migrations.RunSQL.noop),
    ]
