"""Rules that stand beside the type of a field in NewJob: how its values are judged, and with which sentences.

pydantic calls these rules; forms and REST read their bounds and sentences.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import TextChoices
from pydantic import GetCoreSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from jobs.rules.problems import argument_problems, labels_problems, payload_problems, run_at_problems, text_problems

REFUSED = "refused"  # pydantic's type of the errors that carry sentences of ours
KIND_PATTERN = r"[1-5]xx|[1-5][0-9]{2}|[A-Za-z_][A-Za-z0-9_]{0,99}"  # of ends; see docs/states.md


@dataclass(frozen=True)
class Absent:
    """Meaning of no value, for the help: `however long`."""

    means: str


class Made:
    """Marks a field that no form and no body has: it is made of the others, or comes with the request."""


class Rule:
    """Judges the values of a field when a job is checked (pydantic's context is the moment of that), and not when a
    program makes a NewJob past the rules (there is no context then)."""

    judged_before_its_type = False

    def problems(self, value: Any, job: Mapping[str, Any], now: datetime) -> list[str]:
        """Return what is wrong, a sentence each with its remedy. `job`: the good values of the fields before it."""
        raise NotImplementedError

    def kept(self, value: Any, now: datetime) -> Any:
        """Return a good value as the job keeps it."""
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        inner = handler(source)
        if self.judged_before_its_type:
            return core_schema.with_info_before_validator_function(self._judge, inner)
        return core_schema.with_info_after_validator_function(self._judge, inner)

    def _judge(self, value: Any, info: ValidationInfo) -> Any:
        if info.context is None:
            return value
        if problems := self.problems(value, info.data, info.context):
            raise PydanticCustomError(REFUSED, "refused", {"problems": problems})
        return self.kept(value, info.context)


@dataclass(frozen=True)
class Judged(Rule):
    """Rule for values that a function judges, which others call, too."""

    by: Callable[[Any], list[str]]

    def problems(self, value: Any, job: Mapping[str, Any], now: datetime) -> list[str]:
        return self.by(value)


@dataclass(frozen=True)
class Length(Rule):
    """Text of at most so many characters. Where there may be none, the empty text is none."""

    limit: int
    nullable: bool = False

    def problems(self, value: str | None, job: Mapping[str, Any], now: datetime) -> list[str]:
        return text_problems(value or "", self.limit)

    def kept(self, value: str | None, now: datetime) -> str | None:
        return value or None if self.nullable else value


@dataclass(frozen=True)
class Choice(Rule):
    """Rule for a word of an enumeration."""

    of: type[TextChoices]

    def problems(self, value: str, job: Mapping[str, Any], now: datetime) -> list[str]:
        if value in self._words:
            return []
        return [f"{value[:100]!r} is not known; give {', '.join(self._words[:-1])} or {self._words[-1]}."]

    @cached_property
    def _words(self) -> list[str]:
        return list(self.of.values)


@dataclass(frozen=True)
class Bounds(Rule):
    """A whole number from `low` to `high`; `sentence` says so, with both in braces. None, where the type has it."""

    low: int
    high: int
    sentence: str

    def problems(self, value: int | None, job: Mapping[str, Any], now: datetime) -> list[str]:
        if value is None or self.low <= value <= self.high:
            return []
        return [self.sentence.format(low=self.low, high=self.high)]

    @property
    def not_whole(self) -> str:
        """Sentence for what is no whole number at all."""
        return f"This is not a whole number; give {self._some}."

    @property
    def too_long(self) -> str:
        """Sentence for a number with so many digits that nobody reads it."""
        return f"This number is too long; give {self._some}."

    @property
    def _some(self) -> str:
        return f"{self.low} to {self.high}"


class Seconds(Bounds):
    """Rule for a span in whole seconds, or None."""

    @property
    def not_whole(self) -> str:
        return "This is not a whole number of seconds; give one, or nothing."

    @property
    def _some(self) -> str:
        return "a number of seconds, or nothing"


class Starts(Bounds):
    """Rule for how many starts a job may have. A `rerunnable` one has more than `low`, all others just as many."""

    def problems(self, value: int | None, job: Mapping[str, Any], now: datetime) -> list[str]:
        rerunnable = job.get("rerunnable")  # None: nobody knows, it is wrong itself
        if rerunnable and not self.low < (value or 0) <= self.high:
            return [self.sentence.format(low=self.low + 1, high=self.high)]
        if rerunnable is False and value != self.low:
            return ["Only a rerunnable job may have more than 1 start; declare it rerunnable, or leave this at 1."]
        return []

    @property
    def _some(self) -> str:
        return f"{self.low}, or {self.low + 1} to {self.high} for a rerunnable job"


@dataclass(frozen=True)
class Many(Rule):
    """A list of at most so many; `too_many` says so, with {count} and {most}."""

    most: int
    too_many: str

    def problems(self, value: Sequence[Any], job: Mapping[str, Any], now: datetime) -> list[str]:
        if len(value) > self.most:
            return [self.too_many.format(count=len(value), most=self.most)]
        return []


class Ends(Many):
    """Kinds of ends after which a rerunnable job starts again."""

    def problems(self, value: Sequence[str], job: Mapping[str, Any], now: datetime) -> list[str]:
        if value and job.get("rerunnable") is False:
            return ["Only a rerunnable job may start again after an end; declare it rerunnable, or leave this empty."]
        if found := super().problems(value, job, now):
            return found
        wrong = [kind for kind in value if not re.fullmatch(KIND_PATTERN, kind)]
        if wrong:
            return [
                f"{wrong[0][:100]!r} is no kind of end; give failure, unknown (sent, not answered), unsent, a status "
                "such as 503 or 5xx, or the name of a Python exception such as TimeoutError."
            ]
        return []


class JobIds(Many):
    """Ids of other jobs, kept in their order and once each."""

    def problems(self, value: Sequence[int], job: Mapping[str, Any], now: datetime) -> list[str]:
        if found := super().problems(value, job, now):
            return found
        wrong = [pk for pk in value if not 0 < pk < 2**63]
        return [f"{str(wrong[0])[:30]} is not the id of a job; ids are whole numbers from 1 on."] if wrong else []

    def kept(self, value: Sequence[int], now: datetime) -> tuple[int, ...]:
        return tuple(sorted(set(value)))


class Names(Many):
    """Names of other things, kept in their order and once each. Whether there are such is for others to say."""

    def kept(self, value: Sequence[str], now: datetime) -> tuple[str, ...]:
        return tuple(dict.fromkeys(value))


class Time(Rule):
    """A moment with a zone that has not passed; kept as `now` if it has passed by no more than JUST_NOW."""

    def problems(self, value: datetime, job: Mapping[str, Any], now: datetime) -> list[str]:
        return run_at_problems(value, now)

    def kept(self, value: datetime, now: datetime) -> datetime:
        return max(value, now)


class Arguments(Rule):
    """A JSON object that can be stored, and that the `target` takes."""

    judged_before_its_type = True

    def problems(self, value: object, job: Mapping[str, Any], now: datetime) -> list[str]:
        found = payload_problems(value)
        return found if found or "target" not in job else argument_problems(job["target"], value)


class Labels(Rule):
    """Texts by keys, that can be looked for."""

    judged_before_its_type = True

    def problems(self, value: object, job: Mapping[str, Any], now: datetime) -> list[str]:
        return labels_problems(value)
