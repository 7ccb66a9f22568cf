"""Rules of alerts of people and teams, and to which of them a destination is open. Of the tables that are changed `jobs_alert`, with
90 days of alerts, is the largest: a column with a constant default, and its unique constraint anew."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

OPEN = """
UPDATE jobs_alert SET own_rule = rule.id FROM jobs_alertrule AS rule
WHERE jobs_alert.rule = 'own_' || rule."when" AND jobs_alert.kind = rule.kind AND jobs_alert.subject = rule.name
"""
# On the way back: what the release of before does not know.
FORGET = """
WITH gone AS (SELECT id FROM jobs_alertrule WHERE team_id IS NOT NULL OR owner_id IS NOT NULL OR "when" = 'recovered'),
    over AS (UPDATE jobs_alert SET resolved_at = greatest(now(), opened_at)
             WHERE resolved_at IS NULL AND own_rule > 0
                AND NOT EXISTS (SELECT FROM jobs_alertrule AS stays WHERE stays.id = own_rule AND stays.id NOT IN (SELECT id FROM gone))),
    told AS (DELETE FROM jobs_alertrule_destinations WHERE alertrule_id IN (SELECT id FROM gone))
DELETE FROM jobs_alertrule WHERE id IN (SELECT id FROM gone);
DELETE FROM jobs_subscriptionopen WHERE subscription_id IN (SELECT id FROM jobs_subscription WHERE of_team_id IS NOT NULL);
DELETE FROM jobs_subscription WHERE of_team_id IS NOT NULL;
SET CONSTRAINTS ALL IMMEDIATE
"""


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0082_objective_counts'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.RemoveConstraint(
            model_name='alert',
            name='jobs_alert_open_once',
        ),
        migrations.RemoveConstraint(
            model_name='alertrule',
            name='jobs_alertrule_once',
        ),
        migrations.RemoveConstraint(
            model_name='alertrule',
            name='jobs_alertrule_when_known',
        ),
        migrations.AddField(
            model_name='alert',
            name='own_rule',
            field=models.BigIntegerField(db_default=0, default=0, help_text="The rule of people that has opened it; 0: one of the platform's."),
        ),
        migrations.AddField(
            model_name='alertrule',
            name='owner',
            field=models.ForeignKey(blank=True, editable=False, help_text="Whose rule it is, where it is no team's.", null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='alertrule',
            name='team',
            field=models.ForeignKey(blank=True, editable=False, help_text="Whose rule it is: it tells of this team's jobs only.", null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='jobs.team'),
        ),
        migrations.AddField(
            model_name='destination',
            name='open_to_all',
            field=models.BooleanField(db_default=False, default=False, help_text='Whoever may make rules of alerts of his own may have them told here. He sees its name, no address.'),
        ),
        migrations.AddField(
            model_name='destination',
            name='teams',
            field=models.ManyToManyField(blank=True, help_text='Their rules of alerts and subscriptions may be told here.', related_name='+', to='jobs.team'),
        ),
        migrations.AddField(
            model_name='subscription',
            name='of_team',
            field=models.ForeignKey(blank=True, editable=False, help_text="Whose it is: it tells of this team's jobs only. Empty: the administrators'.", null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='jobs.team'),
        ),
        migrations.AlterField(
            model_name='alertrule',
            name='when',
            field=models.CharField(choices=[('failed', 'a job of it failed for good'), ('recovered', 'one completed after a failure'), ('late', 'one started late, or waits too long'), ('missed', 'a time of its schedule has no run'), ('interrupted', 'one was interrupted'), ('long', 'one runs too long'), ('not_ended', 'one has not ended by a time of day')], max_length=12, verbose_name='tell when'),
        ),
        migrations.AddConstraint(
            model_name='alert',
            constraint=models.UniqueConstraint(condition=models.Q(('resolved_at__isnull', True)), fields=('rule', 'kind', 'subject', 'own_rule'), name='jobs_alert_open_of_a_rule'),
        ),
        migrations.AddConstraint(
            model_name='alertrule',
            constraint=models.UniqueConstraint(condition=models.Q(('owner__isnull', True), ('team__isnull', True)), fields=('kind', 'name', 'when'), name='jobs_alertrule_once', violation_error_message='There is such a rule already: change whom that one tells.'),
        ),
        migrations.AddConstraint(
            model_name='alertrule',
            constraint=models.UniqueConstraint(condition=models.Q(('team__isnull', False)), fields=('team', 'kind', 'name', 'when'), name='jobs_alertrule_once_a_team', violation_error_message='There is such a rule already: change whom that one tells.'),
        ),
        migrations.AddConstraint(
            model_name='alertrule',
            constraint=models.UniqueConstraint(condition=models.Q(('owner__isnull', False)), fields=('owner', 'kind', 'name', 'when'), name='jobs_alertrule_once_a_person', violation_error_message='There is such a rule already: change whom that one tells.'),
        ),
        migrations.AddConstraint(
            model_name='alertrule',
            constraint=models.CheckConstraint(condition=models.Q(('team__isnull', True), ('owner__isnull', True), _connector='OR'), name='jobs_alertrule_of_one'),
        ),
        migrations.AddConstraint(
            model_name='alertrule',
            constraint=models.CheckConstraint(condition=models.Q(('when__in', ['failed', 'recovered', 'late', 'missed', 'interrupted', 'long', 'not_ended'])), name='jobs_alertrule_when_known'),
        ),
        migrations.RunSQL(OPEN, migrations.RunSQL.noop),
        migrations.RunSQL(migrations.RunSQL.noop, FORGET),
    ]
