"""The sentences by which causes are told: what is stored already stays known, and nobody stores one of his own."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jobs import sentences
from jobs.lateness.deciding import CAUSES_OF_SENTENCES, OF_CALENDARS, cause_of_words
from jobs.lateness.missing import SKIPPED, missed_cause_of
from jobs.models import Job
from jobs.rights.reach import Reach
from jobs.rights.telling import _without_names
from jobs.sentences import Sentence
from jobs.states import State

JOBS = Path(__file__).parents[2] / "jobs"
NOBODY = Reach()
TABLE = {name: one for name, one in vars(sentences).items() if isinstance(one, Sentence)}

# As they stand in tables, with what people and targets say in them: late cause, missed cause, sentence.
STORED = [
    ("pause", None, "The queue 'mail' was paused: Job 7 of the key 'pay' ran at its time."),
    ("pause", None, "The key 'it's\nme' was paused."),
    ("queue_limit", None, "The queue 'mail' was full: 3 of it ran."),
    ("queue_limit", None, "Others had waited longer for the queue 'mail'."),
    ("key", None, "Others had waited longer for the key 'mail'."),
    ("rate", None, "The rate of the queue 'a' and the key 'b' gave it 2030-01-01 12:00:00.500000 UTC."),
    (
        "rate",
        None,
        "The rate of the queue 'a' gave it another moment, since 2030-01-01 12:00:00.500000 UTC had passed: "
        "2030-01-01 12:00:09.500000 UTC.",
    ),
    ("rate", None, "The rate of the key 'b' had no moment for it yet."),
    ("key", "running", "Job 7 of the key 'pay' ran at its time."),
    ("key", "running", "3 jobs of the key 'pay' ran or were about to start at its time and counts for both."),
    ("key", "running", "Job 7 of the key 'pay' was about to start at its time."),
    ("dependencies", None, "It waited for job 7."),
    ("dependencies", None, "It waited for job 7, the last of 3."),
    ("dependencies", None, "It waited for jobs that are not there any more."),
    ("dependencies", None, "It waited for the run of 'closing' of 2030-01-01 12:00:00 UTC."),
    (None, "dependency", "Job 7, which it waited for, failed."),
    (None, "dependency", "The run of 'closing' of 2030-01-01 12:00:00 UTC, after which it comes, was skipped."),
    (None, "dependency", "Its schedule was deleted while it waited for the runs of others."),
    (None, "running", "Job 7, the run of 2030-01-01 12:00:00 UTC, still waited at its time."),
    ("approval", None, "The target shop.refund needs the approval of a second person."),
    ("person", "late", "It could have started 6.0 s after its time; it was to start within 2 s."),
    ("person", None, "The target 'shop.refund' is switched off (it pays twice); an administrator can switch it on."),
    ("target", None, "A worker could not start it: there is no target 'shop.refund'."),
    ("stop", None, "All starts were stopped from 2030-01-01 12:00:00 until 2030-01-01 13:00:00 UTC: The disks move."),
    (None, "calendar", "The calendar 'noon' was closed: a holiday."),
    ("person", None, "The calendar 'noon' cannot be used: it has no time zone."),
    ("person", None, "The calendar 'noon' has no open moment in the two years after 2030-01-01 12:00:00 UTC."),
    (None, None, "Moved from 2030-01-01 12:00:00 UTC by the calendar 'noon': a holiday."),
    (None, None, "It will be skipped: at its time the calendar 'noon' is closed, a holiday."),
    (None, None, "It was moved from the queue 'a' to 'b'."),
    (None, None, "It was paused before its body was entered, and it had been asked to stop."),
]
# Of these no cause is read: by whom it was moved is told by other columns, and the ledger has the last.
NONE = {"MOVED", "WILL_BE_SKIPPED", "STRAYED", "NOT_ENTERED"}


@pytest.mark.parametrize(("late", "missed", "text"), STORED)
def test_what_is_stored_is_told_alike_to_who_sees_all_and_to_who_does_not(late, missed, text):
    for told in (text, _without_names(text, set(), set(), NOBODY)):
        assert cause_of_words(told) == late
        assert missed_cause_of(Job(state=State.SKIPPED, reason=told)) == missed
    assert missed_cause_of(Job(state=State.CANCELLED, reason=text)) is None


def test_each_sentence_has_an_example_and_its_cause():
    found = {name: [text for _, _, text in STORED if one.read(text) is not None] for name, one in TABLE.items()}
    assert {name for name, texts in found.items() if not texts} == set()
    told = {id(one) for one, _ in (*CAUSES_OF_SENTENCES, *SKIPPED)}
    assert {name for name, one in TABLE.items() if id(one) not in told} == NONE
    assert {id(one) for one in OF_CALENDARS} <= {id(one) for one in TABLE.values()}


@pytest.mark.parametrize("moment", ["the last one", "2030-13-01 12:00:00.500000", "2030-01-01"])
def test_a_moment_that_is_none_is_not_read(moment):
    """By SQL, or in the name of a key, anything may stand there: whoever starts jobs reads it."""
    stored = f"The rate of the key 'b' gave it another moment, since {moment} UTC had passed: soon."
    assert sentences.missed_moment(stored) is None
    assert cause_of_words(stored) == "rate"
    good = stored.replace(moment, "2030-01-01 12:00:00.500000")
    assert sentences.missed_moment(good) == datetime(2030, 1, 1, 12, 0, 0, 500_000, UTC)


def test_what_a_person_has_said_is_no_sentence_of_ours():
    assert cause_of_words("He said: The queue 'mail' was paused.") is None
    assert sentences.PAUSED(limit="queue '{x}'", why=": {why}") == "The queue '{x}' was paused: {why}."


WRITERS = (
    "blackouts.py",
    "calendars/opening_hours.py",
    "calendars/placement.py",
    "rights/target_rules.py",
    "transitions/acquiring.py",
    "transitions/admission.py",
    "transitions/dependencies/runs.py",
    "transitions/dependencies/unblock.py",
    "transitions/limits/filling.py",
    "transitions/limits/judge.py",
    "transitions/limits/overtaken.py",
    "transitions/refusals.py",
    "transitions/schedules/lateness.py",
)


# Of who makes way for another, in the audit; of a form; of a job that has failed.
OF_OTHERS = {"Job ", "There is no calendar ", "The ledger refuses this start: "}


def literals(path: Path) -> Iterator[str]:
    """The texts of a module that are no docstrings, of f-strings what comes first."""
    tree = ast.parse(path.read_text())
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    inner = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values[1:]}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs | inner:
            yield node.value


@pytest.mark.parametrize("path", WRITERS)
def test_who_stores_a_sentence_takes_it_from_the_table(path):
    own = {text for text in literals(JOBS / path) if re.match(r"[A-Z][a-z]* [a-z]", text)}
    assert own <= OF_OTHERS


def test_all_who_refuse_a_job_are_among_these():
    calls = re.compile(r"\b(?:Refusal|Placed)\([^)\n]")
    found = {str(path.relative_to(JOBS)) for path in JOBS.rglob("*.py") if calls.search(path.read_text())}
    assert found <= set(WRITERS)
