"""The page between an action of a list and what it does: what was chosen, and a form that comes back to the action."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.admin import AdminSite
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from jobs.admin.theme import dress


class ReasonForm(forms.Form):
    """Reason that the form asks for. `judge` says what is wrong with it, a sentence each; it may want one or not."""

    reason = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, judge: Callable[[str], list[str]], help_text: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._judge = judge
        self.fields["reason"].help_text = help_text
        dress(self)

    def clean_reason(self) -> str:
        reason: str = self.cleaned_data["reason"]
        problems = self._judge(reason)
        if problems:
            raise ValidationError(problems)
        return reason


@dataclass(frozen=True)
class Question:
    """`chosen`: a line for each of the rows with these `ids`, or for the first of them; `more` counts the others. Its
    form goes `to` an address, and leads `back` to one without a change: both the list where nothing is said. `danger`:
    what it does is not undone."""

    title: str
    button: str
    meaning: str
    action: str
    chosen: Sequence[str]
    ids: Sequence[object]
    more: int = 0
    to: str = ""
    back: str = ""
    danger: bool = False


def ask(
    site: AdminSite,
    request: HttpRequest,
    model: type[Model],
    question: Question,
    form: forms.Form,
    *,
    template: str = "admin/jobs/ask.html",
    **more: Any,
) -> HttpResponse:
    """Return the page that asks. A `template` that shows `more` extends the one of all."""
    opts = model._meta
    rows = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
    context = {
        **site.each_context(request),
        "title": question.title,
        "opts": opts,
        "list": rows,
        "to": question.to or rows,
        "back": question.back or rows,
        "question": question,
        "form": form,
        "checkbox": ACTION_CHECKBOX_NAME,
        **more,
    }
    return TemplateResponse(request, template, context)


def given(request: HttpRequest, field: str = "reason") -> Any:
    """Return what the form of the page has sent; None if it was not this form."""
    return request.POST if field in request.POST else None


def refuse(form: forms.Form, error: ValidationError, renamed: Mapping[str, str] | None = None) -> None:
    """Put what is wrong beside its field, which may have another name in the form."""
    for name, problems in error.message_dict.items():
        field = (renamed or {}).get(name, name)
        for problem in problems:
            form.add_error(field if field in form.fields else None, problem)
