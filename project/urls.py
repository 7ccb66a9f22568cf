"""Routes of the web process: all addresses."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path, re_path

from jobs.admin.moved import moved_limit_audit, moved_limits
from jobs.web import pages
from jobs.web.stops import go_on, pace, stop_page
from jobs.web.tokens.pages import revoke_token, rotate_token, token_list
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
    path("api/", include("jobs.api.urls")),
    path("jobs/new/", pages.new_job, name="new-job"),
    path("jobs/new/arguments/", pages.arguments_shown, name="new-job-arguments"),
    path("jobs/new/when/", pages.when, name="new-job-when"),
    path("tokens/", token_list, name="tokens"),
    path("tokens/<int:token_id>/rotate/", rotate_token, name="token-rotate"),
    path("tokens/<int:token_id>/revoke/", revoke_token, name="token-revoke"),
    path("stop/", stop_page, name="stop"),
    path("stop/<int:stop_id>/go-on/", go_on, name="stop-go-on"),
    path("stop/<int:stop_id>/pace/", pace, name="stop-pace"),
    path("", include("jobs.monitor.urls")),
]
