"""Faults of a new job, one list for all ways in: what is asked for, which field is wrong, and what is said of it.

A new way in takes its part in ways.py; a new rule gets its line here, once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
LATER = "2030-01-01T13:00:00+00:00"
GOOD: dict[str, Any] = {"target": "demo.sleep", "payload": {"seconds": 1}, "run_at": LATER}
RERUNNABLE = {"rerunnable": True, "max_attempts": 2}


@dataclass(frozen=True)
class Case:
    """`asked`: what is another than in GOOD, as JSON has it. `says`: the sentence, or a part of it. `only`: the ways
    that can ask for this at all; None: all."""

    fault: str
    asked: dict[str, Any]
    field: str
    says: str
    only: frozenset[str] | None = field(default=None)


# In a form every value is text, lists and labels have their own spelling, and nothing is null.
PROGRAMS = frozenset({"rest", "python", "command"})

CASES = [
    Case("a target that nobody knows", {"target": "demo.slep"}, "target", "Did you mean 'demo.sleep'?"),
    Case("a function that is no target", {"target": "os.system"}, "target", "Known are: command, demo.fail"),
    Case("a target that is a number", {"target": 5}, "target", "This must be text in quotes.", PROGRAMS),
    Case("no target", {"target": None}, "target", "This field may not be null.", PROGRAMS),
    Case("an unknown argument", {"payload": {"secs": 1}}, "payload", "Argument 'secs' is not known: demo.sleep takes"),
    Case("an argument of another type", {"payload": {"seconds": "1"}}, "payload", "Argument 'seconds' is wrong"),
    Case("a missing argument", {"target": "demo.log", "payload": {}}, "payload", "Argument 'message' is missing"),
    Case("a payload that is a list", {"payload": [1]}, "payload", "The payload must be a JSON object such as"),
    Case("NaN", {"payload": {"seconds": float("nan")}}, "payload", "no NaN or Infinity"),
    Case("NUL in a payload", {"target": "demo.log", "payload": {"message": "\0"}}, "payload", "the character NUL"),
    Case("a payload too long", {"target": "demo.log", "payload": {"message": "x" * 70_000}}, "payload", "is 65536"),
    Case("a time that has passed", {"run_at": "2030-01-01T11:59:54+00:00"}, "run_at", "This time is in the past (it"),
    Case("a time without a zone", {"run_at": "2099-01-01T00:00:00"}, "run_at", "has no zone; write it", PROGRAMS),
    Case("a time beyond all", {"run_at": "9999-12-31T23:59:59+00:00"}, "run_at", "is beyond the year 9999"),
    Case("a time that is none", {"run_at": "soon"}, "run_at", "This is not a date and time up to", PROGRAMS),
    Case("a time that is null", {"run_at": None}, "run_at", "This field may not be null.", PROGRAMS),
    Case("a time that is a number", {"run_at": 5}, "run_at", "This must be a time as text, like 2026", PROGRAMS),
    Case("a queue with a space", {"queue": "a b"}, "queue", "A queue's name has 1 to 100 letters"),
    Case("a queue of the broker's", {"queue": "amq.x"}, "queue", "which brokers keep for themselves."),
    Case("a long name", {"name": "x" * 201}, "name", "This has 201 characters; shorten it to 200."),
    Case("a label with a wrong key", {"labels": {"a b": "c"}}, "labels", "'a b' is no key of a label; one has"),
    Case("a long label", {"labels": {"a": "x" * 101}}, "labels", "has 101 characters; shorten it to 100."),
    Case("a label that is a number", {"labels": {"a": 1}}, "labels", "must be text in quotes", PROGRAMS),
    Case("labels that are a list", {"labels": []}, "labels", "The labels must be a JSON object of texts", PROGRAMS),
    Case("starts of what may start once", {"max_attempts": 2}, "max_attempts", "Only a rerunnable job may have more"),
    Case("one start for a rerunnable one", {"rerunnable": True}, "max_attempts", "has 2 to 100 starts"),
    Case("too many starts", {"rerunnable": True, "max_attempts": 101}, "max_attempts", "has 2 to 100 starts"),
    Case("starts in words", {"max_attempts": "many"}, "max_attempts", "This is not a whole number; give 1, or 2 to"),
    Case("perhaps rerunnable", {"rerunnable": "perhaps"}, "rerunnable", "neither true nor false", PROGRAMS),
    Case("again after no end at all", {**RERUNNABLE, "retry_on": ["6xx"]}, "retry_on", "'6xx' is no kind of end"),
    Case("again although not rerunnable", {"retry_on": ["failure"]}, "retry_on", "Only a rerunnable job may start"),
    Case("ends as one text", {**RERUNNABLE, "retry_on": "failure"}, "retry_on", "This must be a list.", PROGRAMS),
    Case("no time to start", {"start_within": 0}, "start_within", "Give 1 to 31622400 seconds, or nothing"),
    Case("a span in words", {"start_within": "soon"}, "start_within", "This is not a whole number of seconds; give"),
    Case("no time to run", {"deadline": 0}, "deadline", "Give 1 to 31622400 seconds, or nothing"),
    Case(
        "a policy that is none", {"if_late": "never"}, "if_late", "'never' is not known; give skip or hold.", PROGRAMS
    ),
    Case("a long key", {"key": "k" * 201}, "key", "This has 201 characters; shorten it to 200."),
    Case("none of a key", {"key": "k", "key_limit": 0}, "key_limit", "Of one key 1 to 1000 jobs may run at a time"),
    Case("an overlap that is none", {"overlap": "no"}, "overlap", "'no' is not known; give allow, skip", PROGRAMS),
    Case("a calendar that is not there", {"calendar": "office"}, "calendar", "There is no calendar 'office'"),
    Case("a job that is not there", {"waits_for": [2**62]}, "waits_for", f"There is no job {2**62}"),
    Case("an id that is none", {"waits_for": [0]}, "waits_for", "0 is not the id of a job"),
    Case("a field that nobody knows", {"priority": 1}, "priority", "There is no field of this name", PROGRAMS),
]


def at(seconds: float) -> datetime:
    """Return a moment so many seconds after that at which these are asked for."""
    return NOW + timedelta(seconds=seconds)
