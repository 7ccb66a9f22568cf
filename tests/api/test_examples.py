"""What the documentation shows is what happens: each operation is sent its example, and answers as the schema says.

RECORD_ANSWERS=1 writes the answers down anew, in jobs/api/answers.json."""

from __future__ import annotations

import json
import os
from functools import cache
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from jobs.api.answers import FILE, answers
from jobs.api.schema import CONTENT_TYPE, JSON, PROBLEMS
from jobs.models import Job
from tests.api.conftest import JOBS, bearer, new_job
from tests.api.world import BEFORE, World, world

METHODS = ("get", "post", "put", "patch", "delete")
WHOLE = "urn:runat:schema"
QUERIES = {"calendars_openings": "?from=2026-12-21T00:00:00Z&days=7"}


@cache
def schema() -> dict[str, Any]:
    found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return found


@cache
def operations() -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Path, method and description of each operation, by its id."""
    return {
        operation["operationId"]: (path, method, operation)
        for path, found in schema()["paths"].items()
        for method, operation in found.items()
        if method in METHODS
    }


def strict(part: Any) -> Any:
    """The same, with nothing that is not described."""
    if isinstance(part, list):
        return [strict(one) for one in part]
    if not isinstance(part, dict):
        return part
    kept = {name: strict(value) for name, value in part.items() if name != "example"}
    if isinstance(kept.get("$ref"), str):
        kept["$ref"] = f"{WHOLE}{kept['$ref']}"
    if isinstance(part.get("properties"), dict) and part.get("type") in ("object", ["object", "null"]):
        kept.setdefault("additionalProperties", False)
    return kept


@cache
def components() -> Registry[Any]:
    """What parts refer to, made once."""
    whole = DRAFT202012.create_resource({"components": strict(schema()["components"])})
    return Registry().with_resource(WHOLE, whole).crawl()


def mistakes(described: dict[str, Any], value: Any) -> list[str]:
    validator = Draft202012Validator(strict(described), registry=components())
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(value)]


def shape(value: Any) -> Any:
    """What a value is made of; of a list, its first."""
    match value:
        case dict():
            return {name: shape(inner) for name, inner in sorted(value.items())}
        case list():
            return [shape(inner) for inner in value[:1]]
        case bool() | None:
            return type(value).__name__
        case int() | float():
            return "number"
    return type(value).__name__


def cut(value: Any) -> Any:
    """The same with two of each list at most: who reads it sees what the others are."""
    if isinstance(value, list):
        return [cut(inner) for inner in value[:2]]
    return {name: cut(inner) for name, inner in value.items()} if isinstance(value, dict) else value


def keep(name: str, status: int, body: Any) -> None:
    """Write an answer down, or compare it with the one that is written down."""
    if os.environ.get("RECORD_ANSWERS"):
        kept = json.loads(FILE.read_text()) | {name: {"status": status, "body": cut(body)}}
        FILE.write_text(json.dumps(dict(sorted(kept.items())), indent=1, ensure_ascii=False) + "\n")
        return
    written = answers()[name]
    assert (written["status"], shape(written["body"])) == (status, shape(body)), "record it: RECORD_ANSWERS=1"


@pytest.fixture
def made(make_job: Any, db: None) -> World:
    return world(make_job, User.objects.create_superuser("grace"))


def test_each_operation_is_here() -> None:
    assert set(BEFORE) == set(operations())


@pytest.mark.parametrize("name", BEFORE)
def test_it_answers_as_the_schema_says(made: World, name: str) -> None:
    BEFORE[name](made)
    path, method, operation = operations()[name]
    address = made.address(path) + QUERIES.get(name, "")
    content = operation.get("requestBody", {}).get("content", {})
    sent = {} if not content else {"data": content[JSON]["example"], "content_type": JSON}
    if content:
        assert mistakes(content[JSON]["schema"], content[JSON]["example"]) == []
    answer = getattr(bearer(made.by), method)(address, **sent)
    assert answer.status_code < 300, answer.content
    if answer.streaming:
        return  # a file
    described = operation["responses"][str(answer.status_code)]
    if JSON not in described.get("content", {}):
        assert not answer.content
        return
    body = answer.json()
    if described["content"][JSON]["schema"] == {"type": "string"}:
        return  # a file
    assert mistakes(described["content"][JSON]["schema"], body) == []
    keep(name, answer.status_code, body)


def test_each_operation_says_what_it_does_and_needs() -> None:
    summaries = [operation["summary"] for _, _, operation in operations().values()]
    assert [one for one in summaries if summaries.count(one) > 1] == []
    assert [one for one in summaries if not 5 < len(one) < 100] == []
    for _, _, operation in operations().values():
        of_oneself = operation["operationId"].startswith("tokens_me")
        needs = "Needs no permission." if of_oneself else "Needs the permission `jobs."
        assert needs in operation["description"]
        assert operation["description"].startswith(operation["summary"])
        described = [place for place in operation.get("parameters", []) if place["in"] == "path"]
        assert all(place["description"] and place["example"] for place in described)


@pytest.mark.parametrize("kind", ["application/x-ndjson", "text/csv"])
def test_jobs_come_in_bulk_in_the_other_ways(made: World, kind: str) -> None:
    example = operations()["jobs_bulk"][2]["requestBody"]["content"][kind]["example"]
    body = example if isinstance(example, str) else json.dumps(example) + "\n"
    answer = bearer(made.by).post(f"{JOBS}bulk/", body, content_type=kind)
    assert answer.status_code == 201, answer.content
    assert Job.objects.get(pk=answer.json()["ids"][0]).target == "demo.noop"


def refusals(made: World, monkeypatch: pytest.MonkeyPatch) -> dict[int, Any]:
    api, nobody = bearer(made.by), bearer(User.objects.create_user("ada"))
    cancel, key = made.address(f"{JOBS}{{job_id}}/cancel/"), {"Idempotency-Key": "order-17"}
    found = {
        400: api.post(JOBS, {"target": "demo.sleep", "payload": {"minutes": 1}}, content_type=JSON),
        401: Client().get(JOBS),
        403: nobody.get(JOBS),
        404: api.get(f"{JOBS}999999/"),
        413: api.post(JOBS, " " * 2_700_000, content_type=JSON),
        415: api.post(JOBS, "a: b", content_type="application/yaml"),
    }
    edit = made.address(f"{JOBS}{{job_id}}/")
    found[428] = api.patch(edit, {"queue": "mail"}, content_type=JSON)
    changes = {"queue": "mail", "reason": "The other one is full."}
    api.patch(edit, changes, content_type=JSON, headers={"If-Match": "*"})
    found[412] = api.patch(edit, {"queue": "slow"}, content_type=JSON, headers={"If-Match": '"1"'})
    api.post(cancel, {}, content_type=JSON)
    found[409] = api.post(cancel, {}, content_type=JSON)
    api.post(JOBS, new_job(), content_type=JSON, headers=key)
    found[422] = api.post(JOBS, new_job(queue="mail"), content_type=JSON, headers=key)

    def away(*args: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr("jobs.api.views.matching", away)
    found[503] = api.get(JOBS)
    return found


def test_the_refusals_are_those_that_come(made: World, monkeypatch: pytest.MonkeyPatch) -> None:
    described = schema()["components"]["schemas"]
    found = refusals(made, monkeypatch)
    assert set(found) == set(PROBLEMS)
    for status, (kind, _) in PROBLEMS.items():
        answer = found[status]
        assert (answer.status_code, answer["Content-Type"]) == (status, CONTENT_TYPE), answer.content
        body = answer.json()
        assert body["type"] == f"urn:runat:problem:{kind}"
        assert mistakes(described["ChangedProblem" if status == 412 else "Problem"], body) == []
        keep(kind, status, body)


def test_each_operation_names_its_refusals() -> None:
    named = {
        name: {int(one) for one in operation["responses"] if one.isdigit()}
        for name, (_, _, operation) in operations().items()
    }
    assert all({401, 403, 503} <= statuses for statuses in named.values())
    assert named["jobs_create"] == {200, 201, 400, 401, 403, 413, 415, 422, 429, 503}
    assert named["jobs_cancel"] == {200, 400, 401, 403, 404, 409, 412, 413, 415, 503}
    assert named["jobs_edit"] == named["jobs_cancel"] | {428}
    assert named["jobs_read"] == {200, 304, 401, 403, 404, 503}
    assert named["workers_list"] == {200, 401, 403, 503}
    assert {400, 404, 409, 422, 429} <= named["triggers_fire"]
