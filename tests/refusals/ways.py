"""Ways in, each a function that asks for a job and returns what is said: sentences by field, none where it was created."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from http import HTTPStatus
from tempfile import NamedTemporaryFile
from typing import Any

from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.html import escape

from jobs import Refused, schedule, schedule_many
from jobs.client.cli.asking import ASKED
from jobs.client.cli.exits import DONE, REFUSED
from jobs.client.cli.output import jsoned
from jobs.management.here import Here
from jobs.models import Upload
from jobs.web.forms import JobForm
from jobs.workbooks import writing
from tests.api.conftest import JOBS, bearer
from tests.cli.conftest import Shell
from tests.refusals.cases import GOOD, NOW

Said = Mapping[str, list[str]]
Way = Callable[[Mapping[str, Any], User], Said | None]  # None: it cannot ask for this


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


def command(asked: Mapping[str, Any], user: User) -> Said:
    """Say it to `manage.py jobs create` with its options, and what those cannot say in a file."""
    words, beside = ["create"], {}
    for name, value in asked.items():
        if name == "target" and isinstance(value, str):
            words.insert(1, value)
        elif name == "payload":
            words += ["--payload", jsoned(value)]
        elif (said := _option(name, value)) is not None:
            words += said
        else:
            beside[name] = value
    return _told(words, beside, user)


def command_file(asked: Mapping[str, Any], user: User) -> Said:
    """Give `manage.py jobs create` a file of JSON."""
    return _told(["create"], asked, user)


def _told(words: list[str], beside: Mapping[str, Any], user: User) -> Said:
    """Return what a command line says to these words and such a file."""
    with NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        file.write(json.dumps(beside))
        file.flush()
        said = Shell(Here(user))(*words, "--json", "--from", file.name)
    problems: Said = json.loads(said.err)["problems"] if said.code == REFUSED else {}
    assert said.code == (REFUSED if problems else DONE), said.err
    return problems


def _option(name: str, value: Any) -> list[str] | None:
    """Return how an option says a value; None: it cannot."""
    if name not in ASKED or (name != "labels" and not isinstance(value, (str, int, list))):
        return None
    option = {"labels": "--label"}.get(name, f"--{name.replace('_', '-')}")
    if name == "labels":
        texts = isinstance(value, dict) and value and all(isinstance(text, str) for text in value.values())
        return [word for key, text in value.items() for word in (option, f"{key}:{text}")] if texts else None
    if isinstance(value, list):
        return [word for one in value for word in (option, str(one))] if value else None
    if isinstance(value, bool):
        return [f"{option}={str(value).lower()}"]
    if name in ("run_at", "target", "overlap") and not isinstance(value, str):
        return None
    return None if name in ("retry_on", "waits_for") else [f"{option}={value}"]


def form(asked: Mapping[str, Any], user: User) -> Said:
    """Fill the form of a new job."""
    return _wrong(JobForm(_filled(asked), now=NOW, by=user, as_json=True))


def admin(asked: Mapping[str, Any], user: User) -> Said:
    """Go where the admin's "Add job" leads to, and fill what is there."""
    User.objects.filter(pk=user.pk).update(is_staff=True)
    client = Client()
    client.force_login(user)
    page = client.get("/admin/jobs/job/add/", follow=True)
    answer = client.post(page.request["PATH_INFO"], _filled(asked))
    if answer.status_code == HTTPStatus.FOUND:
        return {}
    said = _wrong(answer.context["form"])
    shown = answer.content.decode()
    assert all(escape(one) in shown for sentences in said.values() for one in sentences), "each stands on the page"
    return said


def admin_trigger(asked: Mapping[str, Any], user: User) -> Said | None:
    """Define in the admin a trigger whose jobs are such; it has a name of its own, and its time is when it is called."""
    User.objects.filter(pk=user.pk).update(is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="add_trigger"))
    client = Client()
    client.force_login(user)
    fields = client.get("/admin/jobs/trigger/add/").context["adminform"].form.fields
    if any(name not in fields for name in asked if asked[name] != GOOD.get(name)) or "name" in asked:
        return None
    texts = {"name": "x", "queue": "default", "overlap": "join", "key_limit": "1", "max_attempts": "1"}
    texts |= {name: cell for name, cell in _cells(asked).items() if name in fields and asked[name] is not False}
    answer = client.post("/admin/jobs/trigger/add/", texts)
    if answer.status_code == HTTPStatus.FOUND:
        return {}
    return {name: [str(one) for one in said] for name, said in answer.context["adminform"].form.errors.items()}


def _filled(asked: Mapping[str, Any]) -> dict[str, str]:
    return {"queue": "default", "time_zone": "UTC", **{name: _text(name, value) for name, value in asked.items()}}


def _wrong(form: JobForm) -> Said:
    return {} if form.is_valid() else {name: [str(one) for one in said] for name, said in form.errors.items()}


def _text(name: str, value: Any) -> str:
    if name == "payload":
        return json.dumps(value)
    if name == "labels":
        return "\n".join(f"{key}: {text}" for key, text in value.items())
    if isinstance(value, list):
        return ",".join(map(str, value))
    return "on" if value is True else str(value)


def table(asked: Mapping[str, Any], user: User) -> Said:
    """Import a table of one row, and create its job where it is good."""
    cells = _cells(asked)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(cells))
    writer.writeheader()
    writer.writerow(cells)
    return _imported("jobs.csv", text.getvalue().encode(), user)


def workbook(asked: Mapping[str, Any], user: User) -> Said:
    """Import a workbook of one row, and create its job where it is good."""
    cells, file = _cells(asked), io.BytesIO()
    try:
        writing.write(file, "jobs", list(cells), [list(cells.values())])
    except writing.TooLong:
        return table(asked, user)  # no spreadsheet holds it, either
    return _imported("jobs.xlsx", file.getvalue(), user)


def _cells(asked: Mapping[str, Any]) -> dict[str, str]:
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in asked.items()}


def _imported(name: str, content: bytes, user: User) -> Said:
    client = Client()
    client.force_login(user)
    file = SimpleUploadedFile(name, content)
    answer = client.post("/jobs/import/", {"file": file, "time_zone": "UTC"})
    said: dict[str, list[str]] = {}
    for _, column, sentence in Upload.objects.get(owner=user, name=name).found["mistakes"]:
        said.setdefault(column, []).append(sentence)
    client.post(answer["Location"], {"which": "all"})
    return said


# By name, with the kind by which cases know them.
WAYS: dict[str, tuple[str, Way]] = {
    "rest": ("rest", rest),
    "rest-bulk": ("rest", rest_bulk),
    "python": ("python", python),
    "python-many": ("python", python_many),
    "command": ("command", command),
    "command-file": ("command", command_file),
    "form": ("form", form),
    "admin": ("form", admin),
    "admin-trigger": ("form", admin_trigger),
    "table": ("table", table),
    "workbook": ("table", workbook),
}
