"""The settings of an installation without django-unfold, and a look at its admin that writes nothing."""

# ruff: noqa: PLC0415 - Django is imported after it has been set up

from __future__ import annotations

from project.settings import *  # noqa: F403
from project.settings import INSTALLED_APPS

INSTALLED_APPS = [app for app in INSTALLED_APPS if not app.startswith("unfold")]


def look() -> None:
    """Print the status of each page, as someone with every permission gets it."""
    import django

    django.setup()

    from django.contrib import admin
    from django.contrib.auth.models import User
    from django.test import RequestFactory, override_settings

    from jobs.admin.actions import ask_about
    from jobs.admin.confirmation import ReasonForm
    from jobs.admin.forms import RescheduleForm
    from jobs.clock import clock
    from jobs.models import Attempt, Job, Occurrence, Operation, Schedule
    from jobs.web import controls

    why = ReasonForm(judge=lambda reason: [], help_text="")

    def request(path):
        found = RequestFactory().get(path)
        found.user = User(pk=1, username="ada", is_staff=True, is_superuser=True)
        return found

    with override_settings(ALLOWED_HOSTS=["testserver"]):
        site = admin.site
        jobs, schedules = site._registry[Job], site._registry[Schedule]
        form = RescheduleForm(now=clock.current())
        for response in (
            jobs.changelist_view(request("/admin/jobs/job/")),
            site._registry[Attempt].changelist_view(request("/admin/jobs/attempt/")),
            schedules.changelist_view(request("/admin/jobs/schedule/")),
            schedules.add_view(request("/admin/jobs/schedule/add/")),
            schedules.calendar_view(request("/admin/jobs/schedule/calendar/")),
            schedules.clocks_view(request("/admin/jobs/schedule/clocks/")),
            site._registry[Occurrence].changelist_view(request("/admin/jobs/occurrence/")),
            site._registry[Operation].changelist_view(request("/admin/jobs/operation/")),
            ask_about(site, request("/admin/jobs/job/"), form, [1], action="reschedule", verb=controls.RESCHEDULE),
            ask_about(site, request("/admin/jobs/job/"), why, [1], action="retry", verb=controls.RETRY),
        ):
            response.render()
            assert b"unfold" not in response.content
            print(response.status_code)  # noqa: T201
