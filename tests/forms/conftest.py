"""A form that payroll may fill in, and a target that notes what it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from pydantic import Field

from jobs import targets
from jobs.clock import clock
from jobs.models import Form, FormLink
from jobs.targets import Secret, registry
from jobs.transitions import forms
from tests.rights.conftest import make_team, make_user  # noqa: F401 - fixtures

MakeForm = Callable[..., Form]
MakeLink = Callable[..., tuple[FormLink, str]]
FIELDS = [
    {"name": "month", "label": "Which month", "kind": "text", "required": True},
    {"name": "copies", "label": "Copies", "kind": "number", "default": 2},
    {"name": "paper", "kind": "choice", "choices": ["A4", "A5"]},
]


@pytest.fixture(autouse=True)
def _reports(monkeypatch: pytest.MonkeyPatch) -> None:
    """The targets books.report and books.sign, the second with a secret argument."""
    monkeypatch.setattr(registry, "_registry", dict(registry._registry))

    def report(  # noqa: PLR0917 - as somebody's may be
        month: str,
        account: str,
        copies: Annotated[int, Field(ge=1, le=9)] = 1,
        paper: Literal["A4", "A5"] = "A4",
        day: str = "",
        parts: list[str] | None = None,
        urgent: bool = False,
    ) -> None:
        """Write a report."""

    def sign(pin: Annotated[str, Secret], month: str, key: Annotated[str, Secret] = "") -> None:
        """Sign a report."""

    targets.target("books.report")(report)
    targets.target("books.sign")(sign)


@pytest.fixture
def definer(make_user: Any) -> User:  # noqa: F811
    user: User = make_user("olga", "admin", is_staff=True)
    return user


@pytest.fixture
def ada(make_user: Any) -> User:  # noqa: F811
    """Somebody of payroll, without any role."""
    user: User = make_user("ada")
    user.groups.add(Group.objects.create(name="payroll"))
    return user


@pytest.fixture
def make_form(definer: User) -> MakeForm:
    def make(**fields: Any) -> Form:
        given = {
            "name": "report",
            "title": "Order a report",
            "description": "Of the books.",
            "target": "books.report",
            "payload": {"account": "4711-secretly-fixed"},
            "fields": FIELDS,
            "queue": "books",
            "labels": {"cost": "payroll"},
            "groups": ["payroll"],
            "confirmation": "It lies on your desk tomorrow.",
            "created_by": definer,
        }
        return Form.objects.create(**{**given, **fields})

    return make


@pytest.fixture
def make_link(definer: User) -> MakeLink:
    def make(form: Form, **asked: Any) -> tuple[FormLink, str]:
        wanted = forms.AskedLink(**{"name": "suppliers", "days": 3, "most_uses": 9, "most_of_day": 9, **asked})
        made = forms.make(form, wanted, by=definer, now=clock.current())
        return made.link, f"/f/{made.secret}/"

    return make


@pytest.fixture
def browser(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client
