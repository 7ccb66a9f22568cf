"""Routes of the web process: all addresses."""

from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path, re_path

from jobs.admin.moved import moved_limit_audit, moved_limits
from jobs.web.pages import new_job

handler400 = "jobs.api.problems.bad_request"
handler500 = "jobs.api.problems.server_error"

urlpatterns = [
    re_path(r"^admin/jobs/lane/(?P<rest>.*)$", admin.site.admin_view(moved_limits)),
    re_path(r"^admin/jobs/limitaudit/", admin.site.admin_view(moved_limit_audit)),
    path("admin/", admin.site.urls),
    # A way in for those who may not enter the admin.
    path("login/", LoginView.as_view(template_name="login.html", redirect_authenticated_user=True), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("api/", include("jobs.api.urls")),
    path("jobs/new/", new_job, name="new-job"),
    path("", include("jobs.monitor.urls")),
]
