"""Looks at a table that somebody has uploaded: which rows are good jobs, and what is wrong with the others, in the
sentences of REST."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from rest_framework.exceptions import APIException, ParseError

from jobs import rules
from jobs.api.bulk.columns import LINE, PROBLEM, Head, head_of
from jobs.api.bulk.judging import MOST_WRONG, Judge, Judged
from jobs.api.bulk.lines import Row, jobs_of, rows_of
from jobs.api.problems import flattened, sayable
from jobs.api.refusals import JobsRefused
from jobs.cells import meant
from jobs.models.team import LABEL
from jobs.rules.rights import rights_problems
from jobs.transitions.dependencies import block
from jobs.transitions.uploads import Found
from jobs.web import cells

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

MOST_KEPT = 2 * MOST_WRONG  # mistakes: a row may have several
WORKBOOK = b"PK\x03\x04"  # how a spreadsheet's own file begins


class NoTable(Exception):
    """The file is no table of jobs; the message says why, and what to do."""


class Looked(NamedTuple):
    """Findings in a table: what its rows are, and its first line."""

    judged: Judged
    head: Head

    def summary(self) -> Found:
        """Return what is kept of it."""
        mistakes = [(one.line, _kept(one.field), _kept(one.message)) for one in sorted(self.judged.mistakes)]
        first = next(iter(self.judged.new), None)
        return Found(self.judged.total, self.judged.wrong, first, mistakes, self.head.passed_by)


def look(content: bytes, zone: ZoneInfo, *, key: str, by: AbstractBaseUser, now: datetime) -> Looked:
    """Judge each row of a table, as jobs that this user creates with this key. Raises NoTable."""
    judge = Judge(by=by, key=key, now=now, zone=zone, most=MOST_KEPT)
    try:
        head, rows = table_of(content)
        judge.judge(jobs_of(head, rows))
        _judge_rights(judge, by)
    except JobsRefused:
        pass  # so many are wrong that nobody has looked at the rest
    except APIException as error:
        raise NoTable(" ".join(one["message"] for one in flattened(error.detail))) from None
    return Looked(judge.judged, head)


def table_of(content: bytes) -> tuple[Head, Iterator[Row]]:
    """Return the first line of a table and the rows below it. Raises ParseError."""
    if content.startswith(WORKBOOK):
        raise ParseError("This is a workbook (XLSX), not CSV: save it as CSV in UTF-8, and choose that file.")
    rows = rows_of(io.BytesIO(content))
    return head_of(next(rows)[1]), rows


def wrong_rows(content: bytes, mistakes: list[tuple[int, str, str]]) -> Iterator[str]:
    """Yield the rows that are wrong as a table again, each with its line and what is wrong with it: to be mended, and
    brought."""
    said: dict[int, list[str]] = {}
    for number, column, sentence in mistakes:
        said.setdefault(number, []).append(f"{column}: {sentence}" if column else sentence)
    head, rows = table_of(content)
    own = [place for place, name in enumerate(head.names) if name not in (LINE, PROBLEM)]
    yield cells.line([*(head.names[place] for place in own), LINE, PROBLEM])
    for number, row in rows:
        if number in said:
            kept = [meant(row[place]) if place < len(row) else "" for place in own]
            yield cells.line([*kept, str(number), " ".join(said[number])])


def _kept(text: str) -> str:
    """Return what somebody has written as a row of the database can keep it."""
    return sayable(text).replace("\0", "\N{REPLACEMENT CHARACTER}")


def _judge_rights(judge: Judge, by: AbstractBaseUser) -> None:
    """Note of each row what would have all refused when they are created. What is alike is asked once."""
    known: dict[object, Mapping[str, list[str]]] = {}

    def problems_of(new: rules.NewJob) -> Mapping[str, list[str]]:
        alike = (new.overlap, new.queue, new.target, new.key, new.labels.get(LABEL), new.waits_for)
        if alike not in known:
            found = {name: list(said) for name, said in rights_problems(new, by).items()}
            if new.waits_for and (missing := list(block.problems(new.waits_for, by))):
                found["waits_for"] = missing
            known[alike] = found
        return known[alike]

    judge.judge_further(problems_of)
