"""Payloads in the admin's forms: shown without what is secret, which stays where nobody writes another value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput, JSONField
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs import rules, targets
from jobs.rules.judging import Bounds
from jobs.templatetags.runat import as_json
from jobs.web import parsing


class PayloadField(JSONField):
    """Field for arguments as JSON, read as everywhere; what cannot be kept is shown as it was typed."""

    def to_python(self, value: Any) -> Any:
        if not isinstance(value, str) or value in self.empty_values:
            return super().to_python(value)
        try:
            return parsing.json_value(value)
        except parsing.Unreadable as error:
            raise ValidationError(str(error)) from None

    def bound_data(self, data: Any, initial: Any) -> Any:
        try:
            found = super().bound_data(data, initial)
            self.prepare_value(found)
        except (ValueError, RecursionError):  # NaN, which no JSON has; or nested too deeply
            return InvalidJSONInput(data)
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return super().has_changed(initial, data)
        except (ValueError, RecursionError):
            return True


class KeepsPayload:
    """Mixin for the form of a row with a target, a payload and policies of jobs; its `payload` is a PayloadField. What
    its fields cannot read has the sentences of the rules."""

    instance: Any
    fields: Any
    initial: Any
    data: Any
    cleaned_data: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.error_messages["max_length"] = rules.TOO_LONG
            if name in rules.ASKED and isinstance(rule := rules.ASKED[name].rule, Bounds):
                field.error_messages["invalid"] = rule.not_whole
        if self.instance.pk is not None:
            self.initial["payload"] = targets.shown(self.instance.target, self.instance.payload)

    def clean_payload(self) -> object:
        """Return it with what it leaves as it is, of a row that there is."""
        given = self.cleaned_data["payload"]
        there = type(self.instance)._default_manager.filter(pk=self.instance.pk).first()
        if there is None or there.target != self.data.get("target"):
            return given
        return targets.kept(there.target, given, there.payload)


class ShowsArguments:
    """Mixin for the admin of such rows."""

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return a form that knows who asks."""
        form = super().get_form(request, obj, change=change, **kwargs)  # type: ignore[misc]
        return type(f"Asked{form.__name__}", (form,), {"by": request.user})

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the fields; for those who only look, what is shown of its arguments in the place of these."""
        names = super().get_fields(request, obj)  # type: ignore[misc]
        if obj is None or self.has_change_permission(request, obj):  # type: ignore[attr-defined]
            return names
        return ["arguments" if name == "payload" else name for name in names]

    def runs_another(self, row: Any, what_runs: Sequence[str]) -> bool:
        """Return whether this row, before it is saved, is new or runs something else than the one that is there. Not by
        what the form says was changed: what it compares with may be sent along."""
        there = type(row)._default_manager.filter(pk=row.pk).first()
        return there is None or any(getattr(there, name) != getattr(row, name) for name in what_runs)

    @admin.display(description="payload")
    def arguments(self, row: Any) -> SafeString:
        return format_html("<pre>{}</pre>", as_json(targets.shown(row.target, row.payload)))
