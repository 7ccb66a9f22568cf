"""What is known of a bearer token beside its digest. Tokens that are there go on with all rights of their owners, and end with
their passwords from now on. Their names are made up.

The references are the database's own: a process of the release before deletes tokens and users without knowing of this table.

Backwards a token that may do less than its owner goes: the release before would let it do all."""

from importlib import import_module

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from jobs.models.accounts import names, permission

THOSE_THAT_ARE_THERE = """
INSERT INTO jobs_token (credential_id, owner_id, name, password_mark)
SELECT t.digest, u.{key},
    'made before tokens had names: ' || t.token_key
        || CASE WHEN row_number() OVER same > 1 THEN ' ' || row_number() OVER same ELSE '' END,
    encode(sha256(convert_to(u.password, 'UTF8')), 'hex')
FROM knox_authtoken t JOIN {users} u ON u.{key} = t.user_id
WINDOW same AS (PARTITION BY t.user_id, t.token_key ORDER BY t.created, t.digest)
""".format(**names())
REFERENCES = """
ALTER TABLE jobs_token
    ADD CONSTRAINT jobs_token_of_credential FOREIGN KEY (credential_id) REFERENCES knox_authtoken ON DELETE CASCADE,
    ADD CONSTRAINT jobs_token_of_owner FOREIGN KEY (owner_id) REFERENCES {users} ON DELETE CASCADE,
    ADD CONSTRAINT jobs_token_made_by FOREIGN KEY (made_by_id) REFERENCES {users} ON DELETE SET NULL
""".format(**names())
# And those that a changed password has ended, which it would know nothing of.
THOSE_THAT_MAY_LESS = """
DELETE FROM knox_authtoken WHERE digest IN (
    SELECT a.credential_id FROM jobs_token a JOIN {users} u ON u.{key} = a.owner_id
    WHERE a.scopes IS NOT NULL OR a.queues IS NOT NULL OR a.targets IS NOT NULL
        OR a.password_mark <> encode(sha256(convert_to(u.password, 'UTF8')), 'hex')
)
""".format(**names())
SUBJECTS = [
    ("job", "Job"),
    ("queue", "Queue"),
    ("key", "Key"),
    ("trigger", "Trigger"),
    ("calendar", "Calendar"),
    ("worker", "Worker"),
    ("creation_limit", "Creation Limit"),
    ("schedule", "Schedule"),
    ("installation", "Installation"),
    ("team", "Team"),
    ("target", "Target"),
    ("token", "Token"),
]


def texts(said):
    return django.contrib.postgres.fields.ArrayField(
        base_field=models.TextField(), help_text=said, null=True, size=None
    )


def user(**options):
    return models.ForeignKey(
        db_constraint=False, editable=False, related_name="+", to=settings.AUTH_USER_MODEL, **options
    )


KNOX = {f"knox.{verb}_authtoken" for verb in ("view", "add", "change", "delete")}  # of a page that is gone
OURS = {"jobs.view_token": "Can view token", "jobs.delete_token": "Can delete token"}


def _role(apps, using, wanted):
    """Return the group of the role, if nobody has changed what 0051 made of it: it has these permissions."""
    group = apps.get_model("auth", "Group").objects.using(using).filter(name="admin").first()
    if group is None:
        return None
    has = {f"{app}.{code}" for app, code in group.permissions.values_list("content_type__app_label", "codename")}
    return group if has == wanted else None


def _as_made():
    wanted = import_module("jobs.migrations.0051_rights").ROLES["admin"]
    return {permission(name) if "." in name else f"jobs.{name}" for name in wanted}


def for_our_page(apps, schema_editor):
    """Administrators see and revoke tokens by our page."""
    using = schema_editor.connection.alias
    group = _role(apps, using, _as_made())
    if group is None:
        return
    types = apps.get_model("contenttypes", "ContentType").objects.using(using)
    permissions = apps.get_model("auth", "Permission").objects.using(using)
    of_tokens, _ = types.get_or_create(app_label="jobs", model="token")
    for name, words in OURS.items():
        code = name.partition(".")[2]
        one, _ = permissions.get_or_create(content_type=of_tokens, codename=code, defaults={"name": words})
        group.permissions.add(one)
    group.permissions.remove(*permissions.filter(content_type__app_label="knox"))


def for_knoxs_page(apps, schema_editor):
    using = schema_editor.connection.alias
    group = _role(apps, using, _as_made() - KNOX | OURS.keys())
    if group is None:
        return
    permissions = apps.get_model("auth", "Permission").objects.using(using)
    group.permissions.remove(*permissions.filter(content_type__app_label="jobs", content_type__model="token"))
    group.permissions.add(*permissions.filter(content_type__app_label="knox", content_type__model="authtoken"))


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0051_rights"),
        ("knox", "0009_extend_authtoken_field"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.AlterField(
            "audit", "subject", models.CharField(choices=SUBJECTS, db_default="job", default="job", max_length=20)
        ),
        migrations.CreateModel(
            name="Token",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                ("scopes", texts("Permissions by name. Empty: all of its owner's.")),
                ("queues", texts("Jobs of these queues only. Empty: of any.")),
                ("targets", texts("Jobs of these targets only. Empty: of any.")),
                ("password_mark", models.CharField(editable=False, max_length=64)),
                ("last_used_at", models.DateTimeField(editable=False, help_text="To the minute.", null=True)),
                (
                    "rotated_at",
                    models.DateTimeField(editable=False, help_text="When another took its place.", null=True),
                ),
                (
                    "credential",
                    models.OneToOneField(
                        db_constraint=False,
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="about",
                        to="knox.authtoken",
                    ),
                ),
                (
                    "made_by",
                    user(
                        help_text="Empty: made by command, or by somebody whose account was deleted.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                    ),
                ),
                ("owner", user(on_delete=django.db.models.deletion.CASCADE)),
            ],
            options={
                "ordering": ["id"],
                "default_permissions": ["view", "delete"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("rotated_at", None)), fields=("owner", "name"), name="jobs_token_name_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="jobs_token_has_a_name"
                    ),
                    *(
                        models.CheckConstraint(
                            condition=models.Q((one, None), models.Q((one, []), _negated=True), _connector="OR"),
                            name=f"jobs_token_{one}_any_or_some",
                        )
                        for one in ("scopes", "queues", "targets")
                    ),
                ],
            },
        ),
        migrations.RunPython(for_our_page, for_knoxs_page),
        # What locks tables that are in use comes last.
        migrations.RunSQL(THOSE_THAT_ARE_THERE, migrations.RunSQL.noop),
        migrations.RunSQL(REFERENCES, THOSE_THAT_MAY_LESS),
        # The way back begins here.
        migrations.RunSQL(migrations.RunSQL.noop, "SET LOCAL lock_timeout = '800ms'"),
    ]
