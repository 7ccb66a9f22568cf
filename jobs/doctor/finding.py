"""Finding of the doctor: how one thing is, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Flag, StrEnum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobs.doctor.patient import Patient


class Verdict(StrEnum):
    """Verdicts, worst first."""

    BAD = "bad"  # jobs do not start, start late or may be lost
    WARN = "warn"  # it will come to that, or others can do harm
    UNKNOWN = "unknown"  # it could not be looked at
    NOTE = "note"  # worth knowing, and perhaps meant so
    OK = "ok"

    @property
    def rank(self) -> int:
        """Return its place among them, 0 for the worst."""
        return list(Verdict).index(self)


@dataclass(frozen=True)
class Finding:
    """Thing that was found: a sentence, the `figure` that it rests on, and a `remedy`, which names a command or a
    place. Both may be empty."""

    verdict: Verdict
    sentence: str
    figure: str = ""
    remedy: str = ""


def ok(sentence: str, figure: object = "") -> Finding:
    return Finding(Verdict.OK, sentence, str(figure))


def note(sentence: str, remedy: str = "", figure: object = "") -> Finding:
    return Finding(Verdict.NOTE, sentence, str(figure), remedy)


def warn(sentence: str, remedy: str, figure: object = "") -> Finding:
    return Finding(Verdict.WARN, sentence, str(figure), remedy)


def bad(sentence: str, remedy: str, figure: object = "") -> Finding:
    return Finding(Verdict.BAD, sentence, str(figure), remedy)


def unknown(sentence: str, remedy: str = "", figure: object = "") -> Finding:
    return Finding(Verdict.UNKNOWN, sentence, str(figure), remedy)


class Needs(Flag):
    """Conditions that must be met before a check can look."""

    NOTHING = 0
    DATABASE = auto()
    _UP_TO_DATE = auto()
    TABLES = DATABASE | _UP_TO_DATE
    BROKER = auto()


@dataclass(frozen=True)
class Check:
    """A thing that is looked at. `about`: which, for docs/doctor.md; `look` returns what was found, at least one."""

    name: str
    about: str
    look: Callable[[Patient], Iterable[Finding]]
    needs: Needs = Needs.NOTHING
