"""The addresses of the monitor and of the health checks."""

from django.urls import path

from jobs.monitor import (
    alert_rules,
    alerts,
    edit_page,
    health,
    job_page,
    many,
    operations,
    proposals,
    saved_views,
    subscriptions,
    switches,
    views,
)
from jobs.monitor.ahead.calendar import calendar_page
from jobs.monitor.ahead.forecast import forecast_page
from jobs.monitor.audit_list import audit_list
from jobs.monitor.canary import retry_group
from jobs.monitor.failures import failure_list
from jobs.monitor.job_list import job_list
from jobs.monitor.late_page import late
from jobs.monitor.metrics_page import Metrics
from jobs.monitor.objectives import objective_list
from jobs.monitor.palette import palette
from jobs.monitor.queue_pages.listing import queue_list, queues_live
from jobs.monitor.queue_pages.one import queue_live, queue_page
from jobs.monitor.roles import roles
from jobs.monitor.state_counts import state_counts
from jobs.monitor.suggestions import suggestions
from jobs.monitor.tables import importing
from jobs.monitor.worker_pages.listing import worker_list, workers_live
from jobs.monitor.worker_pages.one import worker_live, worker_page
from jobs.monitor.worker_pages.stacks import worker_stacks

urlpatterns = [
    path("", views.monitor, name="monitor"),
    path("monitor/live/", views.live, name="monitor-live"),
    path("jobs/", job_list, name="jobs"),
    path("jobs/words/", suggestions, name="jobs-words"),
    path("jobs/states/", state_counts, name="jobs-states"),
    path("jobs/import/", importing.import_jobs, name="import-jobs"),
    path("jobs/import/template/", importing.template, name="import-template"),
    path("jobs/import/<int:upload_id>/", importing.import_page, name="import"),
    path("jobs/import/<int:upload_id>/wrong/", importing.wrong, name="import-wrong"),
    path("jobs/<int:job_id>/", job_page.job_detail, name="job"),
    path("jobs/<int:job_id>/edit/", edit_page.edit, name="job-edit"),
    path("jobs/<int:job_id>/live/", job_page.job_live, name="job-live"),
    path("jobs/<int:job_id>/<slug:verb>/", views.control, name="job-control"),
    path("late/", late, name="late"),
    path("forecast/", forecast_page, name="forecast"),
    path("calendar/", calendar_page, name="calendar"),
    path("alerts/", alerts.alert_list, name="alerts"),
    path("alerts/<int:alert_id>/acknowledge/", alerts.acknowledge, name="alert-acknowledge"),
    path("alerts/<int:alert_id>/silence/", alerts.silence, name="alert-silence"),
    path("alerts/silences/<int:silence_id>/end/", alerts.end_silence, name="silence-end"),
    path("alerts/rules/", alert_rules.rule_list, name="alert-rules"),
    path("alerts/rules/new/", alert_rules.new_rule, name="alert-rule-new"),
    path("alerts/rules/<int:rule_id>/", alert_rules.rule_page, name="alert-rule"),
    path("alerts/rules/<int:rule_id>/delete/", alert_rules.delete_rule, name="alert-rule-delete"),
    path("alerts/subscriptions/", subscriptions.subscription_list, name="subscriptions"),
    path("alerts/subscriptions/new/", subscriptions.new_subscription, name="subscription-new"),
    path(
        "alerts/subscriptions/<int:subscription_id>/delete/",
        subscriptions.delete_subscription,
        name="subscription-delete",
    ),
    path("objectives/", objective_list, name="objectives"),
    path("audit/", audit_list, name="audit"),
    path("failures/", failure_list, name="failures"),
    path("failures/retry/", retry_group, name="failures-retry"),
    path("operations/", operations.operation_list, name="operations"),
    path("operations/new/", many.many, name="operation-new"),
    path("operations/<int:operation_id>/", operations.operation_page, name="operation"),
    path("operations/<int:operation_id>/live/", operations.operation_live, name="operation-live"),
    path("operations/<int:operation_id>/cancel/", operations.operation_cancel, name="operation-cancel"),
    path("operations/<int:operation_id>/undo/", operations.operation_undo, name="operation-undo"),
    path("proposals/", proposals.proposal_list, name="proposals"),
    path("proposals/<int:proposal_id>/approve/", proposals.approve, name="proposal-approve"),
    path("proposals/<int:proposal_id>/refuse/", proposals.refuse_proposal, name="proposal-refuse"),
    path("roles/", roles, name="roles"),
    path("palette/", palette, name="palette"),
    path("views/", saved_views.view_list, name="views"),
    path("views/<int:view_id>/", saved_views.change, name="view-change"),
    path("views/<int:view_id>/delete/", saved_views.delete, name="view-delete"),
    path("queues/", queue_list, name="queues"),
    path("monitor/queues/", queues_live, name="queues-live"),
    path("queues/<name:name>/", queue_page, name="queue"),
    path("monitor/queues/<name:name>/", queue_live, name="queue-live"),
    path("queues/<name:name>/pause/", switches.pause_queue, name="queue-pause"),
    path("queues/<name:name>/resume/", switches.resume_queue, name="queue-resume"),
    path("workers/", worker_list, name="workers"),
    path("monitor/workers/", workers_live, name="workers-live"),
    path("workers/<name:name>/", worker_page, name="worker"),
    path("monitor/workers/<name:name>/", worker_live, name="worker-live"),
    path("workers/<name:name>/stacks/", worker_stacks, name="worker-stacks"),
    path("workers/<uuid:session>/drain/", switches.drain_worker, name="worker-drain"),
    path("workers/<uuid:session>/resume/", switches.resume_worker, name="worker-resume"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", Metrics.as_view(), name="metrics"),
]
