"""Routes of people's own pages."""

from django.apps import apps
from django.contrib.auth.views import PasswordResetDoneView
from django.urls import URLPattern, URLResolver, include, path

from project.account import views

SENT = PasswordResetDoneView.as_view(template_name="account/reset_sent.html")

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.account, name="account"),
    path("password/", views.Change.as_view(), name="password_change"),
    path("totp/begin/", views.begin, name="totp-begin"),
    path("totp/confirm/", views.confirm, name="totp-confirm"),
    path("totp/recovery/", views.renew, name="totp-recovery"),
    path("totp/remove/", views.remove, name="totp-remove"),
    path("reset/", views.Reset.as_view(), name="password_reset"),
    path("reset/sent/", SENT, name="password_reset_done"),
    path("reset/<uidb64>/<token>/", views.ResetConfirm.as_view(), name="password_reset_confirm"),
]
if apps.is_installed("allauth"):
    urlpatterns.append(path("", include("allauth.socialaccount.providers.openid_connect.urls")))
