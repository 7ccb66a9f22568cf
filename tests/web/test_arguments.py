"""Fields for the arguments of a target: which it gets, what is read in them, and what they cannot show."""

from __future__ import annotations

import enum
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from django.core.exceptions import ValidationError
from pydantic import BaseModel, ConfigDict, Field

from jobs import exactjson, targets
from jobs.targets import registry
from jobs.web import arguments
from jobs.web.arguments import PREFIX


class Size(enum.Enum):
    SMALL = "small"
    LARGE = "large"


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")


@pytest.fixture
def many(monkeypatch):
    """A target with an argument of each kind."""
    monkeypatch.setattr(registry, "_registry", dict(registry._registry))

    @targets.target("tests.many")
    def body(
        *,
        text: str,
        number: Annotated[float, Field(ge=0, le=86400)] = 0.5,
        whole: int | None = None,
        exact: Decimal = Decimal("1.10"),
        on: bool = True,
        word: Literal["a", "b", 3] = "a",
        size: Size = Size.SMALL,
        day: date | None = None,
        at: datetime | None = None,
        names: list[str] = [],  # noqa: B006 - it is not changed
        more: dict[str, int] | None = None,
        anything: Any = None,
    ) -> None:
        """Does many things.

        And says so at length.
        """

    return arguments.fields_of("tests.many")


def test_each_argument_has_its_kind_of_field(many):
    kinds = {name: type(field).__name__.removesuffix("Argument") for name, field in many.items()}
    assert kinds == {
        "text": "",
        "number": "Number",
        "whole": "Number",
        "exact": "Number",
        "on": "Word",
        "word": "Word",
        "size": "Word",
        "day": "",
        "at": "",
        "names": "Lines",
        "more": "Json",
        "anything": "Json",
    }


def test_help_tells_what_is_needed_and_what_is_there_without_it(many):
    assert many["text"].help_text == "Needed."
    assert many["number"].help_text == "At least 0, at most 86400. Empty: 0.5."
    assert many["on"].help_text == "Empty: yes."
    assert many["whole"].help_text == "Empty: none."
    assert arguments.docstring("tests.many") == "Does many things.\n\nAnd says so at length."


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("text", " a\r\nb ", " a\nb "),
        ("text", " ", " "),
        ("number", "0.10", Decimal("0.10")),
        ("number", " 12 ", 12),
        ("number", "-1e5", Decimal("-1E+5")),
        ("whole", "12345678901234567890", 12345678901234567890),
        ("on", "no", False),
        ("word", "3", 3),
        ("word", "b", "b"),
        ("size", "large", "large"),
        ("day", "2026-12-24", "2026-12-24"),
        ("names", "ann\r\n\r\nbob\r\n", ["ann", "bob"]),
        ("more", '{"a": 1.50}', {"a": Decimal("1.50")}),
        ("anything", "null", None),
    ],
)
def test_what_is_typed_is_read_as_it_was_written(many, name, typed, value):
    payload, wrong = arguments.read({name: many[name]}, {PREFIX + name: typed})
    assert (payload, wrong) == ({name: value}, False)
    assert repr(payload[name]) == repr(value)


@pytest.mark.parametrize("typed", ["", None])
def test_what_is_left_empty_is_not_given(many, typed):
    assert arguments.read(many, {PREFIX + name: typed for name in many}) == ({}, False)


@pytest.mark.parametrize(
    ("name", "typed", "says"),
    [
        *(("number", text, "not a number") for text in ("many", "1,5", ".5", "+1", "0x10", "NaN")),
        ("number", "9" * 5000, "too many digits"),
        ("on", "perhaps", "Choose one"),
        ("more", "{", "line 1, column 2"),
        ("text", "\x00", "Null characters"),
    ],
)
def test_what_cannot_be_read_says_why(many, name, typed, says):
    with pytest.raises(ValidationError, match=says):
        many[name].clean(typed)
    assert arguments.read(many, {PREFIX + name: typed})[1]


@pytest.mark.parametrize(
    "payload",
    [
        '{"text": "a\\nb", "number": 0.10, "whole": 7, "on": false, "word": 3, "size": "large"}',
        '{"day": "2026-12-24", "names": ["ann", "bob"], "more": {"a": 1.50}, "anything": [null, 1e400]}',
    ],
)
def test_a_payload_that_is_shown_is_read_again_as_it_was(many, payload):
    texts, left = arguments.shown(exactjson.loads(payload), many)
    assert left == []
    again, wrong = arguments.read(many, {PREFIX + name: text.replace("\n", "\r\n") for name, text in texts.items()})
    assert not wrong
    assert repr(again) == repr(exactjson.loads(payload))


@pytest.mark.parametrize(
    ("payload", "left"),
    [
        ({"unknown": 1, "whole": 1}, ["unknown"]),
        ({"text": ""}, ["text"]),
        ({"text": "a\rb"}, ["text"]),
        ({"text": 1}, ["text"]),
        ({"whole": None}, ["whole"]),
        ({"whole": True}, ["whole"]),
        ({"on": 1}, ["on"]),
        ({"word": "3"}, ["word"]),
        ({"names": []}, ["names"]),
        ({"names": ["a\nb"]}, ["names"]),
        ({"names": ["a", 1]}, ["names"]),
        ([], ["all of it"]),
    ],
)
def test_what_the_fields_cannot_show_is_named(many, payload, left):
    assert arguments.shown(payload, many)[1] == left


def test_whose_arguments_nobody_knows_has_no_fields(monkeypatch):
    monkeypatch.setattr(registry, "_registry", dict(registry._registry))

    @targets.target("tests.open", arguments=Open)
    def body(given: Open) -> None:
        """Takes anything."""

    assert arguments.fields_of("tests.open") is None
    assert arguments.fields_of("there.is.none") is None
    assert arguments.docstring("there.is.none") == ""
    assert list(arguments.fields_of("http")) == [
        *("url", "method", "headers", "json", "text", "form", "expect", "expect_json", "timeout")
    ]
