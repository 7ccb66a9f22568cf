"""The audit's rows stay as they were written. See ADR 48.

An account that is deleted empties `by_id`, by a statement of Django's: the one change that is let pass. What is older than 29
days may be deleted (JOBS_KEEP_AUDIT is 30 days or more).
"""

from django.contrib.auth import get_user_model
from django.db import migrations

NAMES = "UPDATE jobs_audit SET by_name = who.{name}::text FROM {users} AS who WHERE who.{key} = jobs_audit.by_id"

STAYS = """
CREATE FUNCTION jobs_audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.at < now() - interval '29 days' THEN
        RETURN OLD;
    ELSIF TG_OP = 'UPDATE' AND NEW.by_id IS NULL AND to_jsonb(NEW) - 'by_id' = to_jsonb(OLD) - 'by_id' THEN
        RETURN NEW;
    END IF;
    RAISE restrict_violation USING TABLE = 'jobs_audit', CONSTRAINT = 'jobs_audit_stays',
        MESSAGE = 'rows of jobs_audit stay as they were written (jobs_audit_stays)',
        HINT = 'They may be deleted when they are 29 days old; JOBS_KEEP_AUDIT says when RunAt does.';
END $$;
CREATE TRIGGER jobs_audit_stays BEFORE UPDATE OR DELETE ON jobs_audit
    FOR EACH ROW EXECUTE FUNCTION jobs_audit_stays();
CREATE TRIGGER jobs_audit_stays_whole BEFORE TRUNCATE ON jobs_audit
    FOR EACH STATEMENT EXECUTE FUNCTION jobs_audit_stays();
"""
STAYS_NOT = """
DROP TRIGGER jobs_audit_stays ON jobs_audit;
DROP TRIGGER jobs_audit_stays_whole ON jobs_audit;
DROP FUNCTION jobs_audit_stays();
"""


def name_those_that_are_there(apps, schema_editor):
    user, quote = get_user_model(), schema_editor.quote_name
    columns = {"name": user._meta.get_field(user.USERNAME_FIELD).column, "key": user._meta.pk.column}
    quoted = {word: quote(column) for word, column in columns.items()}
    schema_editor.execute(NAMES.format(users=quote(user._meta.db_table), **quoted))


class Migration(migrations.Migration):
    dependencies = [("jobs", "0055_audit_named")]

    operations = [
        migrations.RunPython(name_those_that_are_there, migrations.RunPython.noop),
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.RunSQL(STAYS, STAYS_NOT),
    ]
