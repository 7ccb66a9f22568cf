"""Reach: which rows a user sees and touches. One rule for REST, admin, pages and forms; which verbs he may use at all
is for his permissions to say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast

from jobs.database import connection
from jobs.models.team import LABEL, Ownership, Team
from jobs.permissions import ALL_TEAMS, VIEW_JOB, VIEW_LIMIT, VIEW_SECRETS

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, PermissionsMixin

NONE: frozenset[str] = frozenset()
BETWEEN = "\x1f"  # the parts of a line: in no name
KINDS = Ownership.Kind

# One array of lines, however many teams there are; as a part of other statements it costs no round trip. A function of
# the database (jobs_standing), whose plan a session keeps: to plan it takes four times as long as to answer it.
STANDING = "jobs_standing({user})"


class Owned(NamedTuple):
    """A thing that a team owns, or a target that it may start."""

    kind: str
    name: str
    team: str


class Row(Protocol):
    """A row that says by its label or its queue whose it is: a job, schedule or trigger."""

    labels: Any
    queue: Any
    target: Any
    created_by_id: Any


@dataclass(frozen=True)
class Reach:
    """`everything`: what any team owns, and nobody. `own_only`: of jobs only those that this user has created, since he
    may not see jobs. `only_queues`, `only_targets`: nothing else, whatever the rest says (a token's scope); None: any.
    `sees_secrets`: also what is secret in arguments, of what he sees. `sees_limits`: of queues that he sees.
    """

    user_id: int | None = None
    everything: bool = False
    own_only: bool = False
    teams: frozenset[str] = NONE
    other_teams: frozenset[str] = NONE
    owned: frozenset[Owned] = field(default=frozenset(), repr=False)
    only_queues: frozenset[str] | None = None
    only_targets: frozenset[str] | None = None
    sees_secrets: bool = False
    sees_limits: bool = False

    @cached_property
    def owners(self) -> Mapping[tuple[str, str], frozenset[str]]:
        """Return which teams own what. Empty where nothing needs it: for everything."""
        found: dict[tuple[str, str], frozenset[str]] = {}
        for one in self.owned:
            found[one.kind, one.name] = found.get((one.kind, one.name), NONE) | {one.team}
        return found

    def names(self, kind: str) -> frozenset[str]:
        """Return the names of what this user's teams own of this kind."""
        return frozenset(one.name for one in self.owned if one.kind == kind and one.team in self.teams)

    def names_of_others(self, kind: str) -> frozenset[str]:
        """Return the names of what only other teams own of this kind."""
        return frozenset(one.name for one in self.owned if one.kind == kind) - self.names(kind)

    @cached_property
    def queues(self) -> frozenset[str]:
        """Return the queues that this user's teams own."""
        return self.names(KINDS.QUEUE)

    @cached_property
    def all_teams(self) -> frozenset[str]:
        """Return the names of all teams; others are only labels. Empty where nothing needs it: for everything."""
        return self.teams | self.other_teams

    def team_of(self, labels: Any, queue: str) -> str | None:
        """Return whose a row with these is; None: nobody's. Knows nothing where everything is in reach."""
        said = labels.get(LABEL) if isinstance(labels, Mapping) else None
        if isinstance(said, str) and said in self.all_teams:
            return said
        return next(iter(self.owners.get((KINDS.QUEUE, queue), NONE)), None)

    def in_scope(self, row: Row) -> bool:
        """Return whether a token's scope, if any, has this row in it."""
        in_queue = self.only_queues is None or row.queue in self.only_queues
        return in_queue and (self.only_targets is None or row.target in self.only_targets)

    def is_own(self, row: Row) -> bool:
        """Return whether this user has created it."""
        return self.user_id is not None and row.created_by_id == self.user_id and self.in_scope(row)

    def sees(self, row: Row) -> bool:
        """Return whether this row may be shown, to a user who may see such rows at all."""
        return self.is_own(row) or self.touches(row)

    def sees_job(self, job: Row) -> bool:
        """Return whether this job may be shown: of those who may not see jobs, only to its creator."""
        return self.is_own(job) if self.own_only else self.sees(job)

    def touches(self, row: Row) -> bool:
        """Return whether this row may be changed, by a user who may change such rows at all: what his teams own, and
        what he has made that nobody owns."""
        if not self.in_scope(row):
            return False
        if self.everything:
            return True
        team = self.team_of(row.labels, row.queue)
        return self.is_own(row) if team is None else team in self.teams

    @property
    def is_whole(self) -> bool:
        """Return whether it has all that there is, also what belongs to nobody, such as workers."""
        return self.everything and self.only_queues is None and self.only_targets is None

    def has(self, kind: str, name: str) -> bool:
        """Return whether this user may change what is owned by its name: a queue, key or calendar."""
        if self.is_whole:
            return True
        in_scope = self.only_targets is None and (self.only_queues is None or kind == KINDS.QUEUE)
        in_scope = in_scope and (self.only_queues is None or name in self.only_queues)
        return in_scope and (self.everything or name in self.names(kind))

    def scoped(self, *, queues: Iterable[str] | None = None, targets: Iterable[str] | None = None) -> Reach:
        """Return this reach within a token's scope; None: any."""
        return replace(
            self,
            only_queues=None if queues is None else frozenset(queues),
            only_targets=None if targets is None else frozenset(targets),
        )


EVERYTHING = Reach(everything=True)


def reach_of(user: AbstractBaseUser | AnonymousUser | None) -> Reach:
    """Return what this user reaches: kept with him, who is read anew for each request. One statement, and none for
    those who reach everything. None is a program, or plain SQL."""
    if user is None:
        return EVERYTHING
    kept: Reach | None = getattr(user, "_reach", None)
    if kept is None:
        kept = _asked(user)
        keep(user, kept)
    return kept


def keep(user: AbstractBaseUser | AnonymousUser, reach: Reach) -> None:
    """Have this be what the user reaches, in this request: one who came by a token is told with it."""
    user._reach = reach  # type: ignore[union-attr]


def needs_standing(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Return whether his teams decide what this user reaches."""
    return not (user.is_superuser or cast("PermissionsMixin", user).has_perm(ALL_TEAMS))  # type: ignore[union-attr]


def made_of(user: AbstractBaseUser | AnonymousUser, lines: Iterable[str]) -> Reach:
    """Return what this user reaches by what STANDING has said of him."""
    has_perm = cast("PermissionsMixin", user).has_perm
    of_user = Reach(
        user_id=user.pk,
        own_only=not has_perm(VIEW_JOB),
        sees_secrets=has_perm(VIEW_SECRETS),
        sees_limits=has_perm(VIEW_LIMIT),
    )
    if not needs_standing(user):
        return replace(of_user, everything=True)
    mine: set[str] = set()
    others: set[str] = set()
    owned: set[Owned] = set()
    for line in lines:
        team, is_member, *what = line.split(BETWEEN, 3)
        (mine if is_member == "t" else others).add(team)
        if what:
            owned.add(Owned(what[0], what[1], team))
    return replace(
        of_user,
        everything=not mine and not others,  # without teams nothing is narrowed
        teams=frozenset(mine),
        other_teams=frozenset(others),
        owned=frozenset(owned),
    )


def reach_of_team(name: str) -> Reach:
    """Return what belongs to this team, by its label or by a queue that it owns. Two statements."""
    return replace(_of_all_teams(), teams=frozenset({name}))


def are_of_one_team(one: Row, other: Row) -> bool:
    """Return whether both belong to the same team, or both to nobody. Two statements."""
    known = _of_all_teams()
    return known.team_of(one.labels, one.queue) == known.team_of(other.labels, other.queue)


def _of_all_teams() -> Reach:
    owned = Ownership.objects.values_list("kind", "name", "team__name")
    names = frozenset(Team.objects.values_list("name", flat=True))
    return Reach(other_teams=names, owned=frozenset(Owned(*one) for one in owned))


def _asked(user: AbstractBaseUser | AnonymousUser) -> Reach:
    if user.pk is None or not user.is_active:
        return Reach()
    lines: list[str] = []
    if needs_standing(user):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {STANDING.format(user='%s')}", [user.pk])
            (lines,) = cursor.fetchone()
    return made_of(user, lines)
