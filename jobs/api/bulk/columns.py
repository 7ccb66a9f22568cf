"""Columns of a table of jobs: what the first line names, and what stands in the cells below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, get_origin

from django.core.exceptions import ValidationError
from rest_framework.exceptions import ParseError

from jobs.api.serializers import JobSerializer
from jobs.rules import ASKED
from jobs.web import arguments, parsing

PART = "payload."  # before the name of one argument
OF_JSON = {name for name, asked in ASKED.items() if get_origin(asked.type) in (dict, tuple)}  # in a cell: its text
LINE, PROBLEM = "line", "problem"  # of a table of the rows that were wrong
REDACTED = "redacted_at"
# What a table that was taken out says beside what a job can be asked for: passed by, so that it can be brought again.
PASSED_BY = frozenset({LINE, PROBLEM, *JobSerializer.Meta.fields} - set(ASKED))
SHOWN = 100  # characters of a name
WORDS = {"true": True, "false": False}  # as spreadsheets write them


class Wrong(Exception):
    """Cell that cannot be read: `column` names where, the message says why."""

    def __init__(self, column: str, why: str) -> None:
        super().__init__(why)
        self.column = column


class Row(NamedTuple):
    """A row of a table: the line on which it ends, from 1; its cells, as they are meant; and of those that cannot be
    read, by their place from 0, why."""

    number: int
    cells: Sequence[str]
    unreadable: Mapping[int, str] = {}


class Head(NamedTuple):
    """The first line: names in their order. `parts` are those of one argument each."""

    names: Sequence[str]
    parts: Sequence[str]

    @property
    def passed_by(self) -> list[str]:
        """Return the columns that are not looked at."""
        return [name for name in self.names if name in PASSED_BY]


def head_of(row: Row) -> Head:
    """Return the head of a table. Raises ParseError for a name that no job has, and one that is there twice."""
    for why in row.unreadable.values():
        raise ParseError(f"The first line names the fields of a job. {why}")
    names = [name.strip() for name in row.cells]
    while names and not names[-1]:
        names.pop()  # as spreadsheets leave them at the end
    wrong = next((name for name in names if not _is_known(name)), None)
    if wrong is not None or not names:
        known = ", ".join(ASKED)
        said = (wrong or "")[:SHOWN]
        raise ParseError(
            f"The first line names the fields of a job. There is no '{said}': {known}, or {PART}NAME for one argument."
        )
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ParseError(f"The first line names '{name[:SHOWN]}' twice; name each field once.")
        seen.add(name)
    parts = [name for name in names if name.startswith(PART)]
    if parts and "payload" in seen:
        raise ParseError(f"The first line names 'payload' and '{parts[0][:SHOWN]}'; give one of them, not both.")
    return Head(names, parts)


class Cells:
    """Reads the lines below a head; of each target it finds out once what its arguments are."""

    def __init__(self, head: Head) -> None:
        self._head = head
        self._known: dict[str, Mapping[str, arguments.Argument]] = {}

    def job(self, given: Row) -> dict[str, Any]:
        """Return the job that this row says; an empty cell is a field left out. Raises Wrong."""
        names, texts = self._head.names, given.cells
        for place, why in given.unreadable.items():
            column = names[place] if place < len(names) else "body"
            if column not in PASSED_BY:
                raise Wrong(column, why)
        if len(texts) > len(names) and any(texts[len(names) :]):
            raise Wrong("body", f"It has {len(texts)} cells, and the first line names {len(names)} fields.")
        row = {name: text for name, text in zip(names, texts, strict=False) if text}
        if REDACTED in row:
            why = "This job was redacted: what it was to do is not known any more. Write it anew, and empty this cell."
            raise Wrong(REDACTED, why)
        job: dict[str, Any] = {name: text for name, text in row.items() if name in ASKED}
        for name in OF_JSON.intersection(job):
            try:
                job[name] = parsing.json_value(job[name])
            except parsing.Unreadable as error:
                raise Wrong(name, str(error)) from None
        payload = {
            name.removeprefix(PART): self._argument(job.get("target", ""), name, row[name])
            for name in self._head.parts
            if name in row
        }
        return {**job, "payload": payload} if payload else job

    def _argument(self, target: str, column: str, text: str) -> Any:
        """Return an argument as its target wants it; of one that nobody knows, JSON where it is some, else text."""
        if target not in self._known:
            self._known[target] = arguments.fields_of(target) or {}
        field = self._known[target].get(column.removeprefix(PART))
        try:
            if field is None:
                return parsing.json_value(text)
            if isinstance(field, arguments.WordArgument) and text.lower() in WORDS:
                return field.truth(WORDS[text.lower()], text)
            return field.read(text)
        except ValidationError as error:
            raise Wrong(column, " ".join(error.messages)) from None
        except parsing.Unreadable:
            return text


def _is_known(name: str) -> bool:
    return name in ASKED or name in PASSED_BY or (name.startswith(PART) and len(name) > len(PART))
