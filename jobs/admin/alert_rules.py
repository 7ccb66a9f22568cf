"""Rules of alerts in the admin: whom to tell of what a target, schedule, queue, team or job does."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from jobs.admin.audited import Audited
from jobs.admin.theme import ModelAdmin
from jobs.models import AlertRule


@admin.register(AlertRule)
class AlertRuleAdmin(Audited, ModelAdmin[AlertRule]):
    list_display = ["__str__", "level", "whom", "enabled"]
    list_filter = ["kind", "when", "enabled"]
    search_fields = ["name"]
    fieldsets = [
        (None, {"fields": ["kind", "name", "when", "level", "destinations", "enabled"]}),
        ("Runs too long", {"fields": ["seconds"]}),
        ("Has not ended by", {"fields": ["by_time", "time_zone"]}),
    ]
    filter_horizontal = ["destinations"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("destinations")

    @admin.display(description="tells")
    def whom(self, rule: AlertRule) -> str:
        return ", ".join(one.name for one in rule.destinations.all()) or "nobody"
