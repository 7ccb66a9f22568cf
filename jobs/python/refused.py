"""Refusals of what a program asks for, in REST's words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, InterfaceError

from jobs.api.problems import Problem, problem_of
from jobs.client.refused import Refused

__all__ = ["Refused", "refusing"]


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
    return Refused(problem.kind, problem.detail, problems, problem.more)
