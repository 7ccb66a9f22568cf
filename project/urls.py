"""All addresses."""

from django.contrib import admin
from django.urls import include, path

from jobs.pages import new_job

handler400 = "jobs.api.problems.bad_request"
handler500 = "jobs.api.problems.server_error"

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", include("jobs.api.urls")),
    path("jobs/new/", new_job, name="new-job"),
    path("", include("jobs.monitor.urls")),
]
