"""A canary put through every way in is found nowhere but where it must be."""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Annotated, Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse
from pydantic import AfterValidator

from jobs import targets, transitions
from jobs.clock import clock
from jobs.models import Attempt, Audit, Batch, Installation, Job, Schedule, Trigger
from jobs.states import State
from jobs.targets import Secret
from jobs.worker.run import capture
from tests.api.conftest import ahead, bearer, new_job
from tests.history.steps import move
from tests.rights.conftest import page_of
from tests.secrets.steps import CANARY, TOKEN, has_canary, in_broker, in_database, messages
from tests.worker.runner import steps

pytestmark = pytest.mark.django_db(transaction=True)
JSON = {"content_type": "application/json"}
PAYLOADS = {"jobs_job": {"payload"}, "jobs_schedule": {"payload"}, "jobs_trigger": {"payload"}}
HOWS = ("well", "badly", "by itself")
WAYS = ("rest", "form", "bulk", "csv", "batch", "page", "trigger", "schedule", "declared", "sql")


@pytest.fixture
def olga(make_user: Any) -> User:
    found: User = make_user("olga", "operator", "jobs.change_trigger", is_staff=True)
    return found


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Callable[[Job], Job]:
    """Run a job in a worker that hears its body. What that has said on its streams is printed for `heard`."""
    monkeypatch.setattr(capture, "_shown", set())
    monkeypatch.setattr(capture, "_hooked", threading.Lock())
    monkeypatch.setattr(logging.Logger, "callHandlers", logging.Logger.callHandlers)

    def hearing(job: Job) -> Job:
        out = io.StringIO()
        with monkeypatch.context() as now, warnings.catch_warnings():  # pytest sets both anew for each phase of a test
            now.setattr(sys, "stdout", out)
            now.setattr(sys, "stderr", out)
            now.setattr(warnings, "showwarning", warnings.showwarning)
            warnings.resetwarnings()
            capture.install()
            warnings.simplefilter("always", append=True)
            steps.run(job)
        print(out.getvalue())  # noqa: T201 - for `heard`
        return job

    return hearing


@pytest.fixture(autouse=True)
def heard(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """All that this process has said: its log, of every level, and what it has printed."""
    caplog.set_level(logging.DEBUG)

    def all_of_it() -> str:
        said = capsys.readouterr()
        return caplog.text + said.out + said.err

    return all_of_it


@pytest.fixture
def put(olga: User, tmp_path: Any) -> Callable[..., None]:
    """Put a payload in by one of the ways."""
    return lambda way, target, payload, by=olga: create(way, target, payload, by, tmp_path)


@pytest.fixture
def history(db: None) -> None:
    """An installation that moves what is over."""
    Installation.current()
    Installation.objects.update(retention_on_at=clock.now(), held_at=None)


def create(way: str, target: str, payload: dict[str, Any], by: User, tmp_path: Any) -> None:
    """Put the payload in by one of the ways."""
    api, job = bearer(by), new_job(target=target, payload=payload)
    as_form = {"target": target, "payload": json.dumps(payload), "run_at": ahead()}
    page = {"queue": "default", "time_zone": "UTC", "max_attempts": 1, "key_limit": 1}
    asked = {"name": "nightly", "dialect": "cron", "expression": "0 3 * * *", "target": target, "payload": payload}
    if way == "declared":
        file = tmp_path / "schedules.toml"
        told = json.dumps(payload).replace('": ', '" = ')
        file.write_text(
            f'[[schedule]]\nname = "declared"\ntarget = "{target}"\ndialect = "cron"\nexpression = "0 3 * * *"\n'
            f"payload = {told}\n"
        )
        call_command("schedules", "apply", str(file))
    elif way == "sql":
        Job.objects.create(target=target, payload=payload, run_at=clock.now() + timedelta(hours=1))
    elif way == "page":
        answer = page_of(by).post("/jobs/new/", {**page, **as_form, "run_at": "in 1 hour"})
        assert answer.status_code == 302, answer.content.decode()
    elif way == "trigger":
        assert api.put("/api/v1/triggers/hook/", {"target": target, "payload": payload}, **JSON).status_code == 201
        answer = api.post("/api/v1/triggers/hook/")
        assert answer.status_code == 202, answer.content
        assert not has_canary(answer.content.decode())
    else:
        answer = {
            "rest": lambda: api.post("/api/v1/jobs/", job, **JSON),
            "form": lambda: api.post("/api/v1/jobs/", as_form),
            "bulk": lambda: api.post("/api/v1/jobs/bulk/", {"jobs": [job, job]}, **JSON),
            "csv": lambda: api.post("/api/v1/jobs/bulk/", csv_of(as_form), content_type="text/csv"),
            "batch": lambda: api.post("/api/v1/batches/", {"jobs": [job], "callback": job}, **JSON),
            "schedule": lambda: api.post("/api/v1/schedules/", asked, **JSON),
        }[way]()
        assert answer.status_code == 201, answer.content
        assert not has_canary(answer.content.decode())


def csv_of(row: dict[str, str]) -> str:
    cells = ['"' + text.replace('"', '""') + '"' for text in row.values()]
    return f"{','.join(row)}\n{','.join(cells)}\n"


def addresses() -> Iterator[str]:
    """All addresses that there are, with what there is in them."""
    job, schedule = Job.objects.order_by("-id").first(), Schedule.objects.first()
    batch = Batch.objects.first()
    places = {
        "job_id": getattr(job, "pk", 1),
        "schedule_id": getattr(schedule, "pk", 1),
        "batch_id": getattr(batch, "pk", 1),
        "name": "hook",
        "target": "http",
        "kind": "queue",
        "nominal": "2030-01-01T00:00:00Z",
        "object_id": getattr(job, "pk", 1),
        "verb": "arguments",
    }
    for route in routes(get_resolver().url_patterns):
        for name, value in places.items():
            for kind in ("int:", "str:", "slug:", "path:", ""):
                route = route.replace(f"<{kind}{name}>", str(value))  # noqa: PLW2901 - step by step
        if "<" not in route and "(?" not in route:
            yield f"/{route.replace('^', '').replace('$', '')}"
    for model in admin.site._registry:
        for row in model._default_manager.all()[:5]:
            for page in ("change", "history", "delete"):
                try:
                    yield reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=[row.pk])
                except NoReverseMatch:
                    continue
    for row in Job.objects.all()[:5]:
        yield from (f"/jobs/{row.pk}/{page}" for page in ("", "live/", "edit/", "cancel/"))
        yield from (f"/jobs/new/?like={row.pk}", f"/api/v1/jobs/{row.pk}/", f"/api/v1/audit/?job={row.pk}")
    for row in Schedule.objects.all():
        at = row.next_at.isoformat().replace("+00:00", "Z")
        yield from (f"/admin/jobs/schedule/{row.pk}/{page}" for page in ("", "change/", "backfill/"))
        yield f"/admin/jobs/schedule/{row.pk}/runs/arguments/?at={at}"
        yield from (f"/api/v1/schedules/{row.pk}/", f"/api/v1/schedules/{row.pk}/runs/")
    yield from ("/api/v1/jobs/?history=true", "/api/v1/schedules/export/?to=json", "/api/v1/audit/")


def routes(patterns: list[Any], before: str = "") -> Iterator[str]:
    for one in patterns:
        route = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from routes(one.url_patterns, route)
        elif isinstance(one, URLPattern) and "logout" not in route:
            yield route


def seen_by(client: Client, pages: int = 60) -> list[str]:
    """The addresses that tell this person of the canary, as a page and as JSON."""
    found = []
    looked = 0
    for address in dict.fromkeys(addresses()):
        for accept in ("text/html", "application/json"):
            answer = client.get(address, headers={"Accept": accept})
            looked += answer.status_code == 200
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
            if has_canary(body.decode("utf-8", "replace")) or has_canary(answer.headers):
                found.append(f"{accept} {address}")
    assert looked > pages, "there are pages"
    return found


# --- secret arguments ---


def test_a_secret_argument_stands_in_payloads_only(olga, put, heard):
    payload = {"url": "https://a.example/", "headers": {"Authorization": TOKEN}}
    for way in WAYS:
        put(way, "http", payload)
    assert in_database() == PAYLOADS
    assert in_broker() == []
    assert seen_by(page_of(olga)) == []
    assert not has_canary(heard())


def test_bodies_that_tell_all_they_know(olga, put, crm, run, heard):
    for how in (*HOWS, "well"):
        put("sql", "crm.push", {"token": CANARY, "note": "seen", "how": how})
    *ended, waits = Job.objects.order_by("id")
    Job.objects.exclude(pk=waits.pk).update(run_at=clock.now())
    assert [run(job).state for job in ended] == [State.COMPLETED, State.FAILED, State.FAILED]
    assert [call["token"] for call in crm] == [CANARY] * 3, "the bodies have it"
    for attempt in Attempt.objects.all():
        kept = json.dumps([attempt.result, attempt.error, attempt.log, attempt.progress_note])
        assert kept.count("********") >= 5
        assert not has_canary(kept)
    said = heard()
    assert all(words in said for words in ("printed ********", "debug ********", "an exception"))
    assert not has_canary(said)
    transitions.edit(waits.pk, {"payload": {"token": "<hidden>"}}, now=clock.now(), by=olga)
    assert in_database() == {"jobs_job": {"payload"}}
    assert in_broker() == []
    assert seen_by(page_of(olga)) == []
    assert not has_canary(heard())


@pytest.mark.usefixtures("history")
def test_what_has_gone_into_the_history(olga, put, run, tmp_path):
    put("sql", "crm.push", {"token": CANARY})
    put("sql", "demo.noop", {})  # the last start of all stays
    Job.objects.update(run_at=clock.now())
    job, last = map(run, Job.objects.order_by("id"))
    assert job.state == last.state == State.COMPLETED
    long_ago = clock.now() - timedelta(days=9)
    Job.objects.update(finished_at=long_ago, created_at=long_ago)
    move(now=clock.now())
    assert list(Job.objects.all()) == [last]
    assert all(columns == {"payload"} for columns in in_database().values()), in_database()
    client = page_of(olga)
    for address in (
        f"/jobs/{job.pk}/",
        f"/api/v1/jobs/{job.pk}/",
        "/api/v1/jobs/?history=true",
        f"/jobs/new/?like={job.pk}",
    ):
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert not has_canary(answer.content.decode()), address
    file = tmp_path / "old.ndjson"
    call_command("export_history", "--before", "2100-01-01", "--to", str(file))
    told = file.read_text()
    assert '"token":"<hidden>"' in told
    assert not has_canary(told)


def test_what_commands_tell(put, tmp_path, heard):
    put("declared", "crm.push", {"token": CANARY})
    file = tmp_path / "schedules.toml"
    file.write_text(file.read_text().replace(CANARY, CANARY + "-2"))
    with pytest.raises(SystemExit):
        call_command("schedules", "plan", str(file))
    call_command("export_schedules", "--to", "json")
    call_command("export_schedules", "--to", "crontab")
    said = heard()
    assert "<hidden " in said, "that it becomes another is told"
    assert '"token": "<hidden>"' in said
    assert not has_canary(said)


# --- who may see them ---


def test_who_may_see_secrets_does_where_one_thing_is_read(make_user, put):
    put("rest", "crm.push", {"token": CANARY})
    put("trigger", "crm.push", {"token": CANARY})
    put("schedule", "crm.push", {"token": CANARY})
    vera = make_user("vera", "operator", "jobs.view_secrets", is_staff=True)
    api, client = bearer(vera), page_of(vera)
    job, schedule = Job.objects.filter(schedule=None).first(), Schedule.objects.get()
    for address in (f"/api/v1/jobs/{job.pk}/", f"/api/v1/schedules/{schedule.pk}/", "/api/v1/triggers/hook/"):
        assert api.get(address).json()["payload"] == {"token": CANARY}, address
    for address in (f"/jobs/{job.pk}/", f"/jobs/{job.pk}/live/", f"/admin/jobs/job/{job.pk}/change/"):
        assert has_canary(client.get(address).content.decode().replace("&quot;", '"')), address
    assert has_canary(client.get(f"/admin/jobs/schedule/{schedule.pk}/").content.decode())
    for address in ("/api/v1/jobs/", "/api/v1/schedules/", "/api/v1/triggers/", "/api/v1/audit/"):
        assert not has_canary(api.get(address).content.decode()), address
    for address in (
        f"/jobs/{job.pk}/edit/",
        f"/jobs/new/?like={job.pk}",
        f"/admin/jobs/schedule/{schedule.pk}/change/",
    ):
        assert not has_canary(client.get(address).content.decode()), f"a form keeps it: {address}"


def test_a_token_has_that_right_only_with_its_scope(put):
    from tests.bearing import secret_of  # noqa: PLC0415

    put("rest", "crm.push", {"token": CANARY})
    root = User.objects.create_superuser("root")
    address = f"/api/v1/jobs/{Job.objects.get().pk}/"
    for scopes, sees in ((["jobs.view_job"], False), (["jobs.view_job", "jobs.view_secrets"], True)):
        client = Client(headers={"Authorization": f"Bearer {secret_of(root, scopes=scopes)}"})
        assert has_canary(client.get(address).content.decode()) is sees, scopes


def test_who_has_created_it_does_not_see_it_again(make_user, put):
    cleo = make_user("cleo", "creator")
    put("rest", "crm.push", {"token": CANARY}, cleo)
    assert seen_by(page_of(cleo), 20) == []


# --- answers to what is wrong ---


def test_an_answer_to_what_is_wrong_does_not_repeat_it(olga, run, caplog):
    def checked(value: str) -> str:
        raise ValueError(f"{value!r} is no token")

    def broken(value: str) -> str:
        raise RuntimeError(f"nobody knows {value}")

    def refuses(token: Any) -> None:
        """Refuses all."""

    def breaks(token: Any) -> None:
        """Breaks."""

    refuses.__annotations__["token"] = Annotated[str, Secret, AfterValidator(checked)]
    breaks.__annotations__["token"] = Annotated[str, Secret, AfterValidator(broken)]
    targets.target("test.refuses")(refuses)
    targets.target("test.breaks")(breaks)
    api = bearer(olga)
    for target, payload in (
        ("test.refuses", {"token": CANARY}),
        ("test.breaks", {"token": CANARY}),
        ("crm.push", {"token": [CANARY]}),
        ("crm.push", {"token": CANARY, "more": 1}),
        ("crm.push", {"token": CANARY, "note": 7}),
        ("http", {"url": "ftp://a", "headers": {"Authorization": f"{TOKEN}\n"}}),
    ):
        answer = api.post("/api/v1/jobs/", new_job(target=target, payload=payload), **JSON)
        assert answer.status_code == 400
        assert not has_canary(answer.content.decode()), answer.content
        page = {"target": target, "queue": "default", "time_zone": "UTC", "payload": "{}", "run_at": "now"}
        assert page_of(olga).post("/jobs/new/", page).status_code == 400
    job = Job.objects.create(target="test.breaks", payload={"token": CANARY}, run_at=clock.now() - timedelta(minutes=1))
    job.refresh_from_db()
    assert run(job).state == State.FAILED
    assert "********" in run(job).reason
    assert in_database() == {"jobs_job": {"payload"}}
    assert "raised RuntimeError: nobody knows ********" in caplog.text
    assert "in broken" in caplog.text, "with its traceback"
    assert not has_canary(caplog.text)


# --- references ---


@pytest.mark.usefixtures("declare")
def test_a_lent_secret_is_nowhere(put, crm, run, heard):
    for number, way in enumerate(WAYS):
        put(way, "crm.push", {"token": {"$secret": "stripe"}, "how": HOWS[number % len(HOWS)]})
    Job.objects.update(run_at=clock.now(), holds=0, key=None)
    last = Batch.objects.get().callback_id  # waits for the others of its batch
    jobs = list(Job.objects.exclude(pk=last).order_by("id"))
    assert len(jobs) >= len(WAYS)
    for job in jobs:
        run(job)
    assert {job.state for job in jobs} == {State.COMPLETED, State.FAILED}
    assert [call["token"] for call in crm] == [CANARY] * len(jobs), "the bodies have it"
    assert in_database() == {}
    assert in_broker() == []
    root = User.objects.create_superuser("root")
    assert seen_by(page_of(root)) == []
    assert '"$secret"' in page_of(root).get(f"/api/v1/jobs/{jobs[0].pk}/").content.decode(), "the reference is shown"
    said = heard()
    assert "printed ********" in said
    assert not has_canary(said)


@pytest.mark.parametrize("lent", [True, False])
@pytest.mark.usefixtures("declare")
def test_requests_and_their_answers_leave_nothing(olga, put, server, run, lent, heard):  # noqa: PLR0917 - fixtures
    value = {"$secret": "stripe", "prefix": "Bearer "} if lent else f"Bearer {CANARY}"
    for path in ("ok", "echo/200", "echo/500", "redirect/1", "hangup"):
        payload = {"url": f"{server.url}/{path}", "headers": {"X-Api-Key": value}, "method": "POST"}
        if lent:
            payload |= {"json": {"key": {"$secret": "stripe"}}, "expect_json": {"pointer": "/fine", "value": True}}
        put("rest", "http", payload)
    Job.objects.update(run_at=clock.now())
    for job in Job.objects.order_by("id"):
        run(job)
    assert all(has_canary(seen.headers) for seen in server.counts.requests), "it was sent"
    assert len(server.counts.requests) >= 5
    assert in_database() == ({} if lent else {"jobs_job": {"payload"}})
    assert in_broker() == []
    assert seen_by(page_of(olga)) == []
    assert not has_canary(heard())


@pytest.mark.usefixtures("declare")
def test_a_half_of_it_at_the_end_of_what_is_kept(server, put, run):
    from jobs.targets.http.answer import KEPT  # noqa: PLC0415

    asked = {"url": f"{server.url}/echo/200", "text": {"$secret": "stripe"}}
    put("rest", "http", asked)
    server.RequestHandlerClass.do_echo = lambda self, value: self.send(200, b"x" * (KEPT - 10) + CANARY.encode())
    Job.objects.update(run_at=clock.now())
    run(Job.objects.get())
    body = Attempt.objects.get().result["body"]
    assert body.endswith("xx********")
    assert CANARY[:7] not in body


def test_messages_are_looked_at_by_these_tests(olga, put):
    put("rest", "demo.noop", {})
    answer = bearer(olga).post("/api/v1/jobs/", new_job(target="demo.noop", payload={}, run_at="now"), **JSON)
    assert answer.status_code == 201
    assert messages() > 0


def test_audit_rows_are_there(put):
    put("trigger", "crm.push", {"token": CANARY})
    row = Audit.objects.get(subject="trigger")
    assert row.after["payload"]["token"].startswith("<hidden ")
    assert Trigger.objects.get().payload == {"token": CANARY}
