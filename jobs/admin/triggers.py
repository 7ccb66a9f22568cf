"""Triggers in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from jobs import rules
from jobs.admin.audited import Audited
from jobs.admin.kept_payload import KeepsPayload, PayloadField, ShowsArguments
from jobs.admin.theme import ModelAdmin, ModelForm
from jobs.admin.within import Within, touched
from jobs.clock import clock
from jobs.creation_limits import TooFast, admission_of
from jobs.models import Trigger
from jobs.permissions import FIRE_TRIGGER
from jobs.transitions import definitions, triggers

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


class TriggerForm(KeepsPayload, ModelForm[Trigger]):
    class Meta:
        model = Trigger
        exclude: tuple[str, ...] = ()
        field_classes = {"payload": PayloadField}
        help_texts = {name: asked.help for name, asked in rules.ASKED.items() if name not in ("name", "key", "overlap")}

    by: AbstractBaseUser | None = None  # who asks

    def clean_caller_arguments(self) -> object:
        given = self.cleaned_data["caller_arguments"]
        return [] if given in (None, "") else given

    def clean_labels(self) -> object:
        given = self.cleaned_data["labels"]
        return {} if given in (None, "") else given

    def clean_retry_on(self) -> list[str]:
        given = self.cleaned_data["retry_on"]
        if given in (None, ""):
            return []
        if not isinstance(given, list) or not all(isinstance(kind, str) for kind in given):
            raise ValidationError('Give a list of texts such as ["failure", "503"], or [] for none.')
        return given

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            problems = triggers.definition_problems(Trigger(**cleaned), now=clock.current(), by=self.by)
            for field, sentences in problems.items():
                for sentence in sentences:
                    self.add_error(field if field in self.fields else None, sentence)
        return cleaned


@admin.register(Trigger)
class TriggerAdmin(Audited, ShowsArguments, Within, ModelAdmin[Trigger]):
    form = TriggerForm
    list_display = ["name", "target", "queue", "shared_key", "overlap", "enabled"]
    list_filter = ["enabled"]
    search_fields = ["name", "target"]
    actions = ["fire"]

    def has_fire_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(FIRE_TRIGGER)

    def save_model(self, request: HttpRequest, obj: Trigger, form: Any, change: bool) -> None:
        if self.runs_another(obj, definitions.WHAT_RUNS):
            obj.created_by_id = request.user.pk
        super().save_model(request, obj, form, change)

    @admin.action(description="Start now", permissions=["fire"])
    def fire(self, request: HttpRequest, queryset: QuerySet[Trigger]) -> None:
        by = cast("AbstractBaseUser", request.user)
        for trigger in touched(request, list(queryset), "trigger"):
            if not trigger.enabled:
                messages.warning(request, f"{trigger} is disabled; enable it first.")
                continue
            try:
                fired = triggers.fire(trigger, now=clock.current(), by=by, before_creation=admission_of(by).single)
                messages.success(request, f"{trigger}: {fired.why}")
            except ValidationError as error:  # its target has changed since it was defined
                messages.error(request, f"{trigger} cannot be started: {' '.join(error.messages)}")
            except (PermissionDenied, TooFast) as refusal:
                messages.error(request, f"{trigger} cannot be started: {refusal}")
