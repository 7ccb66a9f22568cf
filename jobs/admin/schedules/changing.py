"""The form of schedules in the admin: what it saves goes through jobs/transitions/schedules/, and a preview of it is
shown while it is typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

from jobs.admin.seen import SaysSeen
from jobs.admin.theme import dress
from jobs.admin.within import reach_in
from jobs.clock import clock
from jobs.models import Schedule
from jobs.recurrence import BadExpression
from jobs.rights import Reach, reach_of
from jobs.rules import SCHEDULE_ASKED
from jobs.rules.schedule_checking import NAME_TAKEN
from jobs.transitions.schedules import definitions
from jobs.web import parsing, schedule_preview
from jobs.web.appearance.times import exact
from jobs.web.parsing import Unreadable
from jobs.web.schedule_form import ScheduleForm, initial_of
from jobs.web.seen import seen_in

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

PREVIEW = "_preview"  # the button of those without JavaScript
WHAT = ("name", "target", "payload", "queue", "labels")
WHEN = ("dialect", "expression", "time_zone", "starts_at", "ends_at", "most_runs", "enabled", "shadow")
AFTER = ("after", "after_end")
MISSED = ("overlap", "catch_up", "catch_up_limit", "calendar", "blackout", "spread")
# What the next starts follow from; nothing else is judged while somebody types.
TIMED = ("name", *WHEN, "spread", "calendar", "blackout")


class AdminScheduleForm(ScheduleForm):
    """ScheduleForm as a ModelAdmin calls it. With `only_preview` it is not valid: nothing is saved. With a `refusal`,
    or fields that are `refused`, it says so and is not valid."""

    refusal = ""
    refused: ClassVar[Mapping[str, str]] = {}
    only_preview = False

    def __init__(self, *args: Any, instance: Schedule | None = None, **kwargs: Any) -> None:
        if instance is not None and instance.pk is not None:
            self.before = instance
            kwargs["initial"] = {**initial_of(instance, reach_of(self.by)), **(kwargs.get("initial") or {})}
        super().__init__(*args, now=clock.current(), **kwargs)
        self.instance = instance or Schedule()
        for name, what in (("target", "What each does"), ("expression", "How each is written")):
            lines = [(line,) for line in str(self.fields[name].help_text).splitlines()]
            whole = format_html_join(mark_safe("<br>"), "{}", lines)  # the admin's pages would run them together
            self.fields[name].help_text = format_html(
                '<details class="schedule-help"><summary>{}</summary>{}</details>', what, whole
            )
        dress(self)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.refusal:
            self.add_error(None, self.refusal)
        for name, said in self.refused.items():
            self.add_error(name, said)
        return cleaned

    def is_valid(self) -> bool:
        return super().is_valid() and not self.only_preview


class ReasonedScheduleForm(AdminScheduleForm):
    """Form for a change, with its reason."""


ReasonedScheduleForm.declared_fields = ReasonedScheduleForm.base_fields = {
    **AdminScheduleForm.base_fields,
    "reason": forms.CharField(
        required=False,
        label="Why it is changed",
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="For those who look at this schedule later: it stands in the audit.",
    ),
}


def problems_of(form: ScheduleForm) -> list[tuple[str, str]]:
    """Return what is wrong with when it starts, each with the label of its field."""
    labelled = [
        (name, str(form.fields[name].label or name)) for name in TIMED if name != "name" and name in form.errors
    ]
    return [(label, str(problem)) for name, label in labelled for problem in form.errors[name]]


def preview_of(form: ScheduleForm, viewer: str, reach: Reach) -> dict[str, Any]:
    """Return what the preview shows of a form as far as it is filled in, to somebody of this reach."""
    given = form.readable()
    problems = problems_of(form)
    if not form.data.get("expression", "").strip():
        return {"waits": True}
    if problems:
        return {"problems": problems}
    asked = {name: given[name] for name in TIMED if given.get(name) not in (None, "")}
    try:
        sought = schedule_preview.asked(now=form._now, by=form.by, before=form.before, **asked)
        shown = schedule_preview.preview(sought, now=form._now, reach=reach, viewer=_viewer(viewer))
    except ValidationError as error:
        found = [(SCHEDULE_ASKED[name].label, problem) for name, said in error.message_dict.items() for problem in said]
        return {"problems": found}
    except BadExpression as error:
        return {"problems": [("When", error.why)]}
    return _shown(shown, has_viewer=bool(viewer) and shown.viewer_zone not in (shown.zone, "UTC"))


def _shown(preview: schedule_preview.Preview, *, has_viewer: bool) -> dict[str, Any]:
    # Written here: a template would turn all of them to UTC.
    rows = [(start, f"{start.in_viewer_zone:%a %Y-%m-%d %H:%M}", exact(start.run_at)) for start in preview.starts]
    return {"preview": preview, "rows": rows, "has_viewer": has_viewer}


def _viewer(name: str) -> Any:
    try:
        return parsing.zone(name) if name else None
    except Unreadable:
        return None


class ScheduleChanging(SaysSeen):
    """Mixed into ScheduleAdmin: the form, its preview, and what saving does."""

    admin_site: admin.AdminSite

    def get_form(self, request: HttpRequest, obj: Schedule | None = None, change: bool = False, **kwargs: Any) -> Any:
        del kwargs
        asked = {
            "by": request.user,
            "refusal": getattr(request, "refusal", ""),
            "refused": getattr(request, "refused", {}),
            "only_preview": PREVIEW in request.POST,
        }
        return type("AskedScheduleForm", (ReasonedScheduleForm if change else AdminScheduleForm,), asked)

    def get_fieldsets(self, request: HttpRequest, obj: Schedule | None = None) -> Any:
        policies = [name for name in SCHEDULE_ASKED if name not in (*WHAT, *WHEN, *AFTER, *MISSED)]
        return [
            ("What", {"fields": WHAT}),
            ("When", {"fields": WHEN}),
            ("After others", {"fields": AFTER}),
            ("When it cannot start", {"fields": MISSED}),
            ("Policies of each run", {"fields": policies, "classes": ["collapse"]}),
            *([("Why", {"fields": ["reason"]})] if obj is not None else []),
        ]

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Schedule:
        return cast("Schedule", form.instance)

    def save_model(self, request: HttpRequest, obj: Schedule, form: Any, change: bool) -> None:
        fields, by, now = form.new_schedule.columns(), cast("AbstractBaseUser", request.user), clock.current()
        if change:
            reason, seen = form.cleaned_data["reason"], seen_in(request)
            answer = definitions.change_schedule(obj.pk, fields, reason=reason, by=by, now=now, seen=seen)
            cast("Any", request).answer = answer
        else:
            saved = definitions.create_schedule(fields, by=by, now=now)
            obj.__dict__.update(saved.__dict__)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Do nothing: a schedule has no relations that a form writes."""

    def response_add(self, request: HttpRequest, obj: Schedule, post_url_continue: str | None = None) -> HttpResponse:
        messages.success(request, f"The schedule '{obj.name}' was created. {definitions.next_words(obj)}")
        if "_addanother" in request.POST:
            return redirect(request.path)
        return redirect(reverse("admin:jobs_schedule_page", args=[obj.pk]))

    def response_change(self, request: HttpRequest, obj: Schedule) -> HttpResponse:
        answer = cast("Any", request).answer
        (messages.success if answer.done else messages.error)(request, answer.why)
        stays = "_continue" in request.POST
        return redirect(reverse(f"admin:jobs_schedule_{'change' if stays else 'page'}", args=[obj.pk]))

    def changeform_view(self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any) -> Any:
        """Save, or show the form again where somebody else took the name meanwhile, or changed what it comes after."""
        try:
            return super().changeform_view(request, object_id, *args, **kwargs)
        except IntegrityError:
            cast("Any", request).refused = {"name": NAME_TAKEN}
        except ValidationError as error:
            cast("Any", request).refused = {name: " ".join(said) for name, said in error.message_dict.items()}
        return super().changeform_view(request, object_id, *args, **kwargs)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        form, reach = context["adminform"].form, reach_in(request)
        shown = preview_of(form, "", reach) if form.is_bound else self._preview_of_saved(context.get("original"), reach)
        shown["only_preview"] = getattr(form, "only_preview", False)
        context["preview"] = render_to_string("admin/jobs/schedule/preview.html", shown)
        answer: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return answer

    def _preview_of_saved(self, schedule: Schedule | None, reach: Reach) -> dict[str, Any]:
        if schedule is None:
            return {"waits": True}
        try:
            sought = schedule_preview.saved(schedule)
            shown = schedule_preview.preview(sought, now=clock.current(), reach=reach)
        except BadExpression as error:
            return {"problems": [("When", error.why)]}
        return _shown(shown, has_viewer=False)

    def preview_view(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        """Show the next starts of what the form has so far."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        may = self.has_add_permission(request) if pk is None else self.has_change_permission(request)  # type: ignore[attr-defined]
        if not may:
            raise PermissionDenied
        seen = cast("Any", self).get_queryset(request)
        form = AdminScheduleForm(request.POST, instance=seen.filter(pk=pk).first() if pk else None)
        form.by = cast("AbstractBaseUser", request.user)
        form.is_valid()
        shown = preview_of(form, request.POST.get("viewer_zone", ""), reach_in(request))
        return render(request, "admin/jobs/schedule/preview.html", shown)
