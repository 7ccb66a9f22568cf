"""Creation limits in the admin."""

from __future__ import annotations

from django.contrib import admin

from jobs.admin.audited import Audited
from jobs.admin.theme import ModelAdmin
from jobs.creation_limits import Allowance
from jobs.creation_limits.allowances import allowances_of
from jobs.creation_limits.errors import pace
from jobs.models import CreationLimit


@admin.register(CreationLimit)
class CreationLimitAdmin(Audited, ModelAdmin[CreationLimit]):
    list_display = ["whose", "single", "in_bulk"]
    list_select_related = ["group"]
    fieldsets = [
        (None, {"fields": ["group"], "description": "A change holds in all processes after a few seconds."}),
        ("Single jobs", {"fields": ["rate", "burst"]}),
        ("Bulk requests", {"fields": ["bulk_rate", "bulk_burst"]}),
    ]

    @admin.display(description="whose", ordering="group__name")
    def whose(self, limit: CreationLimit) -> str:
        return limit.whose

    @admin.display(description="single jobs", ordering="rate")
    def single(self, limit: CreationLimit) -> str:
        return _said(allowances_of(limit).single)

    @admin.display(description="bulk requests", ordering="bulk_rate")
    def in_bulk(self, limit: CreationLimit) -> str:
        return _said(allowances_of(limit).bulk)


def _said(allowance: Allowance | None) -> str:
    return "unlimited" if allowance is None else f"{pace(allowance.rate)}, {allowance.burst} at once"
