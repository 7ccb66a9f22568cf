"""The addresses of the monitor and of the health checks."""

from django.urls import path

from jobs.monitor import health, views

urlpatterns = [
    path("", views.monitor, name="monitor"),
    path("monitor/live/", views.live, name="monitor-live"),
    path("jobs/<int:job_id>/", views.job_detail, name="job"),
    path("jobs/<int:job_id>/<slug:verb>/", views.control, name="job-control"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
