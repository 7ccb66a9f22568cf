"""How a worker's machine is, why it takes no jobs, and who has drained it. Null or constant defaults: no row is rewritten."""

from django.db import migrations, models


def _text(name: str, help_text: str) -> migrations.AddField:
    field = models.TextField(blank=True, db_default="", default="", help_text=help_text)
    return migrations.AddField("worker", name, field)


def _figure(name: str, help_text: str) -> migrations.AddField:
    return migrations.AddField("worker", name, models.FloatField(blank=True, help_text=help_text, null=True))


class Migration(migrations.Migration):
    dependencies = [("jobs", "0012_budgets")]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        _figure("cpu", "Percent of all cores."),
        _figure("memory", "Percent in use."),
        _figure("load", "Load average of a minute, a core."),
        _figure("gpu", "Percent, of the busiest device."),
        _figure("gpu_memory", "Percent in use, of the fullest device."),
        _text("refusing", "Why it takes no jobs; empty: it does."),
        migrations.AddField(
            "worker",
            "drained_at",
            models.DateTimeField(blank=True, help_text="A person took it out of service.", null=True),
        ),
        _text("drain_reason", "Why they did."),
        _text("drained_by", "Who did."),
    ]
