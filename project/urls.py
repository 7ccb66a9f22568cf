"""Routes of the web process: all addresses."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path, re_path

from jobs.admin.moved import moved_limit_audit, moved_limits
from project.account.views import Login, admin_login

handler400 = "jobs.api.problems.bad_request"
handler500 = "jobs.api.problems.server_error"

urlpatterns = [
    re_path(r"^admin/jobs/lane/(?P<rest>.*)$", admin.site.admin_view(moved_limits)),
    re_path(r"^admin/jobs/limitaudit/", admin.site.admin_view(moved_limit_audit)),
    path("admin/login/", admin_login),
    path("admin/", admin.site.urls),
    path("login/", Login.as_view(), name="login"),
    path("account/", include("project.account.urls")),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("", include("jobs.urls")),
]
