"""Ways in, each a function that asks for a job and returns what is said: sentences by field, none where it was created."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from jobs import Refused, schedule, schedule_many
from jobs.web.forms import JobForm
from tests.api.conftest import JOBS, bearer
from tests.refusals.cases import NOW

Said = Mapping[str, list[str]]
Way = Callable[[Mapping[str, Any], User], Said]


def rest(asked: Mapping[str, Any], user: User) -> Said:
    """POST one job."""
    return _problem(bearer(user), JOBS, asked)


def rest_bulk(asked: Mapping[str, Any], user: User) -> Said:
    """POST many, of which it is one."""
    said = _problem(bearer(user), f"{JOBS}bulk/", {"jobs": [asked]})
    return {name.removeprefix("jobs.0."): sentences for name, sentences in said.items()}


def _problem(client: Client, address: str, body: Mapping[str, Any]) -> Said:
    response = client.post(address, json.dumps(body), content_type="application/json")
    said: dict[str, list[str]] = {}
    for error in response.json().get("errors", []):
        said.setdefault(error["field"], []).append(error["message"])
    return said


def python(asked: Mapping[str, Any], user: User) -> Said:
    """Call `jobs.schedule`."""
    fields = _as_python(asked)
    try:
        schedule(fields.pop("target"), fields.pop("payload"), **fields, by=user)
    except Refused as refused:
        return refused.problems
    return {}


def python_many(asked: Mapping[str, Any], user: User) -> Said:
    """Call `jobs.schedule_many`."""
    try:
        schedule_many([_as_python(asked)], by=user)
    except Refused as refused:
        return {name.removeprefix("jobs.0."): sentences for name, sentences in refused.problems.items()}
    return {}


def _as_python(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return these with a datetime for what is one, as programs have it."""
    with suppress(TypeError, ValueError):
        return {**asked, "run_at": datetime.fromisoformat(asked["run_at"])}
    return dict(asked)


def form(asked: Mapping[str, Any], user: User) -> Said:
    """Fill the form of a new job."""
    texts = {"queue": "default", "time_zone": "UTC", **{name: _text(name, value) for name, value in asked.items()}}
    filled = JobForm(texts, now=NOW, by=user, as_json=True)
    return {} if filled.is_valid() else {name: [str(one) for one in said] for name, said in filled.errors.items()}


def _text(name: str, value: Any) -> str:
    if name == "payload":
        return json.dumps(value)
    if name == "labels":
        return "\n".join(f"{key}: {text}" for key, text in value.items())
    if isinstance(value, list):
        return ",".join(map(str, value))
    return "on" if value is True else str(value)


# By name, with the kind by which cases know them.
WAYS: dict[str, tuple[str, Way]] = {
    "rest": ("rest", rest),
    "rest-bulk": ("rest", rest_bulk),
    "python": ("python", python),
    "python-many": ("python", python_many),
    "form": ("form", form),
}
