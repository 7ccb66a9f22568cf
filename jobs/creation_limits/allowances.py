"""Allowances, who is limited and how: the limits of groups, kept in the process for a few seconds."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from jobs.clock import steady
from jobs.conf import conf
from jobs.creation_limits.bucket import Allowance, Taken, take
from jobs.creation_limits.errors import TooFast, TooMany
from jobs.models import CreationLimit

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

T = TypeVar("T")
KEPT = 5.0  # seconds: after as long a change holds in all processes
MOST_KEPT = 10_000  # users in a process

_known: dict[object, tuple[float, object]] = {}  # when it was read, and what


class Allowances(NamedTuple):
    """Allowances for single jobs, and for bulk requests. None: unlimited."""

    single: Allowance | None
    bulk: Allowance | None


UNLIMITED = Allowances(None, None)


class Drawn(NamedTuple):
    """Budget that was asked, and its answer."""

    is_bulk: bool
    allowance: Allowance
    taken: Taken


@dataclass(frozen=True)
class Admission:
    """The right of a caller to create. `drawn`: what he was told of his budgets, in this order."""

    subject: str
    allowances: Allowances
    drawn: list[Drawn] = field(default_factory=list, compare=False)

    @property
    def limited(self) -> bool:
        """Return whether a single job needs a part of the budget."""
        return self.allowances.single is not None

    def single(self) -> None:
        """Take a job out of the budget. Raises TooFast."""
        self._take(1, self.subject, self.allowances.single, bulk=False)

    def bulk(self, jobs: int) -> None:
        """Take all of these out of the budget for bulk requests, or none. Raises TooFast, or TooMany."""
        self._take(jobs, f"{self.subject}:bulk", self.allowances.bulk, bulk=True)

    def _take(self, jobs: int, subject: str, allowance: Allowance | None, *, bulk: bool) -> None:
        if allowance is None or not jobs:
            return
        if jobs > allowance.burst:
            raise TooMany(allowance, jobs)
        taken = take(subject, jobs, allowance)
        self.drawn.append(Drawn(bulk, allowance, taken))
        if taken.wait:
            raise TooFast(allowance, taken.wait, bulk=bulk)


def admission_of(user: AbstractBaseUser, token: Any = None) -> Admission:
    """Return how this caller is limited: by the most generous limit of the user's groups; without one, a session by the
    limit for everyone, a token not at all.

    A token has its own budget; those that the user has made have one together, as have all sessions. What the database
    said is kept for 5 seconds: one statement, and a second one for a user when any group has a limit.
    """
    limits = _limits()
    groups: set[int] = set()
    if limits.keys() - {None}:
        groups = _kept(user.pk, lambda: set(cast("Any", user).groups.values_list("pk", flat=True)))
    mine = [limits[group] for group in groups if group in limits]
    if not mine and token is None:
        mine = [_of_everyone(limits)]
    return Admission(_subject(user, token), _most_generous(mine) if mine else UNLIMITED)


def admission_of_link(link_id: int) -> Admission:
    """Return how those are limited who come without an account, by one link to a form: all of them together by the
    limit for everyone."""
    return Admission(f"form-link:{link_id}", allowances_of(_of_everyone(_limits())))


def _limits() -> dict[int | None, CreationLimit]:
    return _kept("limits", lambda: {limit.group_id: limit for limit in CreationLimit.objects.all()})


def _of_everyone(limits: Mapping[int | None, CreationLimit]) -> CreationLimit:
    return limits[None] if None in limits else _default()


def _subject(user: AbstractBaseUser, token: Any) -> str:
    """Return whose budget it is. Nobody has more of it by making more tokens."""
    if token is None:
        return f"user:{user.pk}"
    return f"user:{user.pk}:tokens" if token.about.made_by_id == user.pk else f"token:{token.digest[:32]}"


def forget() -> None:
    """Read the limits anew at the next request."""
    _known.clear()


def _kept(key: object, read: Callable[[], T]) -> T:
    at, value = _known.get(key, (-math.inf, None))
    now = steady()
    if now - at > KEPT:
        if len(_known) > MOST_KEPT:
            _known.clear()
        value = read()
        _known[key] = (now, value)
    return cast("T", value)


def _default() -> CreationLimit:
    return CreationLimit(rate=conf().form_creation_rate or None)


def allowances_of(limit: CreationLimit) -> Allowances:
    """Return what a row means. A burst that is not given is what is earned in a second; a bulk rate that is not given,
    the rate of single jobs: a limit that says nothing of bulk requests is no way around itself.
    """
    single = _allowance(limit.rate, limit.burst)
    return Allowances(single, single if limit.bulk_rate is None else _allowance(limit.bulk_rate, limit.bulk_burst))


def _allowance(rate: float | None, burst: int | None) -> Allowance | None:
    return None if rate is None else Allowance(rate, burst or max(1, math.ceil(rate)))


def _most_generous(limits: Iterable[CreationLimit]) -> Allowances:
    single, bulk = zip(*map(allowances_of, limits), strict=True)
    return Allowances(_best(single), _best(bulk))


def _best(allowances: Sequence[Allowance | None]) -> Allowance | None:
    limited = [allowance for allowance in allowances if allowance is not None]
    return max(limited, key=lambda a: (a.rate, a.burst)) if len(limited) == len(allowances) else None
