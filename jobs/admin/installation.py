"""The installation in the admin: whose database it is, and the button that lets jobs start again after a restore."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from jobs import rules
from jobs.admin.confirmation import Question, ReasonForm, ask, given
from jobs.admin.records import Records
from jobs.admin.within import reach_in
from jobs.clock import clock
from jobs.models import Installation
from jobs.models.installation import REMEDY
from jobs.permissions import RELEASE_INSTALLATION
from jobs.transitions import restoring
from jobs.web.appearance.times import exact

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


class ReleaseForm(ReasonForm):
    cancel_due_before = forms.DateTimeField(
        required=False,
        help_text="UTC, such as 2026-11-28 06:00. Jobs that were due before are cancelled. Empty: none is.",
    )
    copy = forms.BooleanField(
        required=False, help_text="The installation that this was copied from goes on: this one takes another name."
    )


@admin.register(Installation)
class InstallationAdmin(Records[Installation]):
    list_display = ["__str__", "restored", "released", "released_by", "release_reason"]
    fields = ["identity", "restored", "released", "released_by", "release_reason"]
    readonly_fields = ("restored", "released")
    actions = ["release"]

    @admin.display(description="jobs are held")
    def restored(self, row: Installation) -> str:
        restored = Installation.restored()
        return restored.what if restored else "no"

    @admin.display(description="released")
    def released(self, row: Installation) -> str:
        return exact(row.released_at)

    def has_release_permission(self, request: HttpRequest) -> bool:
        """Permit it to those who reach everything: the jobs of all teams start."""
        return request.user.has_perm(RELEASE_INSTALLATION) and reach_in(request).is_whole

    @admin.action(description="Release after a restore…", permissions=["release"])
    def release(self, request: HttpRequest, queryset: QuerySet[Installation]) -> HttpResponse | None:
        """Asks for the reason first: the form comes back to this action."""
        form = ReleaseForm(
            given(request),
            judge=partial(rules.reason_problems, needed=True),
            help_text="For those who look at it later.",
        )
        row = Installation.current()
        if form.is_bound and form.is_valid():
            by = cast("AbstractBaseUser", request.user)
            answer = restoring.release(now=clock.current(), by=by, **form.cleaned_data)
            (messages.success if answer.done else messages.warning)(request, answer.why)
            return None
        question = Question(
            title="Let jobs start again",
            button="Release",
            meaning=f"{REMEDY.partition(':')[0]}.",
            action="release",
            chosen=[self.restored(row)],
            ids=[row.pk],
        )
        return ask(self.admin_site, request, Installation, question, form)
