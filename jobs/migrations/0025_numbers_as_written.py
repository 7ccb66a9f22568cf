"""Payloads are written by an encoder of ours. Nothing changes in the database."""

from django.db import migrations, models

import jobs.models.payload


def payload(**more):
    return models.JSONField(
        decoder=jobs.models.payload.PayloadDecoder, encoder=jobs.models.payload.PayloadEncoder, **more
    )


class Migration(migrations.Migration):
    dependencies = [("jobs", "0024_triggers_say_what_callers_may")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="job",
                    name="payload",
                    field=payload(help_text='Its arguments, a JSON object such as {"seconds": 0.1}.'),
                ),
                migrations.AlterField(
                    model_name="trigger",
                    name="payload",
                    field=payload(blank=True, default=dict, help_text="The target's arguments, a JSON object."),
                ),
            ]
        ),
    ]
