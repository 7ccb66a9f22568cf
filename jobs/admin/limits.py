"""Limits of queues and keys in the admin."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from jobs import rules
from jobs.admin.confirmation import Question, ReasonForm, ask, given
from jobs.admin.seen import SaysSeen
from jobs.admin.theme import ModelAdmin, ModelForm
from jobs.admin.within import NamedWithin
from jobs.clock import clock
from jobs.models import Kind, Limit
from jobs.models.limit import SLOWEST
from jobs.permissions import PAUSE_LIMIT
from jobs.templatetags.runat import badge
from jobs.transitions.limits import pausing
from jobs.transitions.limits.names import Name
from jobs.web.appearance.times import exact
from jobs.web.seen import seen_in

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

NAMED = 3  # in a title


def named(limit: Limit) -> Name:
    return Name(Kind(limit.kind), limit.name)


def by(request: HttpRequest) -> pausing.By:
    """Return the person who asks."""
    return pausing.By(cast("AbstractBaseUser", request.user))


class LimitForm(ModelForm[Limit]):
    class Meta:
        model = Limit
        fields = ["kind", "name", "concurrency", "rate", "burst"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "name" in cleaned and "kind" in cleaned:
            for problem in pausing.name_problems(Name(Kind(cleaned["kind"]), cleaned["name"])):
                self.add_error("name", problem)
        if cleaned.get("rate") is not None and not cleaned["rate"] >= SLOWEST:
            self.add_error("rate", f"A rate is at least {SLOWEST:g} starts a second; to stop all, pause it.")
        return cleaned


@admin.register(Limit)
class LimitAdmin(SaysSeen, NamedWithin, ModelAdmin[Limit]):
    form = LimitForm
    list_display = ["name", "kind", "concurrency", "rate", "burst", "status", "pause_reason"]
    list_filter = ["kind"]
    actions = ["pause", "resume"]
    readonly_fields = ["status", "pause_reason"]

    class Media:
        css = {"all": ["jobs/admin-jobs.css"]}

    def kind_of(self, obj: Limit) -> str:
        return obj.kind

    @admin.display(description="state")
    def status(self, limit: Limit) -> SafeString:
        if limit.paused_at is None:
            return badge("good", "✓", "open")
        return badge("warn", "‖", f"paused since {exact(limit.paused_at)}")

    def has_pause_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(PAUSE_LIMIT)

    def save_model(self, request: HttpRequest, obj: Limit, form: Any, change: bool) -> None:
        """Through the one way: those that the last limits held go on if the new ones let them."""
        asked = {name: form.cleaned_data[name] for name in ("concurrency", "rate", "burst")}
        seen = seen_in(request) if change else None
        limit = pausing.limit(named(obj), now=clock.current(), by=by(request), **asked, seen=seen)
        obj.__dict__.update(limit.__dict__)

    def has_delete_permission(self, request: HttpRequest, obj: Limit | None = None) -> bool:
        """Removed limits resume what is paused."""
        may = super().has_delete_permission(request, obj)
        return may and (obj is None or obj.paused_at is None or self.has_pause_permission(request))

    def delete_model(self, request: HttpRequest, obj: Limit) -> None:
        pausing.lift(named(obj), now=clock.current(), by=by(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Limit]) -> None:
        for limit in queryset:
            self.delete_model(request, limit)

    def get_readonly_fields(self, request: HttpRequest, obj: Limit | None = None) -> Any:
        return [*self.readonly_fields, "kind", "name"] if obj else []

    @admin.action(description="Pause…", permissions=["pause"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Limit]) -> HttpResponse | None:
        """Asks for the reason first: the form comes back to this action."""
        form = ReasonForm(
            given(request),
            judge=partial(rules.reason_problems, needed=False),
            help_text="For those who wait for its jobs: the monitor shows it.",
        )
        chosen = list(queryset)
        if form.is_bound and form.is_valid():
            by = cast("AbstractBaseUser", request.user)
            for limit in chosen:
                pausing.pause(named(limit), now=clock.current(), reason=form.cleaned_data["reason"], by=by)
            messages.success(request, "Paused: what runs goes on, what comes due is held until you resume.")
            return None
        question = Question(
            title=f"Pause: {', '.join(map(str, chosen[:NAMED]))}{' and more' if len(chosen) > NAMED else ''}",
            button="Pause",
            meaning="What runs goes on, what comes due is held until somebody resumes it.",
            action="pause",
            chosen=[str(limit) for limit in chosen],
            ids=[limit.pk for limit in chosen],
        )
        return ask(self.admin_site, request, Limit, question, form)

    @admin.action(description="Resume", permissions=["pause"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Limit]) -> None:
        for limit in queryset:
            pausing.resume(named(limit), now=clock.current(), by=by(request))
        messages.success(request, "Resumed: what was held is due now, as far as its other limits let it.")
