"""Rows of the audit in words: what was asked of what, and what it was before and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse

from jobs import exactjson
from jobs.models import Audit, Subject
from jobs.web.appearance.times import local

LONGEST = 200  # characters of a value that are shown
FIRST = 4  # changes that are shown unfolded
# Filters of the list of jobs by which what has this name is found there.
AMONG_JOBS = {Subject.QUEUE: "queue", Subject.KEY: "key", Subject.TARGET: "target", Subject.WORKER: "worker"}
BY_NAME = {Subject.TRIGGER: "api-trigger", Subject.CALENDAR: "api-calendar", Subject.OPERATION: "operation"}
PAGES = {
    Subject.STOP: "stop",
    Subject.TOKEN: "tokens",
    Subject.VIEW: "views",
    Subject.PROPOSAL: "proposals",
    Subject.FORM: "forms",
}


def in_words(name: str) -> str:
    """Write a name of ours for people: `run_at` is `run at`."""
    return name.replace("_", " ")


class Changed(NamedTuple):
    """Change of a part of something; empty: there was, or is, none."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Row:
    """A row of the audit as the page shows it."""

    audit: Audit

    @property
    def what(self) -> str:
        return in_words(self.audit.verb)

    @property
    def kind(self) -> str:
        return in_words(self.audit.subject)

    @property
    def of(self) -> str:
        """Return what it is called: a job by its id, all else by its name."""
        return str(self.audit.job_id) if self.audit.job_id else self.audit.name

    @property
    def address(self) -> str:
        """Return where it is shown; empty where it has no page."""
        subject = Subject(self.audit.subject) if self.audit.subject in Subject.values else None
        if self.audit.job_id:
            return reverse("job", args=[self.audit.job_id])
        if subject is None or not self.audit.name:
            return ""
        if subject in AMONG_JOBS:
            return f"{reverse('jobs')}?{urlencode({AMONG_JOBS[subject]: self.audit.name})}"
        try:
            if subject in BY_NAME:
                return reverse(BY_NAME[subject], args=[self.audit.name])
        except NoReverseMatch:  # a name of before, which no address has
            return ""
        return reverse(PAGES[subject]) if subject in PAGES else ""

    @property
    def alike(self) -> str:
        """Return the query string that finds all that was asked of the same thing."""
        if self.audit.job_id:
            return urlencode({"job": self.audit.job_id})
        return urlencode({"subject": self.audit.subject, "name": self.audit.name}) if self.audit.name else ""

    @property
    def became_another(self) -> bool:
        """Return whether it has changed a job's state."""
        return self.audit.from_state is not None and self.audit.from_state != self.audit.to_state

    @cached_property
    def changes(self) -> list[Changed]:
        return list(changes(self.audit.before, self.audit.after))

    @property
    def first(self) -> list[Changed]:
        return self.changes[:FIRST]

    @property
    def others(self) -> list[Changed]:
        return self.changes[FIRST:]


def changes(before: Any, after: Any) -> Iterator[Changed]:
    """Yield what is another after than before, in words."""
    was, became = _as_mapping(before), _as_mapping(after)
    for name in {**became, **was}:
        one, other = _worded(was.get(name)), _worded(became.get(name))
        if one != other:
            yield Changed(in_words(name.removesuffix("_id")), one, other)


def _as_mapping(described: Any) -> Mapping[str, Any]:
    return described if isinstance(described, Mapping) else {}


def _worded(value: Any) -> str:
    """Write a value for people; empty where there is none."""
    if value is None or value in ("", [], {}):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        text = ", ".join(value)
    else:
        text = _moment(value) if isinstance(value, str) else exactjson.dumps(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _moment(text: str) -> str:
    """Write a time as everywhere, if it is one."""
    if len(text) < len("2026-12-31T23:59:59+00:00") or text[10:11] != "T":
        return text
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return local(moment) if moment.tzinfo is not None else text
