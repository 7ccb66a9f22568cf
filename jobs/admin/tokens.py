"""Tokens in the admin, to look at and to revoke. They are made on the page /tokens/, which shows them once."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs import tokens
from jobs.admin.theme import ModelAdmin
from jobs.clock import clock
from jobs.models import Token
from jobs.templatetags.runat import badge
from jobs.web.appearance.times import exact

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

OWNER = f"owner__{get_user_model().USERNAME_FIELD}"


@admin.register(Token)
class TokenAdmin(ModelAdmin[Token]):
    list_display = ["name", "begins_with", "owner", "standing", "may", "made", "used", "expires"]
    list_select_related = ["owner", "credential"]
    search_fields = ["name", OWNER, "=credential__token_key"]
    search_help_text = "A name, a user, or a whole prefix"
    fields = [
        "name",
        "begins_with",
        "owner",
        "standing",
        "may",
        "queues",
        "targets",
        "made",
        "made_by",
        "used",
        "expires",
    ]
    ordering = [OWNER, "name"]

    class Media:
        css = {"all": ["jobs/admin-jobs.css"]}

    def has_add_permission(self, request: HttpRequest, obj: Token | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Token | None = None) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: Token) -> None:
        tokens.revoke(obj, by=cast("AbstractBaseUser", request.user), now=clock.current())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Token]) -> None:
        for token in queryset:
            self.delete_model(request, token)

    @admin.display(description="begins with", ordering="credential__token_key")
    def begins_with(self, token: Token) -> str:
        return f"{token.prefix}…"

    @admin.display(description="state")
    def standing(self, token: Token) -> SafeString:
        why = token.why_ended(clock.now())
        return format_html("{} {}", badge("idle", "-", "ended"), why) if why else badge("good", "✓", "works")

    @admin.display(description="may")
    def may(self, token: Token) -> str:
        return ", ".join(tokens.scopes_of(token))

    @admin.display(description="made", ordering="credential__created")
    def made(self, token: Token) -> str:
        return exact(token.made_at)

    @admin.display(description="last used", ordering="last_used_at")
    def used(self, token: Token) -> str:
        return exact(token.last_used_at) if token.last_used_at else "never"

    @admin.display(description="expires", ordering="credential__expiry")
    def expires(self, token: Token) -> str:
        return exact(token.expires_at) if token.expires_at else "never"
