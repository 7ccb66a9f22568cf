"""Judges the jobs of a bulk request one after the other: which are good, and what is wrong with the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from rest_framework import exceptions, serializers

from jobs import blackouts, rules
from jobs.api.bulk.lines import Line
from jobs.api.problems import flattened
from jobs.api.reading import read_job
from jobs.api.refusals import JobsRefused
from jobs.api.serializers.requests import MOST_IN_BULK, TOO_MANY
from jobs.models import Job
from jobs.models.constraints import EARLIEST_RUN_AT
from jobs.rights import reach_of
from jobs.rules.many import ManyChecks
from jobs.web import parsing

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

MOST_ERRORS = 100  # mistakes that an answer names
MOST_WRONG = 1000  # wrong jobs; the rest is not looked at then


class Mistake(NamedTuple):
    """Fault of a job: its number, from 0; its line, from 1 or 0 where there are none; its field, empty for
    all of it."""

    number: int
    line: int
    field: str
    message: str


@dataclass
class Judged:
    """`new`: the good jobs by their numbers, which count from 0. `mistakes`: the first of them; `wrong`: how many of
    `total` jobs have any."""

    new: dict[int, rules.NewJob] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    wrong: int = 0
    total: int = 0

    @property
    def errors(self) -> list[dict[str, str]]:
        """Return the mistakes as answers have them."""
        return [
            {
                "field": f"jobs.{one.number}.{one.field}".rstrip("."),
                "message": f"Line {one.line}: {one.message}" if one.line else one.message,
            }
            for one in self.mistakes
        ]

    def refused(self) -> JobsRefused:
        return JobsRefused(self.errors, wrong=self.wrong, total=self.total, most=MOST_WRONG)


def key_of(key: str, number: int) -> str:
    """Return the key of the job of this number, in a request with this one."""
    return f"{key}/{number}"


class Judge:
    """Judge of one request. `by`: its sender; None is a program. `key`: its Idempotency-Key; each job has it with its
    number. `zone`: of times that name none, which are refused where it is None. `most`: mistakes that are kept."""

    def __init__(
        self,
        *,
        by: AbstractBaseUser | None,
        key: str | None,
        now: datetime,
        traceparent: str | None = None,
        zone: ZoneInfo | None = None,
        most: int = MOST_ERRORS,
    ) -> None:
        self._zone, self._most = zone, most
        self._user_id, self._key = getattr(by, "pk", None), key
        calendars = blackouts.Calendars(reach_of(by))
        self._checks = ManyChecks(now, calendars, traceparent)
        self._of_before = ManyChecks(EARLIEST_RUN_AT, calendars, traceparent)
        self._passed: dict[int, tuple[Mapping[str, Any], ValidationError, int]] = {}
        self._lines: list[int] = []
        self.judged = Judged()

    def judge(self, jobs: Iterable[Line]) -> Judged:
        """Look at all of these. Raises JobsRefused when so many are wrong that the rest is not worth a look."""
        judged, pairs = self.judged, 0
        for number, line in zip(count(), jobs, strict=False):
            if number >= MOST_IN_BULK:
                raise exceptions.ValidationError({"jobs": TOO_MANY})
            judged.total = number + 1
            where = line.number
            self._lines.append(where)
            if line.wrong:
                self._note(number, {line.field: line.wrong}, where)
                continue
            try:
                asked = self._in_zone(read_job(line.job))
                judged.new[number] = new = self._checks.check(asked, self._key_of(number))
            except serializers.ValidationError as error:
                self._note(number, error.detail, where)
            except ValidationError as error:
                if self._key is not None and set(error.message_dict) == {"run_at"}:
                    self._passed[number] = asked, error, where  # a repeat may come after its time has passed
                else:
                    self._note(number, error.message_dict, where)
            else:
                pairs += len(new.waits_for)
                if problems := rules.pairs_problems(pairs):
                    raise exceptions.ValidationError({"jobs": problems})
        self._judge_repeats()
        if not judged.total:
            raise exceptions.ValidationError({"jobs": f"There is no job in it; give 1 to {MOST_IN_BULK:,}."})
        return judged

    def judge_further(self, problems_of: Callable[[rules.NewJob], Mapping[str, Iterable[str]]]) -> None:
        """Note what else is wrong with those that are good until now, by field. Raises JobsRefused."""
        for number, new in list(self.judged.new.items()):
            if problems := problems_of(new):
                del self.judged.new[number]
                self._note(number, {name: list(said) for name, said in problems.items()}, self._lines[number])

    def _in_zone(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what a job says, its time as a moment. Raises REST framework's ValidationError."""
        run_at = asked.get("run_at")
        if self._zone is None or run_at is None or run_at.tzinfo is not None:
            return asked
        try:
            return {**asked, "run_at": parsing.in_zone(run_at, self._zone)}
        except parsing.Unreadable as error:
            raise serializers.ValidationError({"run_at": [str(error)]}) from None

    def _key_of(self, number: int) -> str | None:
        return key_of(self._key, number) if self._key else None

    def _judge_repeats(self) -> None:
        """Judge those whose time has passed, and nothing else is wrong, as they were when they came first: if they have
        come before."""
        if not self._passed:
            return
        keys = {self._key_of(number): number for number in self._passed}
        known = Job.objects.filter(created_by_id=self._user_id, idempotency_key__in=list(keys))
        of_before = {keys[key] for key in known.values_list("idempotency_key", flat=True)}
        for number, (asked, error, where) in self._passed.items():
            if number in of_before:
                self.judged.new[number] = self._of_before.check(asked, self._key_of(number))
            else:
                self._note(number, error.message_dict, where)
        self.judged.new = dict(sorted(self.judged.new.items()))

    def _note(self, number: int, detail: object, line: int) -> None:
        judged = self.judged
        judged.wrong += 1
        for error in flattened(detail):
            if len(judged.mistakes) < self._most:
                judged.mistakes.append(Mistake(number, line, error["field"], error["message"]))
        if judged.wrong > MOST_WRONG:
            raise judged.refused()
