"""The installation's name, and what its leader remembers of its database. Null or constant defaults: no row is
rewritten."""

import django.contrib.postgres.functions
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0020_what_a_key_stands_for"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Installation",
            fields=[
                ("id", models.SmallIntegerField(db_default=1, default=1, primary_key=True, serialize=False)),
                (
                    "identity",
                    models.UUIDField(
                        db_default=django.contrib.postgres.functions.RandomUUID(),
                        help_text="Names it for as long as it lives.",
                    ),
                ),
                (
                    "incarnation",
                    models.UUIDField(
                        db_default=django.contrib.postgres.functions.RandomUUID(),
                        help_text="A new one with each release after a restore.",
                    ),
                ),
                (
                    "incarnated_at",
                    models.DateTimeField(help_text="When that was; empty: it was never restored.", null=True),
                ),
                ("system_identifier", models.BigIntegerField(help_text="Of PostgreSQL's cluster.", null=True)),
                (
                    "timeline",
                    models.BigIntegerField(
                        help_text="Of its WAL: grows with each promotion or recovery.", null=True
                    ),
                ),
                ("database_oid", models.BigIntegerField(null=True)),
                (
                    "table_oid",
                    models.BigIntegerField(
                        help_text="Of this table: another one after a dump was restored.", null=True
                    ),
                ),
                (
                    "last_start",
                    models.BigIntegerField(
                        db_default=0, help_text="The highest id of a ledger row that was seen."
                    ),
                ),
                (
                    "held_at",
                    models.DateTimeField(
                        help_text="Since when no job starts, until a person releases them.", null=True
                    ),
                ),
                ("held_why", models.TextField(blank=True, db_default="")),
                ("released_at", models.DateTimeField(help_text="When a person released it last.", null=True)),
                ("release_reason", models.TextField(blank=True, db_default="", help_text="Why they did.")),
                (
                    "released_by",
                    models.ForeignKey(
                        help_text="Who did.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "installation",
                "permissions": [("release_installation", "Can let jobs start again after a restore")],
            },
        ),
        migrations.AddConstraint(
            model_name="installation",
            constraint=models.CheckConstraint(condition=models.Q(("id", 1)), name="jobs_installation_single"),
        ),
        migrations.RunSQL("INSERT INTO jobs_installation DEFAULT VALUES", migrations.RunSQL.noop),
        migrations.AddField(
            "worker",
            "foreign_at",
            models.DateTimeField(blank=True, help_text="It last got another installation's message.", null=True),
        ),
        migrations.AddField(
            "worker",
            "foreign_from",
            models.TextField(
                blank=True, db_default="", default="", help_text="Whose that was, from which queue."
            ),
        ),
    ]
