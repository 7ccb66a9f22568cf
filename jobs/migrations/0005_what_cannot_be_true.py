"""The leader notes since when messages may be missing. Instant on a big live table: it is a column of a single row."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0004_validate_and_index")]

    operations = [
        migrations.AddField(
            model_name="leadership",
            name="unpublished_since",
            field=models.DateTimeField(help_text="Jobs marked since then may have no message yet.", null=True),
        ),
        # What a leader of before this column has left.
        migrations.RunSQL(
            "UPDATE jobs_leadership SET unpublished_since = listed_at WHERE published_at IS NULL",
            migrations.RunSQL.noop,
        ),
    ]
