"""Forms for other departments, in the admin: their definitions. They are filled in at `/forms/`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest

from jobs import rules
from jobs.admin.audited import Audited
from jobs.admin.kept_payload import KeepsPayload, PayloadField, ShowsArguments
from jobs.admin.theme import ModelAdmin, ModelForm, dress_widget
from jobs.admin.within import Within
from jobs.models import Form, Team
from jobs.transitions.forms import WHAT_RUNS, definition_problems

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

EMPTY = {"labels": dict, "fields": list, "payload": dict}


class FormForm(KeepsPayload, ModelForm[Form]):
    """Form for the definition of a form."""

    groups = forms.MultipleChoiceField(required=False, help_text="Whose members may fill it in.")
    teams = forms.MultipleChoiceField(required=False, help_text="Whose members may fill it in, too.")
    by: AbstractBaseUser | None = None  # who asks

    class Meta:
        field_classes = {"payload": PayloadField}
        model = Form
        exclude: tuple[str, ...] = ()
        help_texts = {name: rules.ASKED[name].help for name in ("target", "queue")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, known in (("groups", Group), ("teams", Team)):
            field = self.fields.get(name)
            if isinstance(field, forms.MultipleChoiceField):
                there = {*known._default_manager.values_list("name", flat=True), *getattr(self.instance, name)}
                dress_widget(field.widget)
                field.choices = [(one, one) for one in sorted(there)]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name, empty in EMPTY.items():
            if name in cleaned and cleaned[name] in (None, ""):
                cleaned[name] = empty()
        if not self.errors:
            for field, sentences in definition_problems(
                Form(**{"name": self.instance.name, **cleaned}), by=self.by
            ).items():
                for sentence in sentences:
                    self.add_error(field if field in self.fields else None, sentence)
        return cleaned


@admin.register(Form)
class FormAdmin(Audited, ShowsArguments, Within, ModelAdmin[Form]):
    form = FormForm
    list_display = ["name", "title", "target", "queue", "enabled"]
    list_filter = ["enabled"]
    search_fields = ["name", "title", "target"]

    def get_readonly_fields(self, request: HttpRequest, obj: Form | None = None) -> list[str]:
        """Keep the name: links, labels and the audit say it."""
        return ["name", "arguments"] if obj is not None else ["arguments"]

    def save_model(self, request: HttpRequest, obj: Form, form: Any, change: bool) -> None:
        if self.runs_another(obj, WHAT_RUNS):
            obj.created_by_id = request.user.pk
        super().save_model(request, obj, form, change)
