"""Numbers of a payload arrive as they were written, by every way in and out."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from jobs import exactjson, rules, targets, transitions
from jobs.models import Job, Trigger
from jobs.targets import Context, registry
from jobs.templatetags.runat import as_json
from jobs.transitions import KeyReused
from tests.conftest import NOW
from tests.http.raw import listening
from tests.transitions.steps import acquire

LONG = "123456789012345.123456"
NUMBERS = (
    f'{{"zeta":{LONG},"a":7615917337495251231,"price":1.10,"tiny":1e-7,"big":123456789012345678901234567890,'
    '"amount":0.1234567890123456789,"exp":1.5e3,"half":[0.5]}'
)
EXACT = {name: json.loads(NUMBERS, parse_float=Decimal)[name] for name in json.loads(NUMBERS)}
CTX = Context(job_id=7, attempt=1, run_at=datetime(2030, 1, 1, tzinfo=UTC))


def test_from_a_request_through_the_database_to_the_answer(api):
    body = f'{{"target":"http","run_at":"2099-01-01T00:00:00Z","payload":{{"url":"https://example.com/","json":{NUMBERS}}}}}'
    made = api.post("/api/v1/jobs/", body, content_type="application/json")
    assert made.status_code == 201, made.content
    assert exactjson.loads(made.content)["payload"]["json"] == EXACT
    assert LONG in made.content.decode()
    with connection.cursor() as cursor:
        cursor.execute("SELECT payload->'json'->>'zeta', payload->'json'->>'price' FROM jobs_job")
        assert cursor.fetchone() == (LONG, "1.10")
    read = api.get(f"/api/v1/jobs/{made.json()['id']}/")
    assert exactjson.loads(read.content)["payload"]["json"] == EXACT
    assert exactjson.loads(api.get("/api/v1/jobs/").content)["results"][0]["payload"]["json"] == EXACT


@pytest.mark.django_db
def test_into_the_body_of_a_request(settings, make_job):
    settings.JOBS_HTTP_ALLOW = ["127.0.0.1"]
    got = []

    def handle(connected):
        data = b""
        while not data.endswith(b"}"):
            data += connected.recv(65536)
        got.append(data.partition(b"\r\n\r\n")[2])
        connected.sendall(b"HTTP/1.1 204 X\r\n\r\n")

    with listening(handle) as port:
        payload = {"url": f"http://127.0.0.1:{port}/", "json": exactjson.loads(NUMBERS), "timeout": Decimal("9.5")}
        started = acquire(make_job(1, target="http", payload=payload))
        targets.find("http").bind(started.payload, CTX)()
    assert exactjson.loads(got[0]) == EXACT
    assert b'"price":1.10' in got[0]


AS_JSON = {"payload": f'{{"url": "https://example.com/", "json": {NUMBERS}}}'}
AS_FIELDS = {"arguments_of": "http", "argument-url": "https://example.com/", "argument-json": NUMBERS}


@pytest.mark.parametrize("typed", [AS_JSON, AS_FIELDS])
def test_through_the_form_and_onto_the_pages(client, db, typed):
    client.force_login(User.objects.create_superuser("root"))
    fields = {
        **typed,
        "target": "http",
        "queue": "default",
        "run_at": "2099-01-01T00:00:00",
        "time_zone": "UTC",
    }
    assert client.post("/jobs/new/", fields).status_code == 302
    job = Job.objects.get()
    assert job.payload["json"] == EXACT
    for page in (f"/admin/jobs/job/{job.pk}/change/", f"/jobs/{job.pk}/"):
        assert LONG in client.get(page).content.decode(), page


def test_in_the_form_of_a_trigger(client, db):
    client.force_login(User.objects.create_superuser("root"))
    payload = {"url": "https://example.com/", "json": exactjson.loads(NUMBERS)}
    trigger = Trigger.objects.create(name="books", target="http", payload=payload)
    assert LONG in client.get(f"/admin/jobs/trigger/{trigger.pk}/change/").content.decode()
    trigger.refresh_from_db()
    assert trigger.payload["json"] == EXACT


def test_a_target_is_given_floats_where_they_hold_the_number_and_decimals_where_not(monkeypatch):
    seen = {}

    def anything(value: Any, seconds: float, many: list[float]) -> None:
        seen.update(value=value, seconds=seconds, many=many)

    monkeypatch.setattr(registry, "_registry", dict(registry._registry))
    targets.target("exact.anything")(anything)
    text = f'{{"value": {{"half": 0.5, "tenth": 0.1, "zeta": {LONG}}}, "seconds": {LONG}, "many": [{LONG}, 1]}}'
    payload = exactjson.loads(text)
    targets.find("exact.anything").bind(payload, CTX)()
    assert seen["value"] == {"half": 0.5, "tenth": 0.1, "zeta": Decimal(LONG)}
    assert [type(seen["value"][name]) for name in ("half", "tenth", "zeta")] == [float, float, Decimal]
    assert (seen["seconds"], type(seen["seconds"])) == (float(LONG), float)
    assert [type(number) for number in seen["many"]] == [float, float]


def test_what_floats_do_not_mend_is_refused_with_its_sentence():
    with pytest.raises(targets.InvalidArguments, match="seconds"):
        targets.find("demo.sleep").check({"seconds": Decimal("-0.12345678901234567890")})
    with pytest.raises(targets.InvalidArguments, match="not known"):
        targets.find("demo.sleep").check({"minutes": Decimal("0.5")})


@pytest.mark.parametrize("number", ["1e401", "1e-401", "1e999999999", "-1E+5000", "0." + "1" * 401])
def test_a_number_that_takes_too_much_room_is_refused(number):
    (said,) = rules.payload_problems({"a": [exactjson.loads(number)]})
    assert "more than 400 digits; write it as text" in said


@pytest.mark.parametrize("number", ["1e308", "5e-324", "-0.0", "1.5e3"])
def test_what_a_float_can_be_is_not(number):
    assert rules.payload_problems({"a": exactjson.loads(number)}) == []


@pytest.mark.django_db
def test_a_payload_that_was_repeated_is_the_same_payload(make_job):
    def create(payload):
        new = rules.check_new_job(target="demo.sleep", payload=payload, run_at=NOW, now=NOW, idempotency_key="k")
        return transitions.create(new, now=NOW, by=ann)[1]

    ann = User.objects.create(username="ann")

    assert create({"seconds": 0.1})
    assert not create({"seconds": Decimal("0.1")})
    assert not create({"seconds": 0.1})
    with pytest.raises(KeyReused):
        create({"seconds": Decimal("0.10000000000000000001")})


def test_the_page_shows_them():
    assert as_json({"a": Decimal("1.10")}) == '{\n  "a": 1.10\n}'
