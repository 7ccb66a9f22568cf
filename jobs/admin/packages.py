"""Pages that packages bring along, in the look of ours, and under names that say what they are for."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib import admin

from jobs.admin.theme import UNFOLD, ModelAdmin

# What packages call themselves tells nobody what is in them.
NAMES = {
    "auth": "Users and what they may do",
    "axes": "Log-ins",
    "otp_totp": "Authenticators",
    "knox": "Tokens of the API",
    "django_celery_beat": "Celery's own periodic tasks",
}


def take_in() -> None:
    """Give each page of a package the theme's fields and buttons, and its list the links by which it is taken out."""
    for label, name in NAMES.items():
        if label in apps.app_configs:
            apps.get_app_config(label).verbose_name = name
    pages: dict[Any, Any] = admin.site._registry
    for model, page in list(pages.items()):
        if not isinstance(page, ModelAdmin):
            admin.site.unregister(model)
            admin.site.register(model, type(type(page).__name__, (type(page), ModelAdmin), _forms(page)))


def _forms(page: admin.ModelAdmin[Any]) -> dict[str, Any]:
    """Return the theme's own forms of a page that has some: that of users, for their passwords."""
    if not UNFOLD or not hasattr(page, "change_password_form"):
        return {}
    from unfold import forms  # noqa: PLC0415 - only where it is installed

    return {
        "form": forms.UserChangeForm,
        "add_form": forms.UserCreationForm,
        "change_password_form": forms.AdminPasswordChangeForm,
    }
