"""Subscriptions to changes of jobs in the admin."""

from __future__ import annotations

from django import forms
from django.contrib import admin

from jobs.admin.audited import Audited
from jobs.admin.theme import ModelAdmin, ModelForm
from jobs.models import Subscription
from jobs.models.subscription import JobChange


class SubscriptionForm(ModelForm[Subscription]):
    types = forms.MultipleChoiceField(
        choices=JobChange.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Changes",
        help_text="None chosen: all of them.",
    )

    class Meta:
        model = Subscription
        fields = ["destination", "types", "queue", "target", "team", "enabled"]


@admin.register(Subscription)
class SubscriptionAdmin(Audited, ModelAdmin[Subscription]):
    form = SubscriptionForm
    written_elsewhere = ["starts_upto", "audit_upto", "jobs_upto"]
    list_display = ["__str__", "destination", "enabled", "begun"]
    list_filter = ["destination", "enabled"]
    list_select_related = ["destination"]
    fields = ["destination", "types", "queue", "target", "team", "enabled"]

    @admin.display(description="begun", boolean=True)
    def begun(self, subscription: Subscription) -> bool:
        return subscription.starts_upto is not None
