"""Spells the filters of an address as text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from jobs.rules.finding import FILTERS
from jobs.rules.problems import is_label_key
from jobs.web.filter_text import times
from jobs.web.filter_text.reading import STATES, in_quotes
from jobs.web.filter_text.words import TIMES, plain
from jobs.web.parsing import Unreadable

NUMBER = re.compile(r"\d{1,12}(\.\d{1,12})?", re.ASCII)


def spelled(pairs: Iterable[tuple[str, str]]) -> str:
    """Return the text of these filters, in one order; whatever else an address has is left out. A text that was read
    and whose values are right is said again by what it became; `q` is in the form that reading gives it."""
    by_name: dict[str, list[str]] = {}
    for name, value in pairs:
        by_name.setdefault(name, []).append(value)
    parts: list[str] = []
    for name in FILTERS:
        values = by_name.get(name, [])
        if name.endswith("_after"):  # and its other end
            parts += _times(name.removesuffix("_after"), by_name)
        elif name != "q" and not name.endswith("_before"):
            parts += [_term(name, value) for value in values]
    return " ".join([*parts, *by_name.get("q", [])])


def _term(name: str, value: str) -> str:
    if name == "state":
        return _states(value)
    if name == "id" and value.isascii() and value.isdecimal():
        return f"#{value}"
    if name == "later_than" and NUMBER.fullmatch(value):
        return f"late:>{plain(Decimal(value))}s"
    if name == "label":
        key, colon, rest = value.partition(":")
        if colon and rest and is_label_key(key):
            return f"label.{key}:{_value(rest)}"
    return f"{name}:{_value(value)}"


def _value(value: str) -> str:
    """Return the value in quotes, unless it is one word: a colon is none of another term's."""
    return value if re.fullmatch(r'[^\s"][^\s]*', value) else in_quotes(value, always=True)


def _states(value: str) -> str:
    names = value.split(",")
    others = [name for name in STATES if name not in names]
    if set(names) | set(others) == set(STATES) and len(set(names)) == len(names) and 0 < len(others) < len(names):
        return f"-state:{','.join(others)}"
    return f"state:{_value(value)}"


def _times(column: str, by_name: dict[str, list[str]]) -> list[str]:
    word = next(word for word, of in TIMES.items() if of == column)
    ends = {end: by_name.get(f"{column}_{end}", []) for end in ("after", "before")}
    if all(len(values) < 2 for values in ends.values()):
        try:
            return times.spelled(word, "".join(ends["after"]), "".join(ends["before"]))
        except Unreadable:
            pass  # as it is, so that what is wrong with it is told
    return [f"{column}_{end}:{_value(value)}" for end, values in ends.items() for value in values]
