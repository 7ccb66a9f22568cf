"""A job that must stay stays, wherever its row is, until somebody lets it go."""

from datetime import date, timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction

from jobs.models import Audit, Job, Kept
from jobs.models.history import find
from jobs.scheduler import history as service
from jobs.states import State
from jobs.transitions import keeping, retry
from tests.concurrency.steps import PATIENCE, beside, wait_for_its_lock
from tests.conftest import NOW
from tests.history.steps import history, hot, move

pytestmark = pytest.mark.django_db(transaction=True)
YEARS = timedelta(days=4000)


def keep(job, **more):
    return keeping.keep(job.pk, now=NOW, reason="audit of 2026", **more)


def let_go(job, **more):
    return keeping.let_go(job.pk, now=NOW, reason="it is over", **more)


@pytest.fixture
def old(over, latest):
    job = over(27)
    latest()
    move()
    assert history("id", "remove_on") == [(job.pk, date(2030, 1, 4))]
    return job


def test_one_of_the_table_goes_to_the_partition_without_a_day(over, latest):
    job = over(300)
    assert keep(job).done
    latest()
    move()
    assert history("id", "remove_on") == [(job.pk, None)]
    service.Removing()(now=NOW + YEARS)
    assert history() == [job.pk]


def test_one_of_the_history_goes_there_and_back(old, ada):
    assert keep(old, by=ada).job.remove_on is None
    service.Removing()(now=NOW + timedelta(days=10))
    assert [start.number for start in find(old.pk).attempts.all()] == [1]
    assert let_go(old).job.remove_on == date(2030, 1, 4)
    service.Removing()(now=NOW + timedelta(days=10))
    assert history() == []
    assert [(row.verb, row.by, row.from_state, row.reason) for row in Audit.objects.all()] == [
        ("keep", ada, State.COMPLETED, "audit of 2026"),
        ("let_go", None, State.COMPLETED, "it is over"),
    ]


def test_what_is_old_when_it_is_let_go_goes_tomorrow(over, latest):
    job = over(300)
    keep(job)
    latest()
    move()
    let_go(job)
    assert history("remove_on") == [date(2030, 1, 2)]


def test_one_that_has_not_ended_can_be_kept_and_let_go(make_job):
    job = make_job()
    assert keep(job).done
    assert let_go(job).done
    assert not Kept.objects.exists()


def test_a_retry_brings_it_back_and_it_stays_kept(over, latest):
    job = over(300, State.FAILED)
    keep(job)
    latest()
    move()
    assert retry(job.pk, now=NOW, reason="again").done
    assert Kept.objects.filter(job_id=job.pk).exists()


def test_what_is_done_already_is_said(old):
    assert let_go(old).why == f"Job {old.pk} is not kept."
    keep(old)
    assert keep(old).why == f"Job {old.pk} is kept already."
    assert keeping.keep(0, now=NOW, reason="x").why == "There is no job 0."
    assert keeping.let_go(0, now=NOW, reason="x").why == "There is no job 0."
    for word in (keeping.keep, keeping.let_go):
        with pytest.raises(ValidationError):
            word(old.pk, now=NOW, reason=" ")


def test_who_keeps_a_job_that_moves_waits_and_finds_it(over, latest):
    job = over(3)
    latest()
    with transaction.atomic():
        move()
        asked = beside(lambda: keep(job))
        wait_for_its_lock(asked)
    assert asked.result(PATIENCE).done
    assert history("id", "remove_on") == [(job.pk, None)]


def test_rest(web, old):
    for verb, day in (("keep", None), ("let-go", "2030-01-04")):
        answer = web.post(f"/api/v1/jobs/{old.pk}/{verb}/", {"reason": "x"}, content_type="application/json")
        if verb == "keep":
            assert (answer.status_code, answer.json()["remove_on"], answer.json()["in_history"]) == (200, day, True)
        else:
            assert answer.status_code == 200
        again = web.post(f"/api/v1/jobs/{old.pk}/{verb}/", {"reason": "x"}, content_type="application/json")
        assert again.status_code == 409
    assert web.post("/api/v1/jobs/0/keep/", {"reason": "x"}, content_type="application/json").status_code == 404


class TestAdmin:
    def press(self, web, job, button, reason="for the court"):
        page = web.post(f"/admin/jobs/job/{job.pk}/keep/", {"reason": reason, button: ""}, follow=True)
        return page.content.decode()

    def test_its_page_has_the_button(self, web, old):
        assert "is kept until it is let go" in self.press(web, old, "keep")
        page = web.get(f"/admin/jobs/job/{old.pk}/change/").content.decode()
        assert "by ada: for the court" in page
        assert "is not kept any more" in self.press(web, old, "let_go")
        assert "is not kept." in self.press(web, old, "let_go")

    def test_it_wants_a_reason_and_the_right(self, web, client, old):
        assert "Say why, for those" in self.press(web, old, "keep", reason="")
        assert not Kept.objects.exists()
        client.force_login(User.objects.create_user("eve", is_staff=True))
        assert client.post(f"/admin/jobs/job/{old.pk}/keep/", {"reason": "x"}).status_code == 403

    def test_what_is_kept_is_not_deleted(self, web, over):
        job = over(1)
        keep(job)
        web.post(f"/admin/jobs/job/{job.pk}/delete/", {"post": "yes"})
        data = {"action": "delete_selected", "_selected_action": [job.pk], "post": "yes"}
        page = web.post("/admin/jobs/job/", data, follow=True)
        assert f"Job {job.pk} is kept: let it go first" in page.content.decode()
        assert hot() == [job.pk]


class TestCommand:
    def said(self, *words):
        out = StringIO()
        call_command("keep_job", *words, stdout=out)
        return out.getvalue()

    def test_it_keeps_and_lets_go(self, old, ada):
        assert "is kept until" in self.said(str(old.pk), "--reason", "x", "--by", "ada")
        assert Kept.objects.get().by == ada
        assert "is not kept any more" in self.said(str(old.pk), "--reason", "x", "--let-go")

    @pytest.mark.parametrize(
        ("words", "why"),
        [
            (("0", "--reason", "x"), "There is no job 0"),
            (("0", "--reason", ""), "Say why"),
            (("0", "--reason", "x", "--by", "eve"), "There is no user 'eve'"),
        ],
    )
    def test_what_it_cannot_do_it_says(self, words, why):
        with pytest.raises(CommandError, match=why):
            self.said(*words)


def test_the_rows_are_where_the_server_says(old):
    keep(old)
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM jobs_history_kept")
        assert cursor.fetchall() == [(old.pk,)]
    assert Job.objects.count() == 1
