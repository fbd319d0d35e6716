"""A filing rule or duty is never edited: the database lets only its last day be set, once."""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION registry_version_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION '% % is kept for ever: end it instead', TG_TABLE_NAME, OLD.code
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF to_jsonb(OLD) - 'valid_to' IS DISTINCT FROM to_jsonb(NEW) - 'valid_to'
        OR (OLD.valid_to IS NOT NULL AND (NEW.valid_to IS NULL OR NEW.valid_to > OLD.valid_to))
    THEN
        RAISE EXCEPTION '% % is never edited: make a new version', TG_TABLE_NAME, OLD.code
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""

TRIGGERS = """
CREATE TRIGGER registry_filingrule_kept BEFORE UPDATE OR DELETE ON registry_filingrule
    FOR EACH ROW EXECUTE FUNCTION registry_version_is_kept();
CREATE TRIGGER registry_duty_kept BEFORE UPDATE OR DELETE ON registry_duty
    FOR EACH ROW EXECUTE FUNCTION registry_version_is_kept();
"""

UNDO = """
DROP TRIGGER registry_filingrule_kept ON registry_filingrule;
DROP TRIGGER registry_duty_kept ON registry_duty;
DROP FUNCTION registry_version_is_kept();
"""


class Migration(migrations.Migration):

    dependencies = [("registry", "0001_initial")]

    operations = [migrations.RunSQL(FUNCTION + TRIGGERS, UNDO)]
