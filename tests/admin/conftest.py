"""The admin, as an operator with every permission on jobs sees it."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.monitor.conftest import at, broker_answers, fresh_cache, person  # noqa: F401

EVERYTHING = (
    "all_teams",
    "view_job",
    "add_job",
    "delete_job",
    "control_job",
    "view_attempt",
    "view_audit",
    "view_worker",
    "view_leadership",
    "view_workerlog",
    "view_batch",
    "view_creationlimit",
    "add_creationlimit",
    "change_creationlimit",
    "delete_creationlimit",
)


@pytest.fixture
def admin(client, person):  # noqa: F811
    client.force_login(person(*EVERYTHING, staff=True))
    return client


@pytest.fixture
def planner(client, person):  # noqa: F811
    """A client whose user may do all to schedules."""
    rights = [f"{verb}_schedule" for verb in ("view", "add", "change", "delete", "control")]
    client.force_login(person(*rights, "all_teams", "view_audit", "view_job", "add_job", staff=True))
    return client


@pytest.fixture
def onlooker(person):  # noqa: F811
    client = Client()
    client.force_login(person("view_job", staff=True, name="linus"))
    return client


@pytest.fixture
def act(admin):
    """Choose an action of the list for these jobs; returns the messages it left."""

    def choose(action: str, *jobs, client=admin, **fields) -> list[str]:
        data = {"action": action, "_selected_action": [job.pk for job in jobs], **fields}
        response = client.post("/admin/jobs/job/", data, follow=True)
        return [str(message) for message in response.context["messages"]] if "messages" in response.context else []

    return choose
