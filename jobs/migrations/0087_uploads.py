"""Files that people have uploaded, and look at before their jobs are created. The table is new and empty."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("jobs", "0086_worker_minutes"),
    ]

    operations = [
        migrations.CreateModel(
            name="Upload",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200)),
                ("content", models.BinaryField()),
                ("digest", models.CharField(max_length=64)),
                ("zone", models.CharField(max_length=100)),
                ("ends_at", models.DateTimeField()),
                ("total", models.IntegerField()),
                ("wrong", models.IntegerField()),
                ("found", models.JSONField()),
                (
                    "owner",
                    models.ForeignKey(
                        db_constraint=False,
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "indexes": [models.Index(fields=["ends_at"], name="jobs_upload_ends_at")],
                "constraints": [
                    models.UniqueConstraint(fields=["owner", "digest"], name="jobs_upload_once"),
                    models.CheckConstraint(condition=Q(wrong__gte=0, wrong__lte=F("total")), name="jobs_upload_counts"),
                ],
            },
        ),
    ]
