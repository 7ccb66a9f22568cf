"""Destinations of alerts in the admin, whose addresses are written and never read, and what became of each sending."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from jobs.admin.audited import Audited
from jobs.admin.theme import ModelAdmin, ModelForm, ToRead, dress_widget
from jobs.alerts import sinks
from jobs.clock import clock
from jobs.models import AlertEvent, Delivery, Destination
from jobs.templatetags.runat import badge

LOOKS = {"sent": ("good", "✓"), "failed": ("bad", "✗"), "waiting": ("idle", "…")}


class DestinationForm(ModelForm[Destination]):
    """Form for a destination. The field of the address is empty for one that there is: left so, it keeps its own."""

    address = forms.CharField(
        required=False,
        strip=True,
        max_length=4000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="A secret: once saved, it is shown to nobody. Empty: it stays as it is.",
    )

    class Meta:
        model = Destination
        fields = ["name", "kind", "address", "pattern", "min_level", "enabled"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress_widget(self.fields["address"].widget)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        kept = "" if self.instance.pk is None else self.instance.address
        address, kind = cleaned.get("address") or kept, cleaned.get("kind")
        if not address:
            self.add_error("address", "Say where it leads.")
        elif kind and "\x00" not in address:
            try:
                sinks.check(kind, address)
            except ValueError as error:
                self.add_error("address", f"It cannot be used: {error}.")
        cleaned["address"] = address
        return cleaned


@admin.register(Destination)
class DestinationAdmin(Audited, ModelAdmin[Destination]):
    form = DestinationForm
    list_display = ["name", "kind", "pattern", "min_level", "enabled", "latest"]
    fields = ["name", "kind", "address", "pattern", "min_level", "enabled"]
    actions = ["send_a_test"]

    class Media:
        css = {"all": ["jobs/admin-jobs.css"]}

    @admin.display(description="last sending")
    def latest(self, destination: Destination) -> str:
        delivery = destination.deliveries.first()
        return "-" if delivery is None else badge(*LOOKS[delivery.outcome], delivery.outcome)

    @admin.action(description="Send a test", permissions=["change"])
    def send_a_test(self, request: HttpRequest, queryset: QuerySet[Destination]) -> None:
        """Have the watcher send a test to each."""
        now = clock.current()
        for destination in queryset:
            Delivery.objects.create(destination=destination, event=AlertEvent.TEST, made_at=now, next_at=now)
        said = "The watcher sends a test within half a minute: see what becomes of it under Deliveries."
        self.message_user(request, said, messages.SUCCESS)


@admin.register(Delivery)
class DeliveryAdmin(ToRead, ModelAdmin[Delivery]):
    list_display = ["made_at", "destination", "what", "event", "how", "attempts", "error"]
    list_filter = ["event", "sent", "destination"]
    list_select_related = ["alert", "destination"]
    fields = ["made_at", "destination", "what", "event", "how", "attempts", "next_at", "done_at", "error", "message"]
    show_full_result_count = False

    class Media:
        css = {"all": ["jobs/admin-jobs.css"]}

    @admin.display(description="alert")
    def what(self, delivery: Delivery) -> str:
        if delivery.event == Delivery.CHANGES:
            return f"{len(delivery.data)} changes of jobs" if delivery.data else "changes of jobs"
        return "-" if delivery.alert is None else delivery.alert.sentence

    @admin.display(description="outcome")
    def how(self, delivery: Delivery) -> str:
        return badge(*LOOKS[delivery.outcome], delivery.outcome)
