"""Nobody holds two posts of one separate group at the same time (三权分立), whoever writes."""

from django.db import migrations

_UP = """
CREATE FUNCTION accounts_separate() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    other text;
BEGIN
    -- Two grants to one person wait for each other here, so that the second sees the first.
    PERFORM 1 FROM accounts_user WHERE id = NEW.user_id FOR UPDATE;
    SELECT held.name INTO other
    FROM accounts_post mine
    JOIN accounts_post held ON held.separate = mine.separate AND held.id <> mine.id
    JOIN accounts_grant g ON g.post_id = held.id AND g.user_id = NEW.user_id AND g.id <> NEW.id
    WHERE mine.id = NEW.post_id AND mine.separate <> ''
      AND g.valid_from <= coalesce(NEW.valid_to, 'infinity')
      AND NEW.valid_from <= coalesce(g.valid_to, 'infinity')
    LIMIT 1;
    IF other IS NOT NULL THEN
        RAISE EXCEPTION '三权分立：此人已任“%”，不得兼任互斥岗位', other
            USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'accounts_grant_separate';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER accounts_grant_separate
    BEFORE INSERT OR UPDATE OF user_id, post_id, valid_from, valid_to ON accounts_grant
    FOR EACH ROW EXECUTE FUNCTION accounts_separate();
"""

_DOWN = """
DROP TRIGGER accounts_grant_separate ON accounts_grant;
DROP FUNCTION accounts_separate();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [migrations.RunSQL(_UP, _DOWN)]
