"""Refusals of what a program asks for, in REST's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.db import DatabaseError, InterfaceError

from jobs.api.problems import Problem, problem_of


class Refused(Exception):
    """Refusal of a request: nothing was done. `str()` of it is for people.

    `kind` is REST's name for it, in docs/problems.md: `invalid`, `conflict`, `not-found`, `permission-denied`,
    `key-reused`. `problems`: sentences by field, each says what is wrong and what to do; of many jobs by names such as
    `jobs.3.target`."""

    def __init__(self, kind: str, detail: str, problems: Mapping[str, list[str]] | None = None) -> None:
        super().__init__(detail)
        self.kind = kind
        self.problems: Mapping[str, list[str]] = problems or {}

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.kind, str(self), dict(self.problems)))


@contextmanager
def refusing() -> Iterator[None]:
    """Raise as Refused what REST would answer with a problem. A database that is away stays what it is."""
    try:
        yield
    except (DatabaseError, InterfaceError, Refused):
        raise
    except Exception as error:
        problem = problem_of(error)
        if problem is None:
            raise
        raise _refused(problem) from None


def _refused(problem: Problem) -> Refused:
    problems: dict[str, list[str]] = {}
    for one in problem.errors:
        problems.setdefault(one["field"], []).append(one["message"])
    return Refused(problem.kind, problem.detail, problems)
