"""Addresses below /api/."""

from django.urls import path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from jobs.api.platform import Stats, WorkerList
from jobs.api.problems import nowhere
from jobs.api.verbs import CancelJob, ConfirmDone, ConfirmFailed, RetryJob, RunJobNow
from jobs.api.views import JobDetail, JobList

urlpatterns = [
    path("v1/jobs/", JobList.as_view(), name="api-jobs"),
    path("v1/jobs/<int:job_id>/", JobDetail.as_view(), name="api-job"),
    path("v1/jobs/<int:job_id>/cancel/", CancelJob.as_view(), name="api-job-cancel"),
    path("v1/jobs/<int:job_id>/run-now/", RunJobNow.as_view(), name="api-job-run-now"),
    path("v1/jobs/<int:job_id>/retry/", RetryJob.as_view(), name="api-job-retry"),
    path("v1/jobs/<int:job_id>/confirm-done/", ConfirmDone.as_view(), name="api-job-confirm-done"),
    path("v1/jobs/<int:job_id>/confirm-failed/", ConfirmFailed.as_view(), name="api-job-confirm-failed"),
    path("v1/workers/", WorkerList.as_view(), name="api-workers"),
    path("v1/stats/", Stats.as_view(), name="api-stats"),
    path("schema/", SpectacularAPIView.as_view(authentication_classes=[]), name="api-schema"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="api-schema", authentication_classes=[]), name="api-docs"),
    re_path(r"^[\s\S]*$", nowhere),
]
