"""The slow half of 0010, without a lock that a start would wait for: the new index of the list query before the old one
goes."""

import django.db.models.functions.comparison
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # an index cannot be built concurrently inside a transaction
    dependencies = [("jobs", "0010_policies")]

    operations = [
        ValidateConstraint("job", "jobs_not_before_in_range"),
        ValidateConstraint("job", "jobs_only_pending_held"),
        ValidateConstraint("job", "jobs_policies_known"),
        ValidateConstraint("job", "jobs_key_not_empty"),
        ValidateConstraint("job", "jobs_key_limit_bounded"),
        ValidateConstraint("audit", "jobs_audit_verb_known"),
        AddIndexConcurrently(
            model_name='job',
            index=models.Index(django.db.models.functions.comparison.Coalesce('not_before', 'run_at'), models.F('id'), condition=models.Q(('holds', 0), ('state', 0)), name='jobs_due'),
        ),
        AddIndexConcurrently(
            model_name='job',
            index=models.Index(condition=models.Q(('key__isnull', False), ('state', 0)), fields=['key', 'run_at', 'id'], name='jobs_pending_key'),
        ),
        AddIndexConcurrently(
            model_name='job',
            index=models.Index(condition=models.Q(models.Q(('state', 0)), models.Q(models.Q(('holds', 0), _negated=True), ('turn_at__isnull', False), _connector='OR')), fields=['queue', 'run_at', 'id'], name='jobs_pending_held'),
        ),
        RemoveIndexConcurrently(
            model_name='job',
            name='jobs_pending_run_at',
        ),
    ]
