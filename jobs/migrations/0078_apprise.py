"""Destinations by apprise: a choice more, nothing of the table."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0077_subscriptions'),
    ]

    operations = [
        migrations.AlterField(
            model_name='destination',
            name='kind',
            field=models.CharField(choices=[('mail', 'e-mail: addresses, with commas'), ('webhook', 'webhook: an address that gets signed CloudEvents'), ('apprise', 'apprise: Slack, Teams, PagerDuty and others, by an address such as slack://...')], max_length=10),
        ),
    ]
