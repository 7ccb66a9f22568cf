"""The admin's part of the matrix against the answers to real requests of people who may enter it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from django_otp.plugins.otp_totp.models import TOTPDevice

from jobs.clock import clock
from jobs.models import (
    AlertRule,
    Audit,
    CreationLimit,
    Delivery,
    Destination,
    Installation,
    Job,
    Leadership,
    RetentionRule,
    Subscription,
    TargetRule,
    Team,
    Token,
    WorkerLog,
)
from tests.api.conftest import bearer
from tests.rights.conftest import MakeTeam, MakeUser
from tests.rights.matrix import ADMIN, ADMIN_MORE, PACKAGES, ROLES
from tests.rights.world import expected, make, worker


@pytest.fixture
def enter(make_user: MakeUser, make_team: MakeTeam) -> Any:
    """A client of a user of a role who may enter the admin, and that user."""

    def of(role: str) -> tuple[Client, User]:
        user = make_user(f"{role}-in-ours", role, is_staff=True)
        make_team("ours", user, queues=["ours-q"], calendars=["ours-c"])
        make_team("theirs", queues=["theirs-q"], calendars=["theirs-c"])
        client = Client()
        client.force_login(user)
        return client, user

    return of


def destination() -> Destination:
    return Destination.objects.get_or_create(name="ops", kind="mail", address="ops@example.com")[0]


# Of which there are none that are another team's.
SHARED: dict[str, Callable[[], Any]] = {
    "alertrule": lambda: AlertRule.objects.create(kind="queue", name="ours-q", when="failed"),
    "creationlimit": lambda: CreationLimit.objects.create(rate=1),
    "delivery": lambda: Delivery.objects.create(
        destination=destination(), event="test", made_at=clock.now(), next_at=clock.now()
    ),
    "destination": destination,
    "installation": Installation.current,
    "leadership": Leadership.current,
    "retentionrule": lambda: RetentionRule.objects.create(does="redact", days=30),
    "subscription": lambda: Subscription.objects.create(destination=destination()),
    "targetrule": lambda: TargetRule.objects.create(target="demo.fail"),
    "team": lambda: Team.objects.get(name="theirs"),
    "token": lambda: token_of(User.objects.create_user("holder")),
    "worker": worker,
    "workerlog": lambda: WorkerLog.objects.create(
        action=WorkerLog.Action.QUERYLIST, client="x", results=0, at=clock.now()
    ),
}
OWNED = [name for name in ADMIN if name not in SHARED]
KINDS = {"occurrence": "missed"}
LINKED = ("attempt", "operation")  # which the list knows by their ids


def token_of(user: User) -> Token:
    bearer(user)
    return Token.objects.get(owner=user)


def one(name: str, whose: str, user: User) -> Any:
    return SHARED[name]() if name in SHARED else make(KINDS.get(name, name), whose, user)


def rights_seen(client: Client, name: str, user: User) -> str:
    """Return the letters of what this person may do with what is ours."""
    address = f"admin:jobs_{name}"
    row = one(name, "ours", user)
    seen = "v" if client.get(reverse(f"{address}_changelist"), follow=True).status_code == 200 else ""
    seen += "a" if client.get(reverse(f"{address}_add")).status_code in (200, 302) else ""  # jobs have a page for it
    change = client.get(reverse(f"{address}_change", args=[row.pk]))
    seen += "c" if change.status_code == 200 and b'name="_save"' in change.content else ""
    if name == "schedule":  # which has a page of its own for this
        deleted = client.get(reverse(f"{address}_ask", args=[row.pk, "delete_selected"]))
    else:
        if name == "job":
            row = make("job", "ours", user, state=3)
        deleted = client.get(reverse(f"{address}_delete", args=[row.pk]))
    return seen + ("d" if deleted.status_code == 200 else "")


@pytest.mark.parametrize("role", ROLES)
def test_the_admin_lets_each_role_do_what_is_written(enter: Any, role: str) -> None:
    client, user = enter(role)
    wanted = {name: cells.split()[ROLES.index(role)].strip("-") for name, cells in ADMIN.items()}
    assert {name: rights_seen(client, name, user) for name in ADMIN} == wanted


def row_of_package(name: str) -> Any:
    """A row of a page of people or log-ins."""
    holder, _ = User.objects.get_or_create(username="with-a-phone")
    if name == "otp_totp_totpdevice":
        return TOTPDevice.objects.create(user=holder, name="authenticator")
    if name == "axes_accessattempt":
        return AccessAttempt.objects.create(username="ada", ip_address="203.0.113.7", failures_since_start=5)
    return holder if name == "auth_user" else Group.objects.get_or_create(name="night")[0]


@pytest.mark.parametrize("role", ROLES)
def test_the_pages_of_packages_let_each_role_do_what_is_written(enter: Any, role: str) -> None:
    client, _ = enter(role)
    wanted = {name: cells.split()[ROLES.index(role)].strip("-") for name, cells in PACKAGES.items()}
    assert {name: rights_of_package(client, name) for name in PACKAGES} == wanted


def rights_of_package(client: Client, name: str) -> str:
    """Return the letters of what this person may do there: who does not see the list does nothing."""
    if client.get(reverse(f"admin:{name}_changelist")).status_code != 200:
        return ""
    row = row_of_package(name)
    change = client.get(reverse(f"admin:{name}_change", args=[row.pk]))
    letters = "v"
    letters += "a" if client.get(reverse(f"admin:{name}_add")).status_code == 200 else ""
    letters += "c" if b'name="_save"' in change.content else ""
    return letters + ("d" if client.get(reverse(f"admin:{name}_delete", args=[row.pk])).status_code == 200 else "")


@pytest.mark.parametrize(("role", "everything"), [("viewer", False), ("operator", True)])
def test_what_is_another_teams_is_not_there(enter: Any, role: str, everything: bool) -> None:
    client, user = enter(role)
    found = []
    for name in OWNED:
        rows = {whose: one(name, whose, user) for whose in ("ours", "theirs")}
        text = client.get(reverse(f"admin:jobs_{name}_changelist"), follow=True).content.decode()
        for whose, row in rows.items():
            is_seen = everything or whose == "ours"
            page = client.get(reverse(f"admin:jobs_{name}_change", args=[row.pk]), follow=name == "schedule")
            if (page.status_code == 200 and f"{row.pk}/" in page.request["PATH_INFO"]) != is_seen:
                found.append(f"{name} of {whose}: {page.status_code}")
            if name == "audit":
                mark = f'id="entry-{row.pk}"'
            else:
                mark = f"/{row.pk}/change/" if name in LINKED else getattr(row, "name", "") or row.schedule.name
            if (mark in text) != is_seen:
                found.append(f"list of {name} of {whose}")
    assert not found, "\n".join(found)


def test_who_does_not_reach_all_defines_nothing() -> None:
    """Or the test above must ask what he may change of other teams."""
    for role in ROLES:
        cells = "".join(cells.split()[ROLES.index(role)] for cells in ADMIN.values())
        assert role in ("operator", "admin") or not {"c", "d"} & set(cells)


BODIES = {"jobs_schedule_preview": {"expression": "0 3 * * *", "dialect": "cron"}}
ARGUMENTS = {"jobs_schedule_ask": ["pause"], "jobs_schedule_run": ["skip"]}


@pytest.mark.parametrize("role", ROLES)
def test_its_other_addresses_answer_as_it_is_written(enter: Any, role: str) -> None:
    client, user = enter(role)
    found = []
    for line in ADMIN_MORE:
        for whose, wanted in expected(line, line.cells[ROLES.index(role)]).items():
            thing = make(line.kind, whose, user) if line.kind else None
            arguments = [thing.pk] if thing is not None else []
            address = reverse(f"admin:{line.address}", args=[*arguments, *ARGUMENTS.get(line.address, [])])
            if line.address == "jobs_schedule_run":
                address += "?at=2030-01-01T02:30:00Z"
            sent = {**BODIES.get(line.address, {"reason": "because"})}
            answer = client.get(address) if line.method == "GET" else client.post(address, sent)
            seen = {403: "refused", 404: "hidden"}.get(answer.status_code, "yes")
            if answer.status_code == 302 and answer["Location"].endswith(
                ("/jobs/schedule/", "/jobs/operation/", "/jobs/job/")
            ):
                seen = "hidden"
            if seen != wanted:
                found.append(f"{role}: {line.method} {line.address} of {whose}: {answer.status_code}, not {wanted}")
    assert not found, "\n".join(found)


def test_every_model_and_address_of_the_admin_has_a_line() -> None:
    ours = {
        model._meta.model_name: one for model, one in admin.site._registry.items() if model._meta.app_label == "jobs"
    }
    assert set(ADMIN) == set(ours)
    registered = {(model._meta.app_label, str(model._meta.model_name)) for model in admin.site._registry}
    assert set(PACKAGES) == {f"{label}_{name}" for label, name in registered if label != "jobs"}
    usual = {f"jobs_{name}_{page}" for name in ours for page in ("changelist", "add", "history", "delete", "change")}
    more = {str(url.name) for one in ours.values() for url in one.get_urls() if url.name} - usual
    assert more == {line.address for line in ADMIN_MORE}


def test_whoever_is_no_staff_does_not_enter(make_user: MakeUser) -> None:
    client = Client()
    client.force_login(make_user("ada", "admin"))
    assert client.get(reverse("admin:jobs_job_changelist")).status_code == 302


def test_a_chosen_job_of_others_is_left_alone(enter: Any) -> None:
    client, user = enter("operator")
    user.user_permissions.remove(*user.user_permissions.filter(codename="all_teams"))
    ours, theirs = make("job", "ours", user), make("job", "theirs", user)
    client.post(reverse("admin:jobs_job_changelist"), {"action": "cancel", "_selected_action": [ours.pk, theirs.pk]})
    assert dict(Job.objects.values_list("pk", "state")) == {ours.pk: 4, theirs.pk: 0}
    left = make("job", "theirs", user)
    Job.objects.filter(pk=left.pk).update(created_by=user)  # seen, and not his to move
    page = client.post(
        reverse("admin:jobs_job_changelist"), {"action": "run_now", "_selected_action": [left.pk]}, follow=True
    )
    assert "you see it, and may not change it" in page.content.decode()


@pytest.mark.usefixtures("rights_audited")
def test_the_first_team_is_announced_and_its_changes_are_audited(enter: Any, make_user: MakeUser) -> None:
    client, _ = enter("admin")
    Team.objects.all().delete()
    assert "This is the first team" in client.get(reverse("admin:jobs_team_add")).content.decode()
    ada = make_user("ada")
    empty = {f"owns-{name}": value for name, value in (("TOTAL_FORMS", 1), ("INITIAL_FORMS", 0))}
    sent = {"name": "web", "members": [ada.pk], **empty, "owns-0-kind": "queue", "owns-0-name": "site"}
    assert client.post(reverse("admin:jobs_team_add"), sent).status_code == 302
    assert "This is the first team" not in client.get(reverse("admin:jobs_team_add")).content.decode()
    noted = list(Audit.objects.filter(subject="team", name="web").order_by("id").values_list("after", flat=True))
    assert noted == [{"name": "web", "description": ""}, {"members": ["ada"]}, {"owns": ["queue site"]}]
