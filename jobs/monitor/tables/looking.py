"""Looks at a table that somebody has uploaded: which rows are good jobs, and what is wrong with the others, in the
sentences of REST."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from rest_framework.exceptions import APIException

from jobs.api.bulk.columns import LINE, PROBLEM, Head
from jobs.api.bulk.judging import MOST_WRONG, Judge, Judged
from jobs.api.bulk.lines import jobs_of
from jobs.api.bulk.rights import judge_rights
from jobs.api.bulk.tables import table_of
from jobs.api.problems import flattened, sayable
from jobs.api.refusals import JobsRefused
from jobs.transitions.uploads import Found
from jobs.web import cells

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

MOST_KEPT = 2 * MOST_WRONG  # mistakes: a row may have several


class NoTable(Exception):
    """The file is no table of jobs; the message says why, and what to do."""


class Looked(NamedTuple):
    """Findings in a table: what its rows are, its first line, and the sheets beside it."""

    judged: Judged
    head: Head
    other_sheets: list[str]

    def summary(self) -> Found:
        """Return what is kept of it."""
        mistakes = [(one.line, _kept(one.field), _kept(one.message)) for one in sorted(self.judged.mistakes)]
        first = next(iter(self.judged.new), None)
        sheets = [_kept(name) for name in self.other_sheets]
        return Found(self.judged.total, self.judged.wrong, first, mistakes, self.head.passed_by, sheets)


def look(content: bytes, zone: ZoneInfo, *, key: str, by: AbstractBaseUser, now: datetime) -> Looked:
    """Judge each row of a table, as jobs that this user creates with this key. Raises NoTable."""
    judge = Judge(by=by, key=key, now=now, zone=zone, most=MOST_KEPT)
    try:
        table = table_of(content)
        judge.judge(jobs_of(table.head, table.rows))
        judge_rights(judge, by)
    except JobsRefused:
        pass  # so many are wrong that nobody has looked at the rest
    except APIException as error:
        raise _no_table(error) from None
    return Looked(judge.judged, table.head, table.other_sheets)


def wrong_rows(content: bytes, mistakes: list[tuple[int, str, str]]) -> Iterator[str]:
    """Yield the rows that are wrong as a table again, each with its line and what is wrong with it: to be mended, and
    brought. What comes after the last of them is not read, since nobody has looked at it. Raises NoTable."""
    said: dict[int, list[str]] = {}
    for line, column, sentence in mistakes:
        said.setdefault(line, []).append(f"{column}: {sentence}" if column else sentence)
    try:
        head, rows, _ = table_of(content)
        own = [place for place, name in enumerate(head.names) if name not in (LINE, PROBLEM)]
        yield cells.line([*(head.names[place] for place in own), LINE, PROBLEM])
        number, last = 0, max(said, default=0)
        while number < last and (row := next(rows, None)) is not None:
            number = row.number
            if number in said:
                kept = [row.cells[place] if place < len(row.cells) else "" for place in own]
                yield cells.line([*kept, str(number), " ".join(said[number])])
    except APIException as error:
        raise _no_table(error) from None


def _no_table(error: APIException) -> NoTable:
    return NoTable(" ".join(one["message"] for one in flattened(error.detail)))


def _kept(text: str) -> str:
    """Return what somebody has written as a row of the database can keep it."""
    return sayable(text).replace("\0", "\N{REPLACEMENT CHARACTER}")
