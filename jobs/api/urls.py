"""Addresses below /api/."""

from django.urls import path, re_path, register_converter
from django.urls.converters import StringConverter

from jobs.api.alert_rules import AlertRuleDetail, AlertRuleList, DestinationList
from jobs.api.alerts import AcknowledgeAlert, AlertList, SilenceAlert
from jobs.api.audit import AuditList
from jobs.api.audit_export import AuditExport
from jobs.api.batches import BatchDetail, BatchList
from jobs.api.bulk.views import BulkJobs
from jobs.api.calendars import CalendarDetail, CalendarList, CalendarOpenings
from jobs.api.controls import (
    ApproveJob,
    CancelJob,
    ConfirmDone,
    ConfirmFailed,
    KeepJob,
    LetJobGo,
    RedactJob,
    RetryJob,
    RunJobNow,
)
from jobs.api.detail import JobDetail
from jobs.api.docs import ApiDocs, ApiSchema
from jobs.api.failures import FailuresList
from jobs.api.forecast import ForecastView
from jobs.api.installation import InstallationDetail, ReleaseRestored
from jobs.api.jobs_export import JobsExport
from jobs.api.limits import LimitDetail, LimitList, PauseLimit, ResumeLimit
from jobs.api.objectives import ObjectiveDetail, ObjectiveList
from jobs.api.operations import CancelOperation, OperationDetail, OperationList, UndoOperation
from jobs.api.problems import nowhere
from jobs.api.schedules.backfill import BackfillSchedule
from jobs.api.schedules.bringing import ExportSchedules, ImportSchedules
from jobs.api.schedules.controls import PauseSchedule, PreviewSchedule, ResumeSchedule
from jobs.api.schedules.definitions import ScheduleDetail, ScheduleList
from jobs.api.schedules.runs import GiveArguments, MissedRuns, MoveRun, RunList, SkipRun, StartRunNow, UndoRun
from jobs.api.series import SeriesView
from jobs.api.stops import GoOn, StopDetail, StopList
from jobs.api.subscriptions import SubscriptionDetail, SubscriptionList
from jobs.api.targets import TargetDetail, TargetList
from jobs.api.tokens import ThisToken
from jobs.api.triggers import TriggerDetail, TriggerList
from jobs.api.views import JobList
from jobs.api.workers import DrainWorker, ResumeWorker, Stats, WorkerList
from jobs.models import Kind, Objective


class LimitKind(StringConverter):
    regex = "|".join(Kind.values)


class ObjectiveKind(StringConverter):
    regex = "|".join(Objective.Kind.values)


register_converter(LimitKind, "limit_kind")
register_converter(ObjectiveKind, "objective_kind")

urlpatterns = [
    path("v1/jobs/", JobList.as_view(), name="api-jobs"),
    path("v1/jobs/bulk/", BulkJobs.as_view(), name="api-jobs-bulk"),
    path("v1/jobs/export/", JobsExport.as_view(), name="api-jobs-export"),
    path("v1/jobs/<int:job_id>/", JobDetail.as_view(), name="api-job"),
    path("v1/jobs/<int:job_id>/cancel/", CancelJob.as_view(), name="api-job-cancel"),
    path("v1/jobs/<int:job_id>/run-now/", RunJobNow.as_view(), name="api-job-run-now"),
    path("v1/jobs/<int:job_id>/retry/", RetryJob.as_view(), name="api-job-retry"),
    path("v1/jobs/<int:job_id>/confirm-done/", ConfirmDone.as_view(), name="api-job-confirm-done"),
    path("v1/jobs/<int:job_id>/confirm-failed/", ConfirmFailed.as_view(), name="api-job-confirm-failed"),
    path("v1/jobs/<int:job_id>/approve/", ApproveJob.as_view(), name="api-job-approve"),
    path("v1/jobs/<int:job_id>/keep/", KeepJob.as_view(), name="api-job-keep"),
    path("v1/jobs/<int:job_id>/redact/", RedactJob.as_view(), name="api-job-redact"),
    path("v1/jobs/<int:job_id>/let-go/", LetJobGo.as_view(), name="api-job-let-go"),
    path("v1/batches/", BatchList.as_view(), name="api-batches"),
    path("v1/batches/<int:batch_id>/", BatchDetail.as_view(), name="api-batch"),
    path("v1/targets/", TargetList.as_view(), name="api-targets"),
    path("v1/targets/<str:target>/", TargetDetail.as_view(), name="api-target"),
    path("v1/triggers/", TriggerList.as_view(), name="api-triggers"),
    path("v1/triggers/<str:name>/", TriggerDetail.as_view(), name="api-trigger"),
    path("v1/schedules/", ScheduleList.as_view(), name="api-schedules"),
    path("v1/schedules/preview/", PreviewSchedule.as_view(), name="api-schedules-preview"),
    path("v1/schedules/import/", ImportSchedules.as_view(), name="api-schedules-import"),
    path("v1/schedules/export/", ExportSchedules.as_view(), name="api-schedules-export"),
    path("v1/schedules/missed/", MissedRuns.as_view(), name="api-schedules-missed"),
    path("v1/schedules/<int:schedule_id>/", ScheduleDetail.as_view(), name="api-schedule"),
    path("v1/schedules/<int:schedule_id>/pause/", PauseSchedule.as_view(), name="api-schedule-pause"),
    path("v1/schedules/<int:schedule_id>/resume/", ResumeSchedule.as_view(), name="api-schedule-resume"),
    path("v1/schedules/<int:schedule_id>/runs/", RunList.as_view(), name="api-schedule-runs"),
    path("v1/schedules/<int:schedule_id>/runs/<str:nominal>/skip/", SkipRun.as_view(), name="api-run-skip"),
    path("v1/schedules/<int:schedule_id>/runs/<str:nominal>/move/", MoveRun.as_view(), name="api-run-move"),
    path(
        "v1/schedules/<int:schedule_id>/runs/<str:nominal>/arguments/",
        GiveArguments.as_view(),
        name="api-run-arguments",
    ),
    path("v1/schedules/<int:schedule_id>/runs/<str:nominal>/run-now/", StartRunNow.as_view(), name="api-run-now"),
    path("v1/schedules/<int:schedule_id>/runs/<str:nominal>/undo/", UndoRun.as_view(), name="api-run-undo"),
    path("v1/schedules/<int:schedule_id>/backfill/", BackfillSchedule.as_view(), name="api-schedule-backfill"),
    path("v1/operations/", OperationList.as_view(), name="api-operations"),
    path("v1/operations/<int:operation_id>/", OperationDetail.as_view(), name="api-operation"),
    path("v1/operations/<int:operation_id>/cancel/", CancelOperation.as_view(), name="api-operation-cancel"),
    path("v1/operations/<int:operation_id>/undo/", UndoOperation.as_view(), name="api-operation-undo"),
    path("v1/failures/", FailuresList.as_view(), name="api-failures"),
    path("v1/forecast/", ForecastView.as_view(), name="api-forecast"),
    path("v1/limits/", LimitList.as_view(), name="api-limits"),
    path("v1/limits/<limit_kind:kind>/<str:name>/", LimitDetail.as_view(), name="api-limit"),
    path("v1/limits/<limit_kind:kind>/<str:name>/pause/", PauseLimit.as_view(), name="api-limit-pause"),
    path("v1/limits/<limit_kind:kind>/<str:name>/resume/", ResumeLimit.as_view(), name="api-limit-resume"),
    path("v1/calendars/", CalendarList.as_view(), name="api-calendars"),
    path("v1/calendars/<str:name>/", CalendarDetail.as_view(), name="api-calendar"),
    path("v1/calendars/<str:name>/openings/", CalendarOpenings.as_view(), name="api-calendar-openings"),
    path("v1/tokens/me/", ThisToken.as_view(), name="api-token-me"),
    path("v1/workers/", WorkerList.as_view(), name="api-workers"),
    path("v1/workers/<uuid:session>/drain/", DrainWorker.as_view(), name="api-worker-drain"),
    path("v1/workers/<uuid:session>/resume/", ResumeWorker.as_view(), name="api-worker-resume"),
    path("v1/stops/", StopList.as_view(), name="api-stops"),
    path("v1/stops/<int:stop_id>/", StopDetail.as_view(), name="api-stop"),
    path("v1/stops/<int:stop_id>/go-on/", GoOn.as_view(), name="api-stop-go-on"),
    path("v1/alerts/", AlertList.as_view(), name="api-alerts"),
    path("v1/alerts/<int:alert_id>/acknowledge/", AcknowledgeAlert.as_view(), name="api-alert-acknowledge"),
    path("v1/alerts/<int:alert_id>/silence/", SilenceAlert.as_view(), name="api-alert-silence"),
    path("v1/alert-rules/", AlertRuleList.as_view(), name="api-alert-rules"),
    path("v1/alert-rules/<int:rule_id>/", AlertRuleDetail.as_view(), name="api-alert-rule"),
    path("v1/subscriptions/", SubscriptionList.as_view(), name="api-subscriptions"),
    path("v1/subscriptions/<int:subscription_id>/", SubscriptionDetail.as_view(), name="api-subscription"),
    path("v1/destinations/", DestinationList.as_view(), name="api-destinations"),
    path("v1/objectives/", ObjectiveList.as_view(), name="api-objectives"),
    path("v1/objectives/<objective_kind:of>/<str:name>/", ObjectiveDetail.as_view(), name="api-objective"),
    path("v1/audit/", AuditList.as_view(), name="api-audit"),
    path("v1/audit/export/", AuditExport.as_view(), name="api-audit-export"),
    path("v1/installation/", InstallationDetail.as_view(), name="api-installation"),
    path("v1/installation/release/", ReleaseRestored.as_view(), name="api-installation-release"),
    path("v1/series/", SeriesView.as_view(), name="api-series"),
    path("v1/stats/", Stats.as_view(), name="api-stats"),
    path("schema/", ApiSchema.as_view(), name="api-schema"),
    path("docs/", ApiDocs.as_view(url_name="api-schema"), name="api-docs"),
    re_path(r"^[\s\S]*$", nowhere),
]
