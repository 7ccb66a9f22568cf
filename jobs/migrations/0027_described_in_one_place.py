"""What can be asked for is described in jobs/rules/new_job.py, and no longer in the models, too. Nothing happens in the
database."""

import django.db.models.deletion
import jobs.models.payload
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0026_time_zones'),
    ]

    operations = [
        migrations.AlterField(
            model_name='job',
            name='blackout',
            field=models.CharField(choices=[('skip', 'it is skipped'), ('earlier', 'it starts before, as late as that may be, or else at the next opening'), ('next', 'it starts at the next opening')], db_default='next', max_length=10),
        ),
        migrations.AlterField(
            model_name='job',
            name='calendar',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='jobs', to='jobs.calendar'),
        ),
        migrations.AlterField(
            model_name='job',
            name='deadline',
            field=models.IntegerField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name='job',
            name='if_late',
            field=models.CharField(choices=[('skip', 'it is skipped'), ('hold', 'it waits for a person')], db_default='skip', max_length=10),
        ),
        migrations.AlterField(
            model_name='job',
            name='key',
            field=models.CharField(blank=True, max_length=200, null=True),
        ),
        migrations.AlterField(
            model_name='job',
            name='key_limit',
            field=models.SmallIntegerField(db_default=1),
        ),
        migrations.AlterField(
            model_name='job',
            name='max_attempts',
            field=models.SmallIntegerField(db_default=1),
        ),
        migrations.AlterField(
            model_name='job',
            name='name',
            field=models.CharField(blank=True, db_default='', max_length=200),
        ),
        migrations.AlterField(
            model_name='job',
            name='overlap',
            field=models.CharField(choices=[('allow', 'it starts all the same'), ('skip', 'it is skipped'), ('queue', 'it starts when one of them has ended'), ('join', 'the one that runs stands for it'), ('cancel', 'the one that runs is asked to stop, then it starts')], db_default='queue', max_length=10),
        ),
        migrations.AlterField(
            model_name='job',
            name='payload',
            field=models.JSONField(decoder=jobs.models.payload.PayloadDecoder, encoder=jobs.models.payload.PayloadEncoder),
        ),
        migrations.AlterField(
            model_name='job',
            name='queue',
            field=models.CharField(db_default='default', max_length=100),
        ),
        migrations.AlterField(
            model_name='job',
            name='rerunnable',
            field=models.BooleanField(db_default=False),
        ),
        migrations.AlterField(
            model_name='job',
            name='retry_on',
            field=models.JSONField(blank=True, db_default=[], default=list),
        ),
        migrations.AlterField(
            model_name='job',
            name='run_at',
            field=models.DateTimeField(),
        ),
        migrations.AlterField(
            model_name='job',
            name='start_within',
            field=models.IntegerField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name='job',
            name='target',
            field=models.CharField(max_length=200),
        ),
        migrations.AlterField(
            model_name='job',
            name='waits_for_end',
            field=models.CharField(blank=True, choices=[('success', 'all of them completed'), ('any', 'all of them ended, however')], max_length=10, null=True),
        ),
        migrations.AlterField(
            model_name='trigger',
            name='deadline',
            field=models.IntegerField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name='trigger',
            name='key_limit',
            field=models.SmallIntegerField(default=1),
        ),
        migrations.AlterField(
            model_name='trigger',
            name='max_attempts',
            field=models.SmallIntegerField(default=1),
        ),
        migrations.AlterField(
            model_name='trigger',
            name='payload',
            field=models.JSONField(blank=True, decoder=jobs.models.payload.PayloadDecoder, default=dict, encoder=jobs.models.payload.PayloadEncoder),
        ),
        migrations.AlterField(
            model_name='trigger',
            name='queue',
            field=models.CharField(default='default', max_length=100),
        ),
        migrations.AlterField(
            model_name='trigger',
            name='rerunnable',
            field=models.BooleanField(default=False),
        ),
        migrations.AlterField(
            model_name='trigger',
            name='retry_on',
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AlterField(
            model_name='trigger',
            name='start_within',
            field=models.IntegerField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name='trigger',
            name='target',
            field=models.CharField(max_length=200),
        ),
    ]
