"""manage.py redact: the count first, then what a person has asked for."""

from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError

from jobs.clock import clock
from jobs.models import Audit
from jobs.models.history import find
from tests.conftest import NOW
from tests.history.steps import move
from tests.transitions.steps import again

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _now(monkeypatch):
    monkeypatch.setattr(clock, "current", lambda: NOW)


def said(*words):
    out = StringIO()
    call_command("redact", *words, "--reason", "request 17", stdout=out)
    return out.getvalue()


@pytest.fixture
def person(over, latest):
    """Two jobs of one person, one of them in the history; one of another's; one that has not ended."""

    def make():
        old = over(8, labels={"customer": "4711"})
        latest()
        move()
        return old, over(0.1, labels={"customer": "4711"}), over(0.1, labels={"customer": "4712"})

    return make


def test_by_label_wherever_they_are(person, make_job, ada):
    old, recent, other = person()
    waiting = make_job(labels={"customer": "4711"})
    assert said("--label", "customer:4711", "--dry-run") == f"2 jobs would be redacted: {old.pk}, {recent.pk}.\n"
    assert "2 jobs are redacted." in said("--label", "customer:4711", "--no-input", "--by", "ada")
    assert find(old.pk).redacted_at == again(recent).redacted_at == NOW
    assert again(other).redacted_at is again(waiting).redacted_at is None
    assert {(row.by_name, row.reason) for row in Audit.objects.filter(verb="redact")} == {("ada", "request 17")}
    assert said("--label", "customer:4711", "--dry-run") == "0 jobs would be redacted: none.\n"


def test_by_ids_and_what_cannot_be_is_said(over, make_job):
    job, waiting = over(8), make_job()
    with pytest.raises(CommandError, match=f"1 are not:\nOnly a job that has ended.* job {waiting.pk} is pending"):
        said("--job", str(job.pk), "--job", str(waiting.pk), "--no-input")
    assert again(job).redacted_at == NOW


def test_who_says_no_changes_nothing(over, monkeypatch):
    job, asked = over(8), []
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or "")
    with pytest.raises(CommandError, match="Nothing was changed"):
        said("--job", str(job.pk))
    assert asked == ["Redact 1 jobs? Nothing brings back what they hold. [y/N] "]
    assert again(job).redacted_at is None


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--label", "4711"), "'4711' is no label; write it like customer:4711"),
        (("--job", "7", "--by", "eve"), "There is no user 'eve'"),
        (("--job", "7", "--no-input", "--reason", " "), "Say why"),
    ],
)
def test_what_cannot_be_read_is_refused(words, says):
    with pytest.raises(CommandError, match=says):
        call_command("redact", *(("--reason", "x") if "--reason" not in words else ()), *words)
    assert not User.objects.filter(username="eve").exists()
