"""Audit of definitions in the admin, written as everywhere: who, what, before and after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from django.db import router
from django.db.models import QuerySet
from django.http import HttpRequest

from jobs.admin.seen import SaysSeen, has_version
from jobs.clock import clock
from jobs.database import transaction
from jobs.rights import said
from jobs.transitions import definitions
from jobs.web.seen import seen_in

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


class Audited(SaysSeen):
    """Mixin for the admin of what can be defined: audits each change, in the transaction that Django has around it.
    `written_elsewhere`: columns that no form has and programs write."""

    written_elsewhere: Sequence[str] = ()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        cast("Any", request).before = definitions.stored(obj, seen_in(request) if change else None)
        if change and self.written_elsewhere:
            obj.refresh_from_db(fields=self.written_elsewhere)
        super().save_model(request, obj, form, change)  # type: ignore[misc]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Audit the change when all is saved."""
        super().save_related(request, form, formsets, change)  # type: ignore[misc]
        before = cast("Any", request).before
        definitions.note(form.instance, before, by=_person(request), now=clock.current())

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        definitions.forget(obj, by=_person(request), now=clock.current())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for row in queryset:
            self.delete_model(request, row)


class SaidBy(SaysSeen):
    """Mixin for the admin of rights, whose changes the database audits: tells it who makes them."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change and has_version(obj):
            definitions.stored(obj, seen_in(request))
        said.say(request.user, using=router.db_for_write(type(obj)))
        super().save_model(request, obj, form, change)  # type: ignore[misc]

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        said.say(request.user, using=router.db_for_write(type(obj)))
        super().delete_model(request, obj)  # type: ignore[misc]

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        using = router.db_for_write(queryset.model)
        with transaction.atomic(using=using):
            said.say(request.user, using=using)
            super().delete_queryset(request, queryset)  # type: ignore[misc]


def _person(request: HttpRequest) -> AbstractBaseUser:
    return cast("AbstractBaseUser", request.user)
