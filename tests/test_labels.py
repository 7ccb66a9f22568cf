"""Labels: what one may be, how people type them, and what a repeat with others is."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from jobs import rules
from jobs.rules.asked import digest
from jobs.web import parsing
from jobs.web.fields import labels_text
from jobs.web.forms import JobForm
from tests.conftest import NOW
from tests.test_forms import RIGHT

MANY = {f"k{number}": "v" for number in range(17)}


def check(labels: Any) -> rules.NewJob:
    return rules.check_new_job(target="demo.noop", payload={}, run_at=None, now=NOW, labels=labels)


def problems(labels: Any) -> list[str]:
    with pytest.raises(ValidationError) as refused:
        check(labels)
    assert list(refused.value.message_dict) == ["labels"]
    found: list[str] = refused.value.message_dict["labels"]
    return found


@pytest.mark.parametrize(
    "labels",
    [
        {},
        {"team": "payroll"},
        {"a": ""},
        {"9": "x" * 100},
        {"app.kubernetes.io/name": "Löhne: März, 100 %"},
        {"A" * 63: "v"},
        dict(list(MANY.items())[:16]),
    ],
)
def test_texts_by_keys_are_kept_as_they_are(labels: dict[str, str]) -> None:
    assert check(labels).columns()["labels"] == labels


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        ([], 'must be a JSON object of texts such as {"team": "payroll"}'),
        (None, "must be a JSON object"),
        (MANY, "These are 17 labels; 16 at most"),
        ({"": "v"}, "'' is no key"),
        ({"-a": "v"}, "begins with a letter or digit"),
        ({"a b": "v"}, "'a b' is no key"),
        ({"a:b": "v"}, "'a:b' is no key"),
        ({"a\n": "v"}, "is no key"),
        ({"ä": "v"}, "'ä' is no key"),
        ({"A" * 64: "v"}, "1 to 63"),
        ({1: "v"}, "'1' is no key"),
        ({"a": 1}, "The value of 'a' must be text in quotes"),
        ({"a": None}, "must be text"),
        ({"a": {"b": "c"}}, "must be text"),
        ({"a": "x" * 101}, "has 101 characters; shorten it to 100"),
        ({"a": "b\nc"}, "control character"),
        ({"a": "\x00"}, "control character"),
        ({"a": "\x85"}, "control character"),
        ({"a": "\ud800"}, "control character"),
    ],
)
def test_anything_else_is_refused_with_what_would_be_right(labels: Any, says: str) -> None:
    (problem,) = problems(labels)
    assert says in problem


def test_each_wrong_one_is_named() -> None:
    assert len(problems({"-a": "v", "b": "w", "c": 1})) == 2


def test_the_order_of_labels_makes_no_other_request() -> None:
    assert digest([check({"a": "b", "c": "d"})]) == digest([check({"c": "d", "a": "b"})])


@pytest.mark.parametrize(
    ("typed", "labels"),
    [
        ("", {}),
        ("  \n ", {}),
        ("team: payroll", {"team": "payroll"}),
        ("team:payroll\r\n\r\n env : a: b ", {"team": "payroll", "env": "a: b"}),
        ("empty:", {"empty": ""}),
    ],
)
def test_people_type_one_a_line(typed: str, labels: dict[str, str]) -> None:
    filled = JobForm({**RIGHT, "labels": typed}, now=NOW)
    assert filled.is_valid(), filled.errors
    assert filled.new_job.labels == labels
    again = JobForm({**RIGHT, "labels": labels_text(labels)}, now=NOW)
    assert again.is_valid()
    assert again.new_job.labels == labels


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("payroll", "'payroll' has no colon; write a label as key:value"),
        ("a: b\na: c", "'a' is there twice"),
        ("a b: c", "'a b' is no key"),
        ("a: " + "x" * 101, "shorten it to 100"),
    ],
)
def test_what_is_typed_wrongly_is_refused_at_its_field(typed: str, says: str) -> None:
    filled = JobForm({**RIGHT, "labels": typed}, now=NOW)
    assert not filled.is_valid()
    assert list(filled.errors) == ["labels"]
    assert says in filled.errors["labels"][0]


def test_the_form_says_how_they_are_typed() -> None:
    field = JobForm(now=NOW)["labels"]
    assert "one a line, such as team: payroll" in field.help_text
    assert field.value() is None


def test_a_label_is_divided_at_its_first_colon() -> None:
    assert parsing.label("a:b:c") == ("a", "b:c")
    with pytest.raises(parsing.Unreadable):
        parsing.label("a")
