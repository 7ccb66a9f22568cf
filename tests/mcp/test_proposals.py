"""Proposals: nothing is done before a person approves, it is done once and in his name, and not where things have
changed since."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs import proposals, transitions
from jobs.clock import clock
from jobs.models import Audit, Calendar, Installation, Job, Kind, Limit, Proposal, Subject
from jobs.rules import ASKED
from jobs.scheduler.history import old_rows
from jobs.states import State
from jobs.transitions.limits import pausing
from jobs.transitions.limits.names import Name
from tests.api.conftest import ahead
from tests.mcp.conftest import ToolError
from tests.monitor.rows import ended, pending
from tests.rights.conftest import page_of

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
WHY = "The invoices came twice."


@pytest.fixture
def job(db):
    return pending(clock.now() + HOUR, name="invoices")


def approve(user, proposal):
    return page_of(user).post(f"/proposals/{proposal}/approve/", follow=True)


def state_of(job):
    return State(Job.objects.get(pk=job.pk).state)


def test_a_proposal_does_nothing_until_it_is_approved_and_then_once(call, viewer, operator, job):
    made = call(viewer, "propose_change_of_job", action="cancel", job_id=job.pk, reason=WHY)
    assert f"Cancel job {job.pk} 'invoices'" in made["preview"]
    assert made["address"].endswith(f"/proposals/#proposal-{made['proposal']}")
    assert state_of(job) == State.PENDING
    assert call(viewer, "show_proposal", proposal_id=made["proposal"])["state"] == "open"
    assert made["preview"].split(" of ")[0] in page_of(viewer).get("/proposals/").content.decode().replace(
        "&#x27;", "'"
    )
    assert f"Job {job.pk} was cancelled." in approve(operator, made["proposal"]).content.decode()
    assert state_of(job) == State.CANCELLED
    said = call(viewer, "show_proposal", proposal_id=made["proposal"])
    assert (said["state"], said["decided_by"]) == ("done", "otto")
    transitions.retry(job.pk, now=clock.now())
    assert "was decided already by otto" in approve(operator, made["proposal"]).content.decode()
    assert state_of(job) == State.PENDING


def test_the_audit_has_both_names_and_the_token(call, viewer, operator, job):
    made = call(viewer, "propose_change_of_job", action="cancel", job_id=job.pk, reason=WHY)
    approve(operator, made["proposal"])
    of_job = Audit.objects.get(job_id=job.pk)
    assert of_job.by_name == "otto"
    assert of_job.reason.startswith(f"{WHY} (proposal {made['proposal']} of vera by the token ")
    first, last = Audit.objects.filter(subject=Subject.PROPOSAL).order_by("id")
    assert (first.verb, first.by_name, first.by_token != "") == ("create", "vera", True)
    assert (last.verb, last.by_name, last.after["outcome"]) == ("change", "otto", "done")


def test_who_may_not_do_it_himself_does_not_approve_it(call, viewer, job):
    made = call(viewer, "propose_change_of_job", action="run_now", job_id=job.pk, reason=WHY)
    answer = approve(viewer, made["proposal"])
    assert answer.status_code == 403
    assert "jobs.control_job" in answer.content.decode()
    assert Proposal.objects.open(clock.now()).count() == 1
    assert b"Approve" not in page_of(viewer).get("/proposals/").content


def test_what_has_changed_since_is_not_done(call, viewer, operator, job):
    made = call(viewer, "propose_change_of_job", action="cancel", job_id=job.pk, reason=WHY)
    transitions.reschedule(job.pk, run_at=clock.now() + 2 * HOUR, now=clock.now())
    text = approve(operator, made["proposal"]).content.decode()
    assert f"Job {job.pk} has changed since this was proposed" in text
    assert state_of(job) == State.PENDING
    assert Proposal.objects.get().outcome == "stale"


def test_after_its_end_nobody_approves_it_and_it_goes_away(call, viewer, operator, job):
    made = call(viewer, "propose_change_of_job", action="cancel", job_id=job.pk, reason=WHY)
    later = clock.now() + proposals.LASTS + HOUR
    decided = proposals.approve(made["proposal"], by=operator, now=later)
    assert (decided.done, "has ended" in decided.why) == (False, True)
    assert state_of(job) == State.PENDING
    Installation.objects.update(retention_on_at=clock.now() - HOUR)
    old_rows(now=later + timedelta(days=29))
    assert Proposal.objects.count() == 1
    old_rows(now=later + timedelta(days=31))
    assert Proposal.objects.count() == 0


def test_a_refused_one_is_never_done(call, viewer, operator, job):
    made = call(viewer, "propose_change_of_job", action="cancel", job_id=job.pk, reason=WHY)
    page_of(operator).post(f"/proposals/{made['proposal']}/refuse/", {"reason": "They did not."})
    assert call(viewer, "show_proposal", proposal_id=made["proposal"])["answer"] == "otto refused it: They did not."
    approve(operator, made["proposal"])
    assert state_of(job) == State.PENDING


def test_a_job_is_moved_and_started_and_retried(call, viewer, operator, job):
    moved = call(viewer, "propose_change_of_job", action="reschedule", job_id=job.pk, run_at=ahead(7200), reason=WHY)
    approve(operator, moved["proposal"])
    assert Job.objects.get(pk=job.pk).run_at > clock.now() + 1.5 * HOUR
    started = call(viewer, "propose_change_of_job", action="run_now", job_id=job.pk, reason=WHY)
    approve(operator, started["proposal"])
    assert Job.objects.get(pk=job.pk).run_at <= clock.now()
    failed = ended(clock.now(), State.FAILED)
    again = call(viewer, "propose_change_of_job", action="retry", job_id=failed.pk, reason=WHY)
    approve(operator, again["proposal"])
    assert state_of(failed) == State.PENDING


def test_a_job_is_created_in_the_name_of_who_approves(call, viewer, operator):
    sent = {"target": "demo.sleep", "payload": {"seconds": 0.1}, "run_at": ahead(), "name": "by a model"}
    made = call(viewer, "propose_new_job", job=sent, reason=WHY)
    assert not Job.objects.exists()
    assert "by a model" in made["preview"]
    for _ in range(2):
        approve(operator, made["proposal"])
    created = Job.objects.get()
    assert (created.name, created.created_by) == ("by a model", operator)
    assert Proposal.objects.get().job_id == created.pk
    assert Proposal.objects.get().arguments == {}


def test_a_job_that_cannot_be_is_refused_in_the_words_of_rest(call, viewer):
    with pytest.raises(ToolError, match="no-such"):
        call(viewer, "propose_new_job", job={"target": "no-such", "payload": {}, "run_at": "now"}, reason=WHY)
    with pytest.raises(ToolError, match="seconds"):
        call(viewer, "propose_new_job", job={"target": "demo.sleep", "payload": {"secs": 1}}, reason=WHY)
    assert not Proposal.objects.exists()


def test_a_time_that_has_passed_meanwhile_is_not_done(call, viewer, operator):
    sent = {"target": "demo.noop", "payload": {}, "run_at": ahead(60)}
    made = call(viewer, "propose_new_job", job=sent, reason=WHY)
    decided = proposals.approve(made["proposal"], by=operator, now=clock.now() + 2 * HOUR)
    assert not decided.done
    assert "Nothing was done" in decided.why
    assert not Job.objects.exists()


def test_a_queue_is_paused(call, viewer, operator):
    made = call(viewer, "propose_pause_of_queue", queue="mail", reason=WHY)
    assert not Limit.objects.exists()
    approve(operator, made["proposal"])
    limit = Limit.objects.get(name="mail")
    assert limit.paused_by == operator
    assert limit.pause_reason.startswith(WHY)
    with pytest.raises(ToolError, match="paused already"):
        call(viewer, "propose_pause_of_queue", queue="mail", reason=WHY)


def test_a_queue_whose_limits_have_changed_is_not_paused(call, viewer, operator):
    made = call(viewer, "propose_pause_of_queue", queue="mail", reason=WHY)
    pausing.limit(Name(Kind.QUEUE, "mail"), now=clock.now(), concurrency=2, rate=None, burst=1)
    assert "have changed since this was proposed" in approve(operator, made["proposal"]).content.decode()
    assert Limit.objects.get().paused_at is None


def test_what_cannot_be_done_is_not_even_proposed(call, viewer, job):
    done = ended(clock.now())
    for asked, says in (
        ({"action": "cancel", "job_id": done.pk}, "is completed"),
        ({"action": "reschedule", "job_id": job.pk}, "run_at"),
        ({"action": "reschedule", "job_id": job.pk, "run_at": "tomorrow-ish"}, "run_at"),
        ({"action": "reschedule", "job_id": job.pk, "run_at": "2001-01-01T00:00:00Z"}, "run_at"),
        ({"action": "cancel", "job_id": job.pk, "run_at": ahead()}, "leave it out"),
    ):
        with pytest.raises(ToolError, match=says):
            call(viewer, "propose_change_of_job", reason=WHY, **asked)
    with pytest.raises(ToolError, match="Say why"):
        call(viewer, "propose_change_of_job", action="cancel", job_id=job.pk, reason="  ")
    assert not Proposal.objects.exists()


def test_a_program_that_goes_round_in_circles_fills_no_page(call, viewer, job, monkeypatch):
    monkeypatch.setattr("jobs.proposals.making.MOST_OPEN", 2)
    for _ in range(2):
        call(viewer, "propose_change_of_job", action="cancel", job_id=job.pk, reason=WHY)
    with pytest.raises(ToolError, match="wait for a decision"):
        call(viewer, "propose_change_of_job", action="cancel", job_id=job.pk, reason=WHY)


def test_a_secret_of_a_proposed_job_is_hidden_on_the_page(call, viewer, operator):
    sent = {"target": "http", "payload": {"url": "https://a.example/", "headers": {"Authorization": "Bearer s3cret"}}}
    made = call(viewer, "propose_new_job", job={**sent, "run_at": ahead()}, reason=WHY)
    assert "s3cret" not in str(made)
    assert "s3cret" not in page_of(operator).get("/proposals/").content.decode()
    assert "s3cret" not in str(list(Audit.objects.values()))


def test_a_payload_is_in_no_preview_and_no_audit(call, viewer, operator):
    sent = {"target": "http", "payload": {"url": "https://a.example/?token=t0ken", "text": "of a pers0n"}}
    made = call(viewer, "propose_new_job", job={**sent, "run_at": ahead()}, reason=WHY)
    approve(operator, made["proposal"])
    kept = str(list(Proposal.objects.values())) + str(list(Audit.objects.filter(subject=Subject.PROPOSAL).values()))
    assert [text for text in ("t0ken", "pers0n") if text in kept] == []


def test_all_that_a_proposed_job_would_have_is_on_its_page(call, operator):
    Calendar.objects.create(name="holidays", time_zone="UTC")
    before = pending(clock.now() + HOUR)
    sent = {
        "target": "demo.sleep",
        "payload": {"seconds": 0.25},
        "run_at": ahead(),
        "key": "the-key-of-payroll",
        "overlap": "cancel",
        "labels": {"team": "finance"},
        "waits_for": [before.pk],
        "max_attempts": 7,
        "rerunnable": True,
        "calendar": "holidays",
        "deadline": 4242,
    }
    call(operator, "propose_new_job", job=sent, reason=WHY)
    (line,) = page_of(operator).get("/proposals/").context["lines"]
    html = page_of(operator).get("/proposals/").content.decode()
    shown = {name: (ASKED[name].label, sent[name]) for name in sent if name not in ("target", "payload", "run_at")}
    assert sorted(line.others, key=str) == sorted(shown.values(), key=str)
    for label, _ in shown.values():
        assert f"<dt>{label}</dt>" in html
    for value in ("the-key-of-payroll", "finance", "cancel", "4242", "holidays", f"{before.pk}"):
        assert value in html
    assert "0.25" in html


def test_what_nobody_has_decided_is_forgotten_at_its_end(call, viewer):
    sent = {"target": "demo.sleep", "payload": {"seconds": 0.25}, "run_at": ahead()}
    made = call(viewer, "propose_new_job", job=sent, reason=WHY)
    one = Proposal.objects.get(pk=made["proposal"])
    old_rows(now=one.ends_at - timedelta(seconds=1))
    assert Proposal.objects.get().arguments != {}
    old_rows(now=one.ends_at)
    assert Proposal.objects.get().arguments == {}


def test_what_nobody_has_decided_in_time_is_shown_as_such(call, viewer, operator, job):
    made = call(viewer, "propose_change_of_job", action="cancel", job_id=job.pk, reason=WHY)
    Proposal.objects.update(created_at=clock.now() - 2 * HOUR, ends_at=clock.now() - HOUR)
    page = page_of(operator).get("/proposals/")
    assert page.context["lines"] == []
    assert [one.pk for one in page.context["page"]] == [made["proposal"]]
    assert "nobody decided it" in page.content.decode()


def test_the_page_asks_as_much_for_many_as_for_one(call, viewer, operator, job):
    call(viewer, "propose_change_of_job", action="cancel", job_id=job.pk, reason=WHY)
    counts = {}
    for user in (operator, viewer):
        for many in (1, 5):
            while Proposal.objects.filter(decided_at=None).count() < many:
                call(viewer, "propose_change_of_job", action="cancel", job_id=job.pk, reason=WHY)
            page = page_of(user)
            with CaptureQueriesContext(connection) as asked:
                assert page.get("/proposals/").status_code == 200
            counts.setdefault(user, []).append(len(asked))
            Proposal.objects.filter(pk__gt=Proposal.objects.earliest("id").pk).delete()
    # Session and user, his permissions, his standing in teams, the proposals that are open, and those that are decided:
    # how many.
    assert all(first == last <= 8 for first, last in counts.values()), counts
