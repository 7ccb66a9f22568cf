"""The page by which all jobs with a label are redacted: a person asks to be forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from jobs.admin.confirmation import Question, ReasonForm, ask
from jobs.clock import clock, steady
from jobs.models import RetentionRule
from jobs.transitions import redaction
from jobs.transitions.keeping import why_problems

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

SECONDS = 5.0  # of one request
WHY = "For the audit, which keeps it: name nobody who is to be forgotten, but the number of the request."
MEANING = (
    "Redacts all jobs that are over and have this label: payload, result, errors, output, name, key and labels go, "
    "their times, states and ledger stay. What is kept, and what has not ended, is left as it is."
)


class ForgetForm(ReasonForm):
    """Form for a label. The jobs that have it are counted first: `counted` is the label whose number was seen."""

    label = forms.CharField(max_length=500, help_text="Such as customer:4711.")
    counted = forms.CharField(required=False, widget=forms.HiddenInput)

    field_order = ("label", "reason", "counted")
    ids: list[int]

    def clean_label(self) -> tuple[str, str]:
        key, colon, value = self.cleaned_data["label"].strip().partition(":")
        if not (key and colon):
            raise ValidationError("This is no label; write it like customer:4711.")
        return key, value

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        key, value = cleaned["label"]
        self.ids = redaction.labelled(key, value)
        if not self.ids:
            self.add_error("label", "No job that is over has this label, or all of them are redacted.")
        elif cleaned.get("counted") != f"{key}:{value}":
            sent = cast("Any", self.data).copy()
            sent["counted"] = f"{key}:{value}"
            self.data = sent
            these = f"{len(self.ids):,} job{'' if len(self.ids) == 1 else 's'}"
            self.add_error(None, f"{these} would be redacted, for ever. Press the button again if that is meant.")
        return cleaned


def forget(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """Return the page; after the second word redact, as far as one request may, and say how far."""
    form = ForgetForm(request.POST if request.method == "POST" else None, judge=why_problems, help_text=WHY)
    address = reverse("admin:jobs_retentionrule_forget")
    if not (form.is_bound and form.is_valid()):
        question = Question(
            title="Redact all jobs with a label",
            button="Redact",
            meaning=MEANING,
            action="",
            chosen=[],
            ids=[],
            to=address,
            danger=True,
        )
        return ask(site, request, RetentionRule, question, form)
    by, reason, until = cast("AbstractBaseUser", request.user), form.cleaned_data["reason"], steady() + SECONDS
    done, refused = 0, []
    for job_id in form.ids:
        answer = redaction.redact(job_id, now=clock.current(), reason=reason, by=by)
        done += answer.done
        if not answer.done:
            refused.append(answer.why)
        if steady() >= until:
            break
    left = len(form.ids) - done - len(refused)
    messages.success(request, f"{done:,} redacted.{f' {left:,} are left: do it again.' if left else ''}")
    if refused:
        messages.warning(request, f"{len(refused):,} are not. {' '.join(refused[:5])}")
    return redirect(reverse("admin:jobs_retentionrule_changelist"))
