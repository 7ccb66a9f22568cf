"""Objectives in the admin. How each stands is at `/objectives/`."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from jobs.admin.audited import Audited
from jobs.admin.theme import ModelAdmin
from jobs.admin.within import NamedWithin, reach_in
from jobs.models import Objective
from jobs.objectives.standing import wanted
from jobs.rights.objectives import touches


@admin.register(Objective)
class ObjectiveAdmin(Audited, NamedWithin, ModelAdmin[Objective]):
    list_display = ["__str__", "said", "days"]
    list_filter = ["kind"]
    search_fields = ["name"]
    fields = ["kind", "name", "share", "within_ms", "days"]

    def kind_of(self, obj: Objective) -> str:
        return obj.kind

    def may_define(self, request: HttpRequest, kind: str, name: str) -> bool:
        return touches(reach_in(request), kind, name)

    def get_readonly_fields(self, request: HttpRequest, obj: Objective | None = None) -> Any:
        return ["kind", "name"] if obj else []

    @admin.display(description="what is wanted")
    def said(self, objective: Objective) -> str:
        return wanted(objective)
