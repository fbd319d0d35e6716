"""What has been published or has happened can't be changed, not even by a slip in SQL."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION workflow_definition_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status = 'draft' THEN
        RETURN COALESCE(NEW, OLD);
    END IF;
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'workflow_definition %: published definitions are never deleted', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.status = 'draft' OR (NEW.code, NEW.version, NEW.title, NEW.source, NEW.compiled,
            NEW.digest, NEW.published_at, NEW.published_by)
        IS DISTINCT FROM (OLD.code, OLD.version, OLD.title, OLD.source, OLD.compiled,
            OLD.digest, OLD.published_at, OLD.published_by) THEN
        RAISE EXCEPTION 'workflow_definition %: published definitions are frozen', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER workflow_definition_frozen BEFORE UPDATE OR DELETE ON workflow_definition
    FOR EACH ROW EXECUTE FUNCTION workflow_definition_frozen();

CREATE FUNCTION workflow_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER workflow_event_append_only BEFORE UPDATE OR DELETE ON workflow_event
    FOR EACH ROW EXECUTE FUNCTION workflow_append_only();
CREATE TRIGGER workflow_calendarrevision_append_only
    BEFORE UPDATE OR DELETE ON workflow_calendarrevision
    FOR EACH ROW EXECUTE FUNCTION workflow_append_only();
"""

BACKWARD = """
DROP TRIGGER workflow_calendarrevision_append_only ON workflow_calendarrevision;
DROP TRIGGER workflow_event_append_only ON workflow_event;
DROP FUNCTION workflow_append_only();
DROP TRIGGER workflow_definition_frozen ON workflow_definition;
DROP FUNCTION workflow_definition_frozen();
"""


class Migration(migrations.Migration):
    dependencies = [("workflow", "0002_calendar_revisions")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
