"""The matrix of tests/rights/matrix.py against the answers to real requests: REST, pages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.resolvers import RoutePattern
from django.views.decorators.http import require_http_methods, require_safe

from jobs.clock import clock
from jobs.models import Audit, Calendar, Verb
from jobs.states import State
from jobs.web.controls import BUTTONS, REFUSE, UNDO
from tests.api.conftest import ahead, bearer, new_job
from tests.rights import matrix
from tests.rights.conftest import MakeTeam, MakeUser
from tests.rights.matrix import OPEN, PAGES, REST, ROLES, Line
from tests.rights.world import (
    IN_STATE,
    WHOSE,
    expected,
    kinds_of,
    link_to,
    make,
    open_destination,
    planned_stop,
    silence,
    waiting_for_approval,
    worker,
)

NOMINAL = "2030-01-01T02:30:00Z"
JOB = {"target": "demo.noop", "payload": {}}
SCHEDULE = {**JOB, "name": "new", "dialect": "cron", "expression": "0 3 * * *"}
WHY = {"reason": "because"}
GROUP = {
    "target": "demo.noop",
    "failure": "ValueError",
    "finished_at_after": "2026-11-01T00:00:00Z",
    "finished_at_before": "2026-11-02T00:00:00Z",
}
TABLE = b"target\ndemo.noop\n"
CANCEL_ALL = {"action": "cancel", "which": "all"}
METHODS = ("get", "post", "put", "patch", "delete")
BODIES: dict[tuple[str, str], Any] = {
    ("api-jobs", "POST"): new_job(),
    ("api-jobs-bulk", "POST"): {"jobs": [new_job()]},
    ("api-job", "PATCH"): {"run_at": ahead(7200)},
    ("api-batches", "POST"): {"jobs": [new_job()]},
    ("api-trigger", "PUT"): JOB,
    ("api-schedules", "POST"): SCHEDULE,
    ("api-schedules-preview", "POST"): {"dialect": "cron", "expression": "0 3 * * *"},
    ("api-schedules-import", "POST"): {"source": "crontab", "text": "0 3 * * * /bin/true"},
    ("api-schedule", "PUT"): {**SCHEDULE, "name": "changed"},
    ("api-schedule", "PATCH"): {"deadline": 60},
    ("api-run-move", "POST"): {"run_at": ahead(7200)},
    ("api-run-arguments", "POST"): {"payload": {}},
    ("api-schedule-backfill", "POST"): {"begin": "2026-11-01T00:00:00Z", "until": "2026-11-02T00:00:00Z"},
    ("api-operations", "POST"): {"action": "cancel", "filter": ""},
    ("api-limit", "PUT"): {"concurrency": 3},
    ("api-calendar", "PUT"): {"days": ["monday"]},
    ("api-worker-drain", "POST"): WHY,
    ("api-installation-release", "POST"): WHY,
    ("api-stops", "POST"): WHY,
    ("api-alert-silence", "POST"): WHY,
    ("api-alert-rule", "PATCH"): {"enabled": False},
    ("api-subscription", "PATCH"): {"types": ["failed"]},
    ("api-objective", "PUT"): {"share": 99, "within_ms": 1000},
    ("api-stop", "PATCH"): WHY,
    ("mcp", "POST"): {"jsonrpc": "2.0", "id": 1, "method": "tools/list"},
    **{
        (f"api-job-{verb}", "POST"): WHY
        for verb in ("cancel", "approve", "confirm-done", "confirm-failed", "keep", "let-go", "redact")
    },
}


@pytest.fixture
def member(make_user: MakeUser, make_team: MakeTeam) -> Any:
    """A user of a role, in the team `ours`; there is another, `theirs`."""

    def of(role: str) -> User:
        user = make_user(f"{role}-in-ours", role)
        make_team("ours", user, queues=["ours-q"], calendars=["ours-c"])
        make_team("theirs", make_user(f"{role}-in-theirs", role), queues=["theirs-q"], calendars=["theirs-c"])
        return user

    return of


def outcome(answer: Any) -> str:
    """What became of a request: yes, hidden, refused, or where it was led."""
    if (
        answer.status_code in (301, 302)
        and answer["Location"].startswith("/jobs/")
        and answer.request["PATH_INFO"] == "/"
    ):
        return "to-jobs"
    if answer.status_code == 302 and answer["Location"] == "/" and answer.request["PATH_INFO"].startswith("/jobs/"):
        return "hidden"  # a button leads back to the monitor, and says that there is no such job
    found: str = {401: "refused", 403: "refused", 404: "hidden"}.get(answer.status_code, "yes")
    return found


def address_of(line: Line, thing: Any) -> str:  # noqa: PLR0911 - one a kind of address
    name, _, verb = line.address.partition(" ")
    if name in ("api-limit", "api-limit-pause", "api-limit-resume", "api-objective"):
        return reverse(name, args=[thing.kind, thing.name])
    if name in ("worker", "worker-live", "worker-stacks"):
        return reverse(name, args=[worker().name])
    if name in ("queue", "queue-live", "queue-pause", "queue-resume"):
        return reverse(name, args=[thing.name])
    if name in ("api-stop", "api-stop-go-on", "stop-go-on", "stop-pace"):
        return reverse(name, args=[planned_stop().pk])
    if name == "silence-end":
        return reverse(name, args=[silence().pk])
    if name in ("form", "form-links"):
        return reverse(name, args=[thing.name])
    if name in ("form-link-revoke", "form-link-take-over"):
        return reverse(name, args=[thing.name, link_to(thing).pk])
    if name == "api-trigger" or (name.startswith("api-calendar") and thing is not None):
        return reverse(name, args=[thing.name])
    if name == "api-target":
        return reverse(name, args=["demo.noop"])
    if name.startswith(("api-worker-", "worker-")):
        return reverse(name, args=[worker().session])
    if name.startswith("api-run-"):
        return reverse(name, args=[thing.pk, NOMINAL])
    return reverse(name, args=[*([thing.pk] if thing is not None else []), *([verb] if verb else [])])


def thing_of(line: Line, whose: str, user: User) -> Any:
    if not whose or line.is_list:
        return None
    verb = line.address.removeprefix("job-control ").removeprefix("api-job-")
    thing = make(line.kind, whose, user, state=IN_STATE.get(verb, State.PENDING))
    if verb == "undo" and whose == "own":
        states = {"from_state": State.PENDING, "to_state": State.CANCELLED}
        Audit.objects.create(job=thing, verb=Verb.CANCEL, by=user, at=clock.now(), **states)
    return waiting_for_approval(thing) if verb in ("approve", "refuse") else thing


def asked(client: Client, line: Line, thing: Any, user: User) -> Any:
    cache.clear()
    address, body = address_of(line, thing), BODIES.get((line.address, line.method))
    if line.address in ("api-subscriptions", "subscription-new") and line.method == "POST":
        open_destination("hook", "webhook")
        body = {"destination": "hook", "team": "ours"}
    if line.address in ("api-alert-rules", "alert-rule-new") and line.method == "POST":  # about a job of one's own
        open_destination()
        job = make("job", "own", user)
        body = {"kind": "job", "name": str(job.pk), "when": "failed", "destinations": ["ops"]}
    if (line.address, line.method) in (("subscription-new", "POST"), ("alert-rule-new", "POST")):
        return client.post(address, {**body, "level": "warn", "time_zone": "UTC"})
    if line.kind == "schedule" and line.method == "PUT":
        body = {**body, "name": thing.name}
    if line.way == "REST":
        more = {"data": body} if body is not None else {}
        return (
            client.generic(line.method, address)
            if line.method == "DELETE"
            else getattr(client, line.method.lower())(address, content_type="application/json", **more)
            if line.method != "GET"
            else client.get(address)
        )
    if line.method == "GET":
        return client.get(address, {"operation-new": CANCEL_ALL, "failures-retry": GROUP}.get(line.address, {}))
    if line.address == "import-jobs":
        return client.post(address, {"file": SimpleUploadedFile("jobs.csv", TABLE), "time_zone": "UTC"})
    if line.address == "form-links":
        return client.post(address, {"name": "suppliers", "days": 30, "most_uses": 10, "most_of_day": 5})
    form = (
        {**JOB, "payload": "{}", "queue": "default", "time_zone": "UTC", "version": "1"}
        if line.address.startswith(("new-job", "job-edit"))
        else {**WHY, **GROUP}
        if line.address == "failures-retry"
        else {"level": "bad", "time_zone": "UTC", "destinations": ["ops"]}
        if line.address == "alert-rule"
        else {**WHY, **CANCEL_ALL}
    )
    return client.post(address, form)


def ids_in(answer: Any, of: str) -> list[dict[str, int]]:
    """What a page shows, by its anchors."""
    return [{"id": int(found)} for found in re.findall(rf'id="{of}-(\d+)"', answer.content.decode())]


def listed(line: Line, answer: Any, things: dict[str, Any]) -> set[str]:
    """Whose things a list shows."""
    if line.address == "api-audit-export":
        ids = {text.split(",", 1)[0] for text in answer.getvalue().decode().splitlines()}
        return {whose for whose, thing in things.items() if str(thing.pk) in ids}
    if line.address == "audit":
        return {whose for whose, thing in things.items() if f'id="entry-{thing.pk}"' in answer.content.decode()}
    if line.kind in ("list of operation", "list of audit", "list of alert rule", "list of subscription"):
        of = "subscription" if line.kind == "list of subscription" else "rule"
        rows = ids_in(answer, of) if line.way == "page" else answer.json()
        shown = {row["id"] for row in (rows if isinstance(rows, list) else rows["results"])}
        return {whose for whose, thing in things.items() if thing.pk in shown}
    if line.kind == "list of operation on jobs":
        return {whose for whose, thing in things.items() if f'id="operation-{thing.pk}"' in answer.content.decode()}
    if line.kind == "list of missed" and line.way == "REST":
        shown = {str(row["schedule"]) for row in answer.json()["results"]}
        return {
            whose for whose, thing in things.items() if str(thing.schedule_id) in shown or thing.schedule.name in shown
        }
    text = (answer.getvalue() if answer.streaming else answer.content).decode()
    named = {whose: thing.schedule if line.kind == "list of missed" else thing for whose, thing in things.items()}
    return {whose for whose, thing in named.items() if f"{thing.name}" in text}


def differences(client: Client, lines: list[Line], role: str, user: User) -> list[str]:
    """Where an answer is another than the matrix says."""
    found = []
    for line in lines:
        word = line.cells[ROLES.index(role)]
        if line.is_list and word != "no":
            things = {whose: make(line.kind.removeprefix("list of "), whose, user) for whose in kinds_of(line.kind)}
            answer = asked(client, line, None, user)
            assert answer.status_code == 200, (line, answer.content)
            seen, wanted = listed(line, answer, things), {w for w, is_ in expected(line, word).items() if is_ == "yes"}
            if seen != wanted:
                found.append(f"{role}: {line.method} {line.address} shows {sorted(seen)}, not {sorted(wanted)}")
            continue
        for whose, wanted_outcome in expected(line, word).items():
            answer = asked(client, line, thing_of(line, whose, user), user)
            assert answer.status_code < 500, (line, answer.content[:500])
            if outcome(answer) != wanted_outcome or answer.status_code == 400:
                said = answer.content.decode()[:300] if line.way == "REST" else ""
                found.append(
                    f"{role}: {line.method} {line.address} of {whose}: {answer.status_code}, not {wanted_outcome} {said}"
                )
    return found


@pytest.mark.parametrize("role", ROLES)
def test_rest_answers_as_it_is_written(member: Any, role: str) -> None:
    user = member(role)
    found = differences(bearer(user), REST, role, user)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("role", ROLES)
def test_pages_answer_as_it_is_written(member: Any, role: str) -> None:
    user = member(role)
    client = Client()
    client.force_login(user)
    found = differences(client, PAGES, role, user)
    assert not found, "\n".join(found)


def test_who_has_no_role_may_do_nothing(make_user: MakeUser) -> None:
    nobody = make_user("nobody")
    page = Client()
    page.force_login(nobody)
    found = []
    for line in (*REST, *PAGES):
        if line.address in ("roles", "forms", "form"):  # who may fill in a form says the form
            continue
        whose = "" if line.is_list or not line.kind else "ours"
        way = bearer(nobody) if line.way == "REST" else page
        answer = asked(way, line, thing_of(line, whose, nobody), nobody)
        if outcome(answer) != "refused":
            found.append(f"{line.method} {line.address}: {answer.status_code}")
    assert not found, "\n".join(found)


def _named(resolver: URLResolver) -> list[URLPattern]:
    found: list[URLPattern] = []
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            if one.app_name != "admin":
                found += _named(one)
        elif one.name:
            found.append(one)
    return found


def _methods(pattern: URLPattern) -> set[str]:
    """Return what a view takes, but for HEAD, which comes with GET. One that is a function and does not say it takes all."""
    view = getattr(pattern.callback, "cls", None) or getattr(pattern.callback, "view_class", None)
    if view is not None:
        return {name.upper() for name in METHODS if hasattr(view, name)}
    said = _said(pattern.callback)
    return {name.upper() for name in METHODS} if said is None else said - {"HEAD"}


def _said(view: Any) -> set[str] | None:
    """Return the methods of the decorator of a view (require_safe, require_POST and the like); None: it has none."""
    while view is not None:
        names = view.__code__.co_freevars if hasattr(view, "__code__") else ()
        if "request_method_list" in names:
            return set(view.__closure__[names.index("request_method_list")].cell_contents)
        view = getattr(view, "__wrapped__", None)
    return None


def test_each_page_says_which_methods_it_takes() -> None:
    functions = [one for one in _named(get_resolver()) if not hasattr(one.callback, "view_class")]
    functions = [one for one in functions if not hasattr(one.callback, "cls")]
    assert len(functions) > 40
    assert [one.name for one in functions if _said(one.callback) is None] == []


def test_what_a_page_takes_is_read_from_its_decorator() -> None:
    def view(request: Any) -> None:
        """A page."""

    assert _said(view) is None
    assert _methods(URLPattern(RoutePattern(""), view)) == {name.upper() for name in METHODS}
    assert _said(login_required(require_safe(view))) == {"GET", "HEAD"}
    assert _methods(URLPattern(RoutePattern(""), require_http_methods(["GET", "POST"])(view))) == {"GET", "POST"}


def test_every_address_and_method_has_a_line() -> None:
    lines = {(line.address.split(" ")[0], line.method) for line in (*REST, *PAGES)}
    there = {
        (str(one.name), method) for one in _named(get_resolver()) if one.name not in OPEN for method in _methods(one)
    }
    names = {str(one.name) for one in _named(get_resolver())} - OPEN
    assert lines == there
    assert names == {name for name, _ in lines}
    buttons = {line.address.split(" ")[1] for line in PAGES if line.address.startswith("job-control")}
    assert buttons == {button.name for button in (*BUTTONS, UNDO, REFUSE)}


def test_the_page_shows_the_matrix() -> None:
    page = (Path(__file__).parents[2] / "docs" / "roles.md").read_text()
    shown = page.partition(matrix.BEGIN)[2].partition(matrix.END)[0].strip()
    assert shown == matrix.table(), "write it anew: python -m tests.rights.matrix"


def test_whose_calendars_are_offered(member: Any) -> None:
    """A refusal tells no names of calendars beyond one's reach."""
    user = member("operator")
    user.user_permissions.remove(*user.user_permissions.filter(codename="all_teams"))
    for whose in WHOSE[:3]:
        make("calendar", whose, user)
    assert Calendar.objects.count() == 3
    for name in ("theirs-c", "no-such"):
        answer = bearer(user).post("/api/v1/jobs/", new_job(calendar=name), content_type="application/json")
        assert answer.status_code == 400
        assert answer.json()["detail"] == f"calendar: There is no calendar '{name}'; there are: nobodys-c, ours-c."
