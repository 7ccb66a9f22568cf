"""Teams, what they own, and the rules of targets."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from jobs import targets
from jobs.admin.audited import SaidBy
from jobs.admin.theme import ModelAdmin, ModelForm, TabularInline
from jobs.models import Ownership, TargetRule, Team

FIRST = (
    "This is the first team. Until now whoever may see jobs sees all. From now on people without the permission "
    "'jobs.all_teams' see what their teams own and what they have created themselves, and nothing else: give the role "
    "operator to those who look after everything."
)
OWNS = (
    "Jobs, schedules and triggers say their team by the label team, as in team: NAME; those that say none are of "
    "whoever owns their queue. A queue, key or calendar has one owner; a target may be given to several teams, and "
    "then only their members start it."
)


class OwnershipInline(TabularInline[Ownership, Team]):
    """Things that the team owns."""

    model = Ownership
    extra = 1
    verbose_name = "thing that it owns"
    verbose_name_plural = "what it owns"


@admin.register(Team)
class TeamAdmin(SaidBy, ModelAdmin[Team]):
    list_display = ["name", "description", "people", "things"]
    search_fields = ["name", "description"]
    filter_horizontal = ["members"]
    inlines = [OwnershipInline]

    def get_readonly_fields(self, request: HttpRequest, obj: Team | None = None) -> list[str]:
        """Keep the name: what is the team's says it."""
        return ["name"] if obj is not None else []

    @admin.display(description="members")
    def people(self, team: Team) -> str:
        return ", ".join(sorted(str(one) for one in team.members.all())) or "none"

    @admin.display(description="owns")
    def things(self, team: Team) -> str:
        return ", ".join(f"{one.kind} {one.name}" for one in team.owns.all()) or "nothing"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("members", "owns")

    def get_fieldsets(self, request: HttpRequest, obj: Team | None = None) -> Any:
        said = OWNS if obj is not None or Team.objects.exists() else f"{FIRST} {OWNS}"
        return [(None, {"fields": ["name", "description", "members"], "description": said})]


class TargetRuleForm(ModelForm[TargetRule]):
    """Rule of a target that there is, on this machine."""

    class Meta:
        model = TargetRule
        fields = ["target", "switched_off", "dangerous", "reason"]

    def clean_target(self) -> str:
        target: str = self.cleaned_data["target"]
        try:
            targets.find(target)
        except targets.UnknownTarget as error:
            self.add_error("target", str(error))
        return target


@admin.register(TargetRule)
class TargetRuleAdmin(SaidBy, ModelAdmin[TargetRule]):
    form = TargetRuleForm
    list_display = ["target", "switched_off", "dangerous", "reason"]
    list_filter = ["switched_off", "dangerous"]
    search_fields = ["target"]
