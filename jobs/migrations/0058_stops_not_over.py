"""An index of the few stops that are not over: of them is asked for each job. The table is small, and empty mostly."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0057_standing")]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.AddIndex(
            "stop",
            models.Index(
                models.F("begins_at"), name="jobs_stop_not_over", condition=models.Q(("let_go_at__isnull", True))
            ),
        ),
    ]
