"""Who lets in those who are locked out, and removes authenticators that are lost: the role admin. Rows of Django's own small
tables only."""

from django.db import migrations

from jobs.models.accounts import AUTHENTICATORS, LOCKS, has

GIVEN = {
    **({("axes", "accessattempt"): "access attempt"} if has(LOCKS) else {}),
    **({("otp_totp", "totpdevice"): "TOTP device"} if has(AUTHENTICATORS) else {}),
}
VERBS = ("view", "delete")


def give(apps, schema_editor):
    """To the role as 0051 has made it: a group of that name that there was before stays as it is."""
    using = schema_editor.connection.alias
    groups = apps.get_model("auth", "Group").objects.using(using)
    for group in groups.filter(name="admin", permissions__codename="change_targetrule"):
        group.permissions.add(*_permissions(apps, using))


def take(apps, schema_editor):
    """Leave it as 0051 has made it."""
    using = schema_editor.connection.alias
    for group in apps.get_model("auth", "Group").objects.using(using).filter(name="admin"):
        group.permissions.remove(*_permissions(apps, using))


def _permissions(apps, using):
    """Return these permissions. Django makes them after all migrations: those that are missing are made now."""
    types = apps.get_model("contenttypes", "ContentType").objects.using(using)
    permissions = apps.get_model("auth", "Permission").objects.using(using)
    for (label, model), name in GIVEN.items():
        its_type, _ = types.get_or_create(app_label=label, model=model)
        for verb in VERBS:
            one, _ = permissions.get_or_create(
                content_type=its_type, codename=f"{verb}_{model}", defaults={"name": f"Can {verb} {name}"}
            )
            yield one


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0079_saved_views"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        *([("axes", "0010_accessattemptexpiration")] if has(LOCKS) else []),
        *([("otp_totp", "0003_add_timestamps")] if has(AUTHENTICATORS) else []),
    ]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.RunPython(give, take),
    ]
