"""Operations on many jobs at once: a table of its own."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0032_audit_of_releases'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Operation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('backfill', 'start the runs of a past range')], max_length=20)),
                ('begins_at', models.DateTimeField(help_text='The first moment of the range.')),
                ('until', models.DateTimeField(help_text='The moment before which the range ends.')),
                ('only_missed', models.BooleanField(default=True, help_text='Only nominal times that have not started.')),
                ('per_minute', models.IntegerField(default=60, help_text='How many jobs it makes a minute at most.')),
                ('total', models.IntegerField(help_text='How many jobs it was going to make when it was asked for.')),
                ('done', models.IntegerField(default=0, help_text='How many it has made.')),
                ('reached_at', models.DateTimeField(help_text='Up to this nominal time all is done.')),
                ('reason', models.TextField(blank=True, default='')),
                ('created_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('outcome', models.CharField(blank=True, choices=[('done', 'Done'), ('cancelled', 'Cancelled'), ('failed', 'Failed')], max_length=10, null=True)),
                ('why', models.TextField(blank=True, default='', help_text='Why it has failed, or was cancelled.')),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('schedule', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='operations', to='jobs.schedule')),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['id'], name='jobs_operation_going_on')],
                'constraints': [models.CheckConstraint(condition=models.Q(('per_minute__gte', 1), ('per_minute__lte', 6000)), name='jobs_operation_rate'), models.CheckConstraint(condition=models.Q(('begins_at__lt', models.F('until'))), name='jobs_operation_range'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('outcome__isnull', True)), models.Q(('ended_at__isnull', False), ('outcome__isnull', False)), _connector='OR'), name='jobs_operation_ended')],
            },
        ),
    ]
