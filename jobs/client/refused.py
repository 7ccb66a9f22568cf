"""Refusals of what is asked for, by whichever way, and the lack of any answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Refused(Exception):
    """Refusal of a request: nothing was done. `str()` of it is for people.

    `kind` is REST's name for it, in docs/problems.md: `invalid`, `conflict`, `not-found`, `permission-denied`,
    `key-reused`. `problems`: sentences by field, each says what is wrong and what to do; of many jobs by names such as
    `jobs.3.target`. `more`: what else the kind says, such as `current` of an edit of what is another by now."""

    def __init__(
        self,
        kind: str,
        detail: str,
        problems: Mapping[str, list[str]] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.problems: Mapping[str, list[str]] = problems or {}
        self.more: Mapping[str, Any] = more or {}

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.kind, str(self), dict(self.problems), dict(self.more)))


class Unreachable(Exception):
    """No answer that could be read: whether anything was done is not known, where the message does not say so."""
