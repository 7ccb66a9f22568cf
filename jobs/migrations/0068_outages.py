"""A table of what was away. Nothing reads it before it is there: see ADR 59."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0067_rollups'),
    ]

    operations = [
        migrations.CreateModel(
            name='Outage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('of', models.CharField(choices=[('broker', 'the broker'), ('database', 'the database'), ('leader', 'a beat that leads')], max_length=10)),
                ('since', models.DateTimeField(help_text='When it was seen first, or of a leader: when the one before listed last.')),
                ('until', models.DateTimeField(help_text='When it was back.')),
                ('who', models.CharField(help_text='The process that has seen it.', max_length=255)),
            ],
            options={
                'ordering': ['-until', '-id'],
                'default_permissions': (),
                'indexes': [models.Index(fields=['until'], name='jobs_outage_until')],
                'constraints': [models.CheckConstraint(condition=models.Q(('until__gte', models.F('since'))), name='jobs_outage_range'), models.CheckConstraint(condition=models.Q(('of__in', ['broker', 'database', 'leader'])), name='jobs_outage_of_known')],
            },
        ),
    ]
