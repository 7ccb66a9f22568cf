"""docs/problems.md has each kind of refusal that the code can answer with, and no other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from http import HTTPStatus

from django.conf import settings
from rest_framework import exceptions

from jobs.api.schema import PROBLEMS

DOC = (settings.BASE_DIR / "docs" / "problems.md").read_text()
MAKERS = "jobs.api.problems"
NOT_USED = {exceptions.APIException, exceptions.ValidationError, exceptions.Throttled}

Kinds = set[tuple[str, int]]


def documented() -> Kinds:
    rows = re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \| [^|]+ \| [^|]+ \|$", DOC, re.MULTILINE)
    assert len(rows) == DOC.count("\n| `") - DOC.count("\n| `urn:")
    return {(kind, int(status)) for kind, status in rows}


def status_of(node: ast.expr) -> int:
    match node:
        case ast.Constant(value=int(number)):
            return number
        case ast.Attribute(value=ast.Name(id="HTTPStatus"), attr=name):
            return int(HTTPStatus[name])
    raise AssertionError(ast.dump(node))


def written() -> Iterator[tuple[str, int]]:
    """Kinds that stand in the code as `Problem(status, "kind", ...)`."""
    unknown = 0
    for path in (path for room in ("jobs", "project") for path in (settings.BASE_DIR / room).rglob("*.py")):
        text = path.read_text()
        if not re.search(rf"from {MAKERS} import .*\bProblem\b", text) and path.name != "problems.py":
            continue
        for node in ast.walk(ast.parse(text)):
            match node:
                case ast.Call(func=ast.Name(id="Problem"), args=[status, ast.Constant(value=str(kind)), *_]):
                    yield kind, status_of(status)
                case ast.Call(func=ast.Name(id="Problem")):
                    unknown += 1
    assert unknown == 1, "only that of REST framework's own exceptions has a kind that does not stand there"


def raised() -> Iterator[tuple[str, int]]:
    """Kinds of REST framework's exceptions and of ours."""
    found = [exceptions.APIException]
    for one in found:
        found += one.__subclasses__()
    for one in {one for one in found if one.__module__.partition(".")[0] in ("rest_framework", "jobs")} - NOT_USED:
        if not issubclass(one, exceptions.ValidationError):
            yield str(one.default_code).replace("_", "-"), int(one.status_code)


def test_the_docs_have_all_kinds() -> None:
    assert documented() == {*written(), *raised()}


def test_nothing_is_throttled_by_rest_framework() -> None:
    assert not settings.REST_FRAMEWORK.get("DEFAULT_THROTTLE_CLASSES")


def test_the_schema_names_all_kinds_of_the_statuses_that_it_describes() -> None:
    for kind, status in documented():
        if status in PROBLEMS:
            name, description = PROBLEMS[status]
            assert name == kind or f"`{kind}`" in description, kind
