"""Rules of retention in the admin: after how many days jobs that are over are removed or redacted. Before one is saved
it says how many jobs it is about now."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from jobs.admin.audited import Audited
from jobs.admin.forgetting import forget
from jobs.admin.theme import ModelAdmin, ModelForm
from jobs.clock import clock
from jobs.conf import conf
from jobs.keeping import DEFAULT_DAYS
from jobs.models import Installation, RetentionRule
from jobs.permissions import REDACT_JOB
from jobs.rules.keeping import of_settings
from jobs.transitions.going import fitting

Does = RetentionRule.Does
SEEN_IN = {Does.REMOVE: ("jobs_job",), Does.REDACT: ("jobs_job", "jobs_history")}
MEANS = {
    Does.REMOVE: "of those that have not left the table of jobs yet go within a day: nothing stays of them.",
    Does.REDACT: "are redacted within a day: nothing brings back what they hold, and they cannot start again.",
}


class RetentionRuleForm(ModelForm[RetentionRule]):
    """Form for a rule. What is about jobs that there are is saved when it is sent again, their number having been
    seen."""

    counted = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = RetentionRule
        fields = ["does", "kind", "name", "state", "days"]

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.errors or not self.has_changed():
            return
        rule = self.instance
        stamp = f"{rule.does} {rule.as_rule().words}"
        if self.cleaned_data.get("counted") == stamp:
            return
        does = Does(rule.does)
        counted = fitting(rule.as_rule(), SEEN_IN[does], now=clock.current())
        if counted.jobs:
            sent = cast("Any", self.data).copy()
            sent[self.add_prefix("counted")] = stamp
            self.data = sent
            self.add_error(None, f"Now {counted} {MEANS[does]} Save again if that is meant.")


@admin.register(RetentionRule)
class RetentionRuleAdmin(Audited, ModelAdmin[RetentionRule]):
    form = RetentionRuleForm
    list_display = ["__str__", "does", "kind", "name", "state", "days"]
    list_filter = ["does", "kind"]
    fields = ["does", "kind", "name", "state", "days", "counted"]
    change_list_template = "admin/jobs/retentionrule/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        address = path("forget/", self.admin_site.admin_view(self.forget_view), name="jobs_retentionrule_forget")
        return [address, *super().get_urls()]

    def forget_view(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm(REDACT_JOB):
            raise PermissionDenied
        return forget(self.admin_site, request)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The rules of the table, below what goes without them."""
        ours = [row.as_rule() for row in RetentionRule.objects.filter(does=Does.REMOVE)]
        shown = {
            "may_redact": request.user.has_perm(REDACT_JOB),
            "is_on": Installation.current().retention_on_at is not None,
            "default_days": DEFAULT_DAYS,
            "hot_days": conf().hot_days,
            "of_settings": of_settings(ours),
        }
        return super().changelist_view(request, {**(extra_context or {}), **shown})
