"""The checks of 0065 for the rows that are there, and the rights of the roles.

Backwards it refuses while a job is redacted: the release before would start it again with nothing to do."""

from importlib import import_module

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations

permissions = import_module("jobs.migrations.0051_rights")._permissions

SEE = ("viewer", "operator", "approver", "admin")
DEFINE = ("add_retentionrule", "change_retentionrule", "delete_retentionrule", "redact_job")

NONE_IS_REDACTED = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM jobs_all WHERE redacted_at IS NOT NULL) THEN
        RAISE EXCEPTION 'jobs are redacted, which the release before does not know'
            USING HINT = 'It would let them start again, with nothing to do. Stay with this release.';
    END IF;
END $$
"""


def give(apps, schema_editor):
    """To the roles as 0051 has made them: a group of that name that there was before stays as it is."""
    using = schema_editor.connection.alias
    groups = apps.get_model("auth", "Group").objects.using(using)
    for group in groups.filter(name__in=SEE, permissions__codename="view_targetrule"):
        group.permissions.add(*permissions(apps, using, ["view_retentionrule"]))
    for group in groups.filter(name="admin", permissions__codename="change_targetrule"):
        group.permissions.add(*permissions(apps, using, DEFINE))


def take(apps, schema_editor):
    """Leave them as 0051 has made them."""
    names = ("view_retentionrule", *DEFINE)
    for group in apps.get_model("auth", "Group").objects.using(schema_editor.connection.alias).filter(name__in=SEE):
        group.permissions.remove(*group.permissions.filter(codename__in=names))


class Migration(migrations.Migration):
    atomic = False  # each on its own, so that no lock is held for longer than its look at the rows
    dependencies = [("jobs", "0065_redaction")]

    operations = [
        ValidateConstraint("audit", "jobs_audit_verb_known"),
        ValidateConstraint("job", "jobs_redacted_is_over"),
        # Not with 0065: what a group is given stands in the audit, which cannot be altered in that transaction any more.
        migrations.RunPython(give, take),
        # Read before anything is locked.
        migrations.RunSQL(migrations.RunSQL.noop, NONE_IS_REDACTED),
    ]
