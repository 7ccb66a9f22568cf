"""The filters of the list of jobs, as people see them: a form above the table, and what is active as chips."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

from django.http import QueryDict
from django.urls import reverse
from rest_framework.exceptions import ValidationError

from jobs import targets
from jobs.models import Team, Worker
from jobs.models.job import DEFAULT_QUEUE
from jobs.rights import Reach
from jobs.states import Hold, State
from jobs.web.filter_text import HINTS, LONGEST, Problem, spelled

WHERE = ("start", "before")  # of a page: another filter begins anew
MOST = 200  # names that are offered of what there may be many of

# What a chip says before the value, and the form beside the field.
FILTERS = {
    "q": "Text",
    "id": "Job",
    "state": "State",
    "queue": "Queue",
    "target": "Target",
    "name": "Name",
    "key": "Key",
    "label": "Label",
    "team": "Team",
    "worker": "Worker",
    "failure": "Failure",
    "held": "Held by",
    "later_than": "Later than, s",
    "no_live_worker": "No living worker",
    "run_at_after": "Run at, from",
    "run_at_before": "Run at, before",
    "finished_at_after": "Ended, from",
    "finished_at_before": "Ended, before",
    "created_at_after": "Created, from",
    "created_at_before": "Created, before",
    "batch": "Batch",
}
PLACEHOLDERS = {"label": "team:payroll", "later_than": "5"}
A_TIME = "2026-12-31 23:59"


class Choice(NamedTuple):
    """A value that can be chosen, as it is called."""

    value: str
    text: str


class Field(NamedTuple):
    """A field of the form. `choices` of a list to choose from; `names` of what may be typed, too."""

    name: str
    label: str
    value: str
    id: str
    kind: str = "text"
    choices: tuple[Choice, ...] = ()
    names: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def placeholder(self) -> str:
        return PLACEHOLDERS.get(self.name, A_TIME if self.name.endswith(("_after", "_before")) else "")


class Chip(NamedTuple):
    """An active filter, with the address of the page without it."""

    text: str
    without: str


def without(query: QueryDict, *names: str) -> QueryDict:
    """Return a copy of the query string without these, and without what is empty."""
    kept = query.copy()
    for name, values in query.lists():
        if name in names or not any(values):
            del kept[name]
        else:
            kept.setlist(name, [value for value in values if value])
    return kept


def address(path: str, query: QueryDict, **more: str) -> str:
    """Return the address with this query string, and more in it."""
    for name, value in more.items():
        query[name] = value
    return f"{path}?{query.urlencode(safe=':,')}" if query or not path else path


class StateLink(NamedTuple):
    """State, and the list of the jobs that are in it, for the same filter. `jobs`: how many, COUNT_LIMIT + 1 where
    there are more than are counted; None before they were."""

    state: State
    href: str
    is_chosen: bool
    jobs: int | None = None


def state_links(query: QueryDict, chosen: Iterable[State]) -> list[StateLink]:
    """Return a link to the list of each state, for a query string of the list."""
    only = set(chosen)
    links = []
    for state in State:
        href = address(reverse("jobs"), without(query, "state", *WHERE), state=str(state.label))
        links.append(StateLink(state, href, only == {state}))
    return links


def sentences(error: ValidationError) -> dict[str, list[str]]:
    """Return what is wrong with a query string, by name."""
    found: Any = error.detail
    return {name: [str(one) for one in said] if isinstance(said, list) else [str(said)] for name, said in found.items()}


def queue_names(reach: Reach) -> list[str]:
    """Return the queues that are offered to somebody of this reach: those of workers, and of his teams. A statement."""
    names = {DEFAULT_QUEUE} | Worker.objects.queue_names() | reach.queues
    return sorted(names - reach.names_of_others("queue"))[:MOST]


def target_names(reach: Reach) -> list[str]:
    """Return the targets that are offered to somebody of this reach."""
    return sorted(set(targets.names()) - reach.names_of_others("target"))[:MOST]


def team_names(reach: Reach) -> list[str]:
    """Return the teams of this person; of one who sees everything, all. A statement."""
    if reach.everything:
        return list(Team.objects.values_list("name", flat=True)[:MOST])
    return sorted(reach.teams)[:MOST]


@dataclass(frozen=True)
class Form:
    """The form of a query string. `labels`: what it filters by, as it is called. `problems`: what is wrong with it, by
    name."""

    labels: ClassVar[Mapping[str, str]] = FILTERS
    words: ClassVar[Iterable[tuple[str, str]]] = HINTS.items()
    longest_text: ClassVar[int] = LONGEST

    query: QueryDict
    reach: Reach
    problems: Mapping[str, Iterable[str]] | None = None
    places: tuple[Problem, ...] = ()  # of problems, in the text

    def refused(self, problems: Mapping[str, Iterable[str]], places: Iterable[Problem] = ()) -> Form:
        return replace(self, problems=problems, places=tuple(places))

    @property
    def beside(self) -> list[str]:
        """Return what is wrong with what has no field in the form."""
        shown = {field.name for field in self.fields} | ({"q"} if self.places else set())
        others = {name: said for name, said in (self.problems or {}).items() if name not in shown}
        return [f"{name}: {' '.join(said)}" for name, said in others.items()]

    @property
    def text(self) -> str:
        return self.query.get("q", "")

    @property
    def whole_text(self) -> str:
        """Return all filters as text; one that could not be read as it was typed, before what else is asked for."""
        pairs = [(name, str(value)) for name, values in self.query.lists() for value in values if value]
        if not self.problems:
            return spelled(pairs)
        return " ".join(filter(None, [self.text, spelled(pair for pair in pairs if pair[0] != "q")]))

    @property
    def marked(self) -> list[tuple[str, bool]]:
        """Return the text that could not be read in parts, each with whether something is wrong with it."""
        found, at = [], 0
        for place in self.places:
            if place.start >= at:
                found += [(self.text[at : place.start], False), (self.text[place.start : place.end], True)]
                at = place.end
        return [part for part in (*found, (self.text[at:], False)) if part[0]] if found else []

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """Return what the form keeps, and does not show."""
        return [("sort", self.query.get("sort", ""))] if "sort" in self.query else []

    @property
    def beside_text(self) -> list[tuple[str, str]]:
        """Return what the form of the text keeps."""
        return [(name, str(self.query[name])) for name in ("sort", "page_size") if self.query.get(name)]

    @property
    def chips(self) -> list[Chip]:
        found = []
        for name, label in self.labels.items():
            for value in self.query.getlist(name):
                rest = without(self.query, "start", "before")
                rest.setlist(name, [other for other in rest.getlist(name) if other != value])
                text = label if name == "no_live_worker" else f"{label}: {value}"
                found.append(Chip(text, f"?{rest.urlencode(safe=':,')}"))
        return found

    @cached_property
    def fields(self) -> list[Field]:
        return [
            self._choice("state", [(str(state.label), str(state.label)) for state in State]),
            self._typed("queue", self._queues()),
            self._typed("target", self._targets()),
            self._typed("key"),
            *self._labels(),
            self._choice("team", zip(teams := team_names(self.reach), teams, strict=True)),
            self._typed("worker"),
            self._typed("failure"),
            self._choice("held", [("any", "anything"), ("no", "nothing"), *((one.words, one.words) for one in Hold)]),
            self._typed("later_than", kind="number"),
            self._choice("no_live_worker", [("true", "only these")]),
            *(self._typed(name) for name in FILTERS if name.endswith(("_after", "_before"))),
            self._choice("page_size", [(size, size) for size in ("25", "50", "100", "500")], label="Jobs a page"),
        ]

    def _queues(self) -> list[str]:
        return queue_names(self.reach)

    def _targets(self) -> list[str]:
        return target_names(self.reach)

    def _labels(self) -> list[Field]:
        """Return a field for each label that is asked for, and one for another."""
        values = [*self.query.getlist("label"), ""]
        return [
            self._field("label", value, f"filter-label-{at}", label="Label" if value else "Label, key:value")
            for at, value in enumerate(values)
        ]

    def _typed(self, name: str, names: Iterable[str] = (), *, kind: str = "text") -> Field:
        return self._field(name, self.query.get(name, ""), f"filter-{name}", names=tuple(names), kind=kind)

    def _choice(self, name: str, choices: Iterable[tuple[str, str]], *, label: str = "") -> Field:
        value = self.query.get(name, "")
        known = [Choice(*one) for one in choices]
        if value and value not in {one.value for one in known}:
            known.append(Choice(value, value))
        return self._field(name, value, f"filter-{name}", kind="choice", choices=tuple(known), label=label)

    def _field(self, name: str, value: str, at: str, *, label: str = "", **facts: object) -> Field:
        problems = tuple((self.problems or {}).get(name, ()))
        return Field(name, label or self.labels[name], value, at, problems=problems, **facts)  # type: ignore[arg-type]
