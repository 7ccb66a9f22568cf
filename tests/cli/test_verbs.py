"""Verbs of the command line: the same words do the same by `manage.py jobs` and by `runat`."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User

from jobs.models import Audit, Job
from jobs.states import State
from tests.cli.conftest import Shell

TOMORROW = ("--run-at", "2099-01-01T09:00:00Z")
SLEEP = ("create", "demo.sleep", "seconds:=0.1", *TOMORROW)


def created(shell: Shell, *words: str) -> Any:
    said = shell(*SLEEP, "--json", *words)
    assert said.code == 0, said.err
    return said.json


def test_a_job_is_created_with_its_fields(shell: Shell, ada: User):
    job = created(shell, "--queue", "mail", "--label", "team:pay", "--name", "nightly", "--deadline", "60")

    row = Job.objects.get(pk=job["id"])
    assert (row.target, row.queue, row.labels, row.name, row.deadline) == (
        "demo.sleep",
        "mail",
        {"team": "pay"},
        "nightly",
        60,
    )
    assert row.created_by == ada
    assert job["attempts"] == []


def test_people_hear_it_in_a_sentence(shell: Shell):
    said = shell(*SLEEP)

    job = Job.objects.get()
    expected = f"Job {job.pk} was created: demo.sleep, queue default, at 2099-01-01 09:00:00Z, pending.\n"
    assert (said.code, said.out, said.err) == (0, expected, "")


def test_a_key_that_was_used_creates_nothing_again(shell: Shell):
    first = created(shell, "--idempotency-key", "pay 11")
    second = shell(*SLEEP, "--idempotency-key", "pay 11")

    assert second.out.startswith(f"Job {first['id']} was created with this key before: ")
    assert Job.objects.count() == 1


def test_the_list_takes_filters_as_text(shell: Shell):
    mail = created(shell, "--queue", "mail")
    created(shell, "--queue", "pay")

    assert [row["id"] for row in shell("list", "queue:mail", "state:pending", "--json").lines] == [mail["id"]]
    assert [row["queue"] for row in shell("list", "--limit", "1", "--json").lines] == ["pay"]
    table = shell("list", "--limit", "5", "queue:mail").out.splitlines()
    assert table[0].split() == [
        *("id", "state", "target", "name", "queue", "run", "at"),
        *("delay", "ms"),
        *("duration", "ms"),
        "held",
        "by",
    ]
    assert table[1].split()[:3] == [str(mail["id"]), "pending", "demo.sleep"]
    assert len(table) == 2


def test_a_wrong_filter_is_refused_with_its_place(shell: Shell):
    said = shell("list", "stat:failed")

    assert said.code == 1
    assert said.out == ""
    assert said.err.startswith("q: ")
    assert "state" in said.err


def test_none_is_said(shell: Shell):
    assert shell("list", "queue:nowhere").out == "No job is found by this.\n"
    assert shell("list", "queue:nowhere", "--json").out == ""


def test_a_job_is_shown_whole(shell: Shell):
    job = created(shell)

    assert shell("show", str(job["id"]), "--json").json["id"] == job["id"]
    assert shell("show", str(job["id"])).out.startswith(f"Job {job['id']}: pending\n")


def test_a_job_that_is_not_there_is_refused(shell: Shell):
    said = shell("show", str(2**62))

    assert (said.code, said.err) == (1, f"There is no job {2**62}.\n")


def test_a_job_is_edited_and_keeps_its_other_arguments(shell: Shell):
    job = shell("create", "demo.log", "message=a", *TOMORROW, "--json").json

    said = shell("edit", str(job["id"]), "--queue", "mail", "message=b", "--reason", "it moved", "--json")

    assert said.code == 0, said.err
    row = Job.objects.get(pk=job["id"])
    assert (row.queue, row.payload, row.version) == ("mail", {"message": "b"}, 2)
    assert Audit.objects.get(job_id=row.pk).reason == "it moved"


def test_an_edit_of_another_version_is_refused_with_what_it_is_by_now(shell: Shell):
    job = created(shell)
    shell("edit", str(job["id"]), "--queue", "mail")

    said = shell("edit", str(job["id"]), "--queue", "pay", "--if-version", "1", "--json")

    assert said.code == 1
    assert '"kind": "precondition-failed"' in said.err
    assert '"queue": "mail"' in said.err


def test_a_job_is_moved_run_cancelled_and_retried(shell: Shell, ada: User):
    number = str(created(shell)["id"])

    assert shell("reschedule", number, "2099-02-01T00:00:00Z").code == 0
    assert shell("cancel", number, "--reason", "twice").code == 0
    assert shell("retry", number).code == 0
    assert shell("run-now", number).code == 0

    row = Job.objects.get()
    assert row.state == State.PENDING
    assert row.run_at.year < 2099
    story = list(Audit.objects.filter(job_id=row.pk).order_by("id").values_list("verb", "reason", "by__username"))
    assert story == [
        ("reschedule", "", "ada"),
        ("cancel", "twice", "ada"),
        ("retry", "", "ada"),
        ("run_now", "", "ada"),
    ]


def test_of_several_jobs_those_that_can_be_are_cancelled(shell: Shell):
    first, second = created(shell)["id"], created(shell)["id"]
    shell("cancel", str(first))

    said = shell("cancel", str(first), str(second))

    assert said.code == 1
    assert said.err == f"Only a job that has not ended can be cancelled; job {first} is cancelled.\n"
    assert said.out == (f"Job {second} was cancelled: demo.sleep, queue default, at 2099-01-01 09:00:00Z, cancelled.\n")


def test_a_dry_run_changes_nothing(shell: Shell):
    job = created(shell)
    number = str(job["id"])
    before = Job.objects.values().get()

    for words in (
        SLEEP,
        ("edit", number, "--queue", "mail"),
        ("cancel", number),
        ("run-now", number),
        ("reschedule", number, "2099-02-01T00:00:00Z"),
    ):
        said = shell(*words, "--dry-run")
        assert said.code == 0, said.err
        assert "would be" in said.out

    assert Job.objects.values().get() == before
    assert not Audit.objects.exists()


def test_somebody_without_the_right_is_refused(shell: Shell, ada: User):
    job = created(shell)
    ada.user_permissions.clear()
    for kept in ("_perm_cache", "_user_perm_cache"):
        if hasattr(ada, kept):
            delattr(ada, kept)

    said = shell("retry", str(job["id"]))

    assert said.code == 1
    assert "jobs.control_job" in said.err


def test_workers_and_queues_are_listed(shell: Shell):
    assert shell("workers").out == "There is no worker: nothing starts.\n"
    assert shell("queues", "--json").out == ""
