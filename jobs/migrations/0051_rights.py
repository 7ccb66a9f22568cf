"""Roles as groups, teams with what they own, and rules of targets. New tables, and rows of Django's own small ones: no table that jobs
are in is touched."""

import django.db.models.deletion
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.management import create_permissions
from django.contrib.contenttypes.management import create_contenttypes
from django.db import migrations, models

from jobs.models.accounts import permission

READ = (
    *("view_job", "view_attempt", "view_audit", "view_batch", "view_schedule", "view_occurrence", "view_operation"),
    *("view_trigger", "view_limit", "view_calendar", "view_calendarrange", "view_creationlimit", "view_worker"),
    *("view_leadership", "view_workerlog", "view_installation", "view_team", "view_ownership", "view_targetrule"),
)
OPERATE = (
    *("add_job", "control_job", "delete_job", "pause_limit", "fire_trigger", "all_teams"),
    *("add_schedule", "change_schedule", "delete_schedule", "control_schedule"),
)
DEFINED = ("calendar", "calendarrange", "creationlimit", "limit", "ownership", "targetrule", "team", "trigger")
DEFINE = tuple(f"{verb}_{name}" for name in DEFINED for verb in ("add", "change", "delete"))
ACCOUNTS = (
    *(f"auth.{verb}_{name}" for name in ("user", "group") for verb in ("view", "add", "change", "delete")),
    *(f"knox.{verb}_authtoken" for verb in ("view", "add", "change", "delete")),
)
ROLES = {
    "viewer": READ,
    "creator": ("add_job",),
    "operator": (*READ, *OPERATE),
    "approver": (*READ, "approve_job"),
    "admin": (*READ, *OPERATE, *DEFINE, *ACCOUNTS, "approve_job", "release_installation"),
    "service": ("add_job", "fire_trigger"),
}


def _permissions(apps, using, names):
    """Return the permissions of these names. Django makes them after all migrations: those that are missing are made now."""
    Permission = apps.get_model("auth", "Permission")
    for label in dict.fromkeys(("auth", get_user_model()._meta.app_label, "knox", "jobs")):
        app = apps.get_app_config(label)
        app.models_module = True  # or Django takes it for an app without models
        create_contenttypes(app, verbosity=0, using=using, apps=apps)
        create_permissions(app, verbosity=0, using=using, apps=apps)
        app.models_module = None
    found = {f"{one.content_type.app_label}.{one.codename}": one for one in
             Permission.objects.using(using).select_related("content_type")}
    return [found[permission(name) if "." in name else f"jobs.{name}"] for name in names]


def make_groups(apps, schema_editor):
    """A group of this name that there is stays as it is: nobody gets rights that nobody has given him."""
    using = schema_editor.connection.alias
    groups = apps.get_model("auth", "Group").objects.using(using)
    for role, names in ROLES.items():
        if not groups.filter(name=role).exists():
            groups.create(name=role).permissions.set(_permissions(apps, using, names))


def remove_groups(apps, schema_editor):
    """Those that are as they were made, and that nobody is in."""
    using = schema_editor.connection.alias
    groups = apps.get_model("auth", "Group").objects.using(using)
    for role, names in ROLES.items():
        wanted = {permission(name) if "." in name else f"jobs.{name}" for name in names}
        for group in groups.filter(name=role, user=None):
            has = {f"{app}.{code}" for app, code in group.permissions.values_list("content_type__app_label", "codename")}
            if has == wanted:
                group.delete()


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0050_fewer_indexes"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("knox", "0009_extend_authtoken_field"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.AlterField(
            "audit",
            "subject",
            models.CharField(
                choices=[
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
                ],
                db_default="job",
                default="job",
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            "TargetRule",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "target",
                    models.CharField(
                        help_text="Such as http, or celery:app.tasks.send.", max_length=200, unique=True
                    ),
                ),
                (
                    "switched_off",
                    models.BooleanField(
                        default=False,
                        help_text="No job of it is created, and none that there is starts: it is held for a person.",
                    ),
                ),
                (
                    "dangerous",
                    models.BooleanField(
                        default=False, help_text="Each of its jobs waits until a second person has approved it."
                    ),
                ),
                (
                    "reason",
                    models.CharField(blank=True, default="", help_text="For those who are refused.", max_length=500),
                ),
            ],
            {
                "ordering": ["target"],
                "constraints": [
                    models.CheckConstraint(condition=~models.Q(target=""), name="jobs_targetrule_of_a_target")
                ],
            },
        ),
        migrations.CreateModel(
            "Team",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        help_text="What the label team says, such as payroll.", max_length=100, unique=True
                    ),
                ),
                (
                    "description",
                    models.CharField(blank=True, default="", help_text="For people.", max_length=500),
                ),
                (
                    "members",
                    models.ManyToManyField(
                        blank=True,
                        help_text="They see and touch what the team owns, as far as their roles let them.",
                        related_name="teams",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            {
                "ordering": ["name"],
                "permissions": [("all_teams", "Can see and touch what other teams own, and what nobody owns")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(name__regex="^[A-Za-z0-9][A-Za-z0-9._-]*$"), name="jobs_team_named"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            "Ownership",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("queue", "Queue"), ("key", "Key"), ("calendar", "Calendar"), ("target", "Target")],
                        default="queue",
                        max_length=10,
                    ),
                ),
                ("name", models.CharField(help_text="Of the queue, key, calendar or target.", max_length=200)),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="owns", to="jobs.team"
                    ),
                ),
            ],
            {
                "ordering": ["kind", "name", "team__name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(kind__in=["queue", "key", "calendar", "target"]),
                        name="jobs_ownership_kind_known",
                    ),
                    models.CheckConstraint(condition=~models.Q(name=""), name="jobs_ownership_of_something"),
                    models.UniqueConstraint(fields=["team", "kind", "name"], name="jobs_ownership_once"),
                    models.UniqueConstraint(
                        fields=["kind", "name"],
                        condition=~models.Q(kind="target"),
                        name="jobs_ownership_one_owner",
                        violation_error_message="Another team owns this already; one thing has one owner, but for targets.",
                    ),
                ],
            },
        ),
        migrations.RunPython(make_groups, remove_groups),
    ]
