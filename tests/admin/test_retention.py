"""The page of the rules of retention: what goes, how much of it there is before a rule is saved, and who has made it."""

from datetime import timedelta

import pytest
from django.urls import reverse

from jobs.clock import clock
from jobs.models import Audit, Installation, Job, RetentionRule
from jobs.states import State
from jobs.transitions import keeping
from tests.conftest import NOW
from tests.transitions.steps import again, in_state

pytestmark = pytest.mark.django_db
LIST = "/admin/jobs/retentionrule/"
FORGET = f"{LIST}forget/"
RULE = {"does": "redact", "kind": "queue", "name": "mail", "state": "", "days": "7", "counted": ""}


@pytest.fixture(autouse=True)
def _now(monkeypatch):
    monkeypatch.setattr(type(clock), "current", lambda self: NOW)


@pytest.fixture
def page(admin_client):
    return admin_client


def over(make_job, days=30, **fields):
    job = in_state(lambda: make_job(**fields), State.COMPLETED)
    Job.objects.filter(pk=job.pk).update(finished_at=NOW - timedelta(days=days))
    return job


def shown(response):
    assert response.status_code == 200
    return response.content.decode()


def test_a_rule_about_nothing_is_saved_at_once_and_audited(page):
    assert page.post(f"{LIST}add/", RULE).status_code == 302
    row = RetentionRule.objects.get()
    audit = Audit.objects.get(subject="retention")
    assert (audit.subject, audit.name, audit.verb) == ("retention", "redact queue mail", "create")
    assert audit.after == {"does": "redact", "kind": "queue", "name": "mail", "state": "", "days": 7}
    assert page.post(f"{LIST}{row.pk}/change/", {**RULE, "days": "9"}).status_code == 302
    assert page.post(f"{LIST}{row.pk}/delete/", {"post": "yes"}).status_code == 302
    assert list(Audit.objects.filter(subject="retention").values_list("verb", flat=True)) == [
        "create",
        "change",
        "delete",
    ]


def test_one_about_jobs_says_how_many_first(page, make_job):
    for days, queue in ((30, "mail"), (8, "mail"), (6, "mail"), (30, "other")):
        over(make_job, days, queue=queue)
    asked = page.post(f"{LIST}add/", RULE)
    assert "Now 2 jobs are redacted within a day" in shown(asked)
    assert not RetentionRule.objects.exists()
    seen = {**RULE, "counted": "redact queue mail=7"}
    assert 'value="redact queue mail=7"' in shown(asked)
    assert "Now 3 jobs" in shown(page.post(f"{LIST}add/", {**seen, "days": "5"}))
    assert page.post(f"{LIST}add/", seen).status_code == 302
    assert RetentionRule.objects.get().days == 7


def test_so_does_one_of_removal(page, make_job):
    over(make_job, 30, queue="mail")
    said = shown(page.post(f"{LIST}add/", {**RULE, "does": "remove", "state": "completed"}))
    assert "Now 1 job of those that have not left the table of jobs yet" in said


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"name": ""}, "Name the queue, target or label"),
        ({"kind": "", "name": "mail"}, "Name the queue, target or label"),
        ({"does": "remove", "kind": "", "name": ""}, "Say of which queue, target or state"),
        ({"does": "remove", "kind": "label"}, "Jobs are removed by their queue, target or state"),
        ({"days": "0"}, "1 to 36,500"),
    ],
)
def test_what_is_no_rule_is_refused_with_a_sentence(page, wrong, says):
    assert says in shown(page.post(f"{LIST}add/", {**RULE, **wrong}))
    assert not RetentionRule.objects.exists()


def test_a_second_rule_for_the_same_jobs_is_refused(page):
    page.post(f"{LIST}add/", RULE)
    assert "There is a rule for these jobs already" in shown(page.post(f"{LIST}add/", {**RULE, "days": "8"}))


def test_the_list_says_what_goes_without_rules_and_whether_it_is_on(page, settings):
    settings.JOBS_KEEP = [RetentionRule(kind="queue", name="mail", state="", days=7).as_rule()]
    Installation.current()
    Installation.objects.update(retention_on_at=None)
    assert "Nothing is removed:" in shown(page.get(LIST))
    Installation.objects.update(retention_on_at=NOW)
    text = shown(page.get(LIST))
    assert "failed ones after 180 days" in text
    assert "<code>queue mail=7</code>" in text
    RetentionRule.objects.create(does="remove", kind="queue", name="mail", days=60)
    assert "<code>queue mail=7</code>" not in shown(page.get(LIST))


# --- one job, and all of a person


def test_a_job_is_redacted_on_its_page_and_says_so(page, make_job):
    job = over(make_job, name="mail to Ada")
    address = reverse("admin:jobs_job_change", args=[job.pk])
    assert "Redact…" in shown(page.get(address))
    said = shown(page.post(reverse("admin:jobs_job_redact", args=[job.pk]), {"reason": "request 17"}, follow=True))
    assert "is redacted: its ledger stays" in said
    assert "was redacted at 2030-01-01" in said
    assert "Redact…" not in said
    assert "Ada" not in said


def test_all_with_a_label_are_redacted_when_their_number_was_seen(page, make_job):
    ours = [over(make_job, labels={"customer": "4711"}) for _ in range(3)]
    other = over(make_job, labels={"customer": "4712"})
    keeping.keep(ours[0].pk, now=NOW, reason="evidence")
    sent = {"label": "customer:4711", "reason": "request 17", "counted": ""}
    assert "3 jobs would be redacted, for ever." in shown(page.post(FORGET, sent))
    assert again(ours[1]).redacted_at is None
    said = shown(page.post(FORGET, {**sent, "counted": "customer:4711"}, follow=True))
    assert "2 redacted." in said
    assert "is kept, so it stays as it is" in said
    assert [again(job).redacted_at is not None for job in [*ours, other]] == [False, True, True, False]


def test_a_request_that_takes_too_long_says_what_is_left(page, make_job, monkeypatch):
    monkeypatch.setattr("jobs.admin.forgetting.SECONDS", 0)
    for _ in range(3):
        over(make_job, labels={"customer": "4711"})
    sent = {"label": "customer:4711", "reason": "request 17", "counted": "customer:4711"}
    assert "1 redacted. 2 are left: do it again." in shown(page.post(FORGET, sent, follow=True))


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"label": "4711", "reason": "x"}, "write it like customer:4711"),
        ({"label": "customer:4711", "reason": "x"}, "No job that is over has this label"),
        ({"label": "customer:4711", "reason": ""}, "Say why"),
    ],
)
def test_what_cannot_be_forgotten_is_said(page, sent, says):
    assert says in shown(page.get(FORGET)) or says in shown(page.post(FORGET, sent))
