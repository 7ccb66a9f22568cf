"""Both doors of a command line, and somebody who may create, see and control jobs."""

from __future__ import annotations

import io
import json
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client as Web

from jobs.client import Client, Retries
from jobs.client.cli.door import Door
from jobs.client.cli.output import Output, jsoned
from jobs.client.cli.parsing import OF_JOBS, OF_PLACES, add_verbs
from jobs.client.cli.verbs import run
from jobs.client.connection import Connection
from jobs.management.here import Here
from tests.bearing import secret_of

URL = "http://testserver"
ONCE = Retries(attempts=1)


class Inside(httpx2.BaseTransport):
    """Way to REST in the test's own transaction, which a server would not see."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        headers = {name: value for name, value in request.headers.items() if name not in ("content-length", "host")}
        kind = headers.pop("content-type", "application/json")
        path = request.url.raw_path.decode()
        answer = Web().generic(request.method, path, request.read(), content_type=kind, headers=headers)
        return httpx2.Response(answer.status_code, headers=dict(answer.items()), content=answer.getvalue())


@dataclass
class Said:
    """What a command line has answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass
class Shell:
    """Command line over a door."""

    door: Door

    def __call__(self, *words: str) -> Said:
        parser = ArgumentParser(prog="runat")
        add_verbs(parser, (*OF_JOBS, *OF_PLACES))
        options = vars(parser.parse_args(list(words)))
        out, err = io.StringIO(), io.StringIO()
        code = run(options["verb"], options, self.door, Output(out, err, as_json=options["json"]))
        return Said(code, out.getvalue(), err.getvalue())


@pytest.fixture
def ada(db: None) -> User:
    ada = User.objects.create_user("ada")
    wanted = ["add_job", "view_job", "control_job", "view_limit"]
    ada.user_permissions.set(Permission.objects.filter(content_type__app_label="jobs", codename__in=wanted))
    return User.objects.get(pk=ada.pk)


def client_of(user: User, **options: Any) -> Client:
    """Return a client of REST in this process and in the transaction of the test."""
    connection = Connection(URL, secret_of(user), exact=True, dumps=jsoned)
    return Client("", "", connection=connection, transport=Inside(), retries=ONCE, **options)


@pytest.fixture(params=["manage", "runat"])
def shell(request: pytest.FixtureRequest, ada: User) -> Iterator[Shell]:
    if request.param == "manage":
        yield Shell(Here(ada))
        return
    with client_of(ada) as client:
        yield Shell(client)
