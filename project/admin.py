"""Accounts in the admin: users and roles; authenticators, to be seen, and removed when they are lost (django-otp's own
pages show their keys); and wrong passwords, to be forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from axes.admin import AccessAttemptAdmin
from axes.models import AccessAttempt
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django_otp.plugins.otp_static import admin as _static  # noqa: F401 - registers what is taken out below
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp import admin as _totp  # noqa: F401
from django_otp.plugins.otp_totp.models import TOTPDevice
from knox.models import AuthToken

from jobs.admin.audited import SaidBy
from jobs.admin.periodic import take_their_place
from jobs.admin.theme import ModelAdmin, ToRead
from jobs.database import transaction
from jobs.rights import said
from project import noted
from project.account import totp


class AuthenticatorAdmin(ToRead, ModelAdmin[TOTPDevice]):
    """List of authenticators. To delete one removes its user's recovery codes as well."""

    list_display = ["user", "confirmed", "created_at", "last_used_at"]
    list_select_related = ["user"]
    search_fields = ["user__username"]
    fields = ["user", "confirmed", "created_at", "last_used_at"]

    def has_delete_permission(self, request: HttpRequest, obj: TOTPDevice | None = None) -> bool:
        may = bool(super(ToRead, self).has_delete_permission(request, obj))
        return may and _is_theirs(request, None if obj is None else obj.user)

    def delete_model(self, request: HttpRequest, obj: TOTPDevice) -> None:
        totp.remove(obj.user, by=request.user)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[TOTPDevice]) -> None:
        for device in queryset.select_related("user"):
            totp.remove(device.user, by=request.user)


class LockedOutAdmin(AccessAttemptAdmin):  # type: ignore[misc]
    """List of wrong passwords and codes. To delete one lets in who was counted there, which is audited."""

    @admin.action(description="Clean up expired attempts", permissions=["delete"])
    def cleanup_expired_attempts(self, request: HttpRequest, queryset: QuerySet[AccessAttempt]) -> None:
        super().cleanup_expired_attempts(request, queryset)

    def delete_model(self, request: HttpRequest, obj: AccessAttempt) -> None:
        with transaction.atomic():
            noted.unlocked(obj, request.user)
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[AccessAttempt]) -> None:
        with transaction.atomic():
            for attempt in queryset:
                noted.unlocked(attempt, request.user)
            super().delete_queryset(request, queryset)


if TYPE_CHECKING:
    Accounts = UserAdmin[User]
else:
    Accounts = UserAdmin


class RoleAdmin(SaidBy, GroupAdmin):
    """Pages of groups, which roles are."""


class AccountAdmin(SaidBy, Accounts):
    """Pages of users. Whoever may change accounts makes no superuser of one, and takes none of a superuser's."""

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        with transaction.atomic():
            said.say(request.user)
            return super().user_change_password(request, id, form_url)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and _is_theirs(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and _is_theirs(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        own = () if request.user.is_superuser else ("is_superuser",)
        return (*super().get_readonly_fields(request, obj), *own)


def _is_theirs(request: HttpRequest, account: User | None) -> bool:
    return account is None or request.user.is_superuser or not account.is_superuser


take_their_place()
# Knox's page shows digests as if they were tokens, and a new token in a message. INSTALLED_APPS has it before ours.
for model in (AuthToken, TOTPDevice, StaticDevice, AccessAttempt):
    admin.site.unregister(model)
admin.site.register(TOTPDevice, AuthenticatorAdmin)
admin.site.register(AccessAttempt, LockedOutAdmin)
admin.site.unregister(User)
admin.site.register(User, AccountAdmin)
admin.site.unregister(Group)
admin.site.register(Group, RoleAdmin)
