"""What has gone into the history is found where it was, and says so."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client

from jobs.models import Batch, Job, Team
from jobs.models import history as model
from jobs.models.dependency import awaited_by, dependents_of
from jobs.models.history import Filter, find, in_bulk, listed
from jobs.rights import EVERYTHING
from jobs.states import State
from tests.conftest import NOW
from tests.history.steps import history, move

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def old(over, latest, ada):
    job = over(5, State.FAILED, name="report", by=ada)
    latest()
    move()
    assert history() == [job.pk]
    return job


class TestOneJob:
    def test_rest_has_it_with_its_starts(self, web, old):
        found = web.get(f"/api/v1/jobs/{old.pk}/").json()
        assert (found["id"], found["state_name"], found["created_by"]) == (old.pk, "failed", "ada")
        assert (found["in_history"], found["remove_on"]) == (True, "2030-07-01")
        assert [start["number"] for start in found["attempts"]] == [1]

    def test_one_that_has_not_says_so(self, web, make_job):
        found = web.get(f"/api/v1/jobs/{make_job().pk}/").json()
        assert (found["in_history"], found["remove_on"]) == (False, None)

    def test_the_admin_has_its_page_to_be_read(self, web, old):
        page = web.get(f"/admin/jobs/job/{old.pk}/change/").content.decode()
        assert "has gone into the history" in page
        assert "It is removed on 2030-07-01 UTC." in page
        assert "1. on w1@test" in page
        assert "/delete/" not in page

    @pytest.mark.parametrize("text", ["0", "x", "9" * 30])
    def test_the_admin_knows_no_other(self, web, text):
        assert web.get(f"/admin/jobs/job/{text}/change/").status_code == 302

    def test_the_monitor_has_its_page(self, web, old):
        assert web.get(f"/jobs/{old.pk}/").status_code == 200
        assert web.get("/jobs/0/").status_code == 404

    def test_it_is_not_there_for_other_teams(self, web, old, ada):
        """As long as it was in the table of jobs, so in the history: by REST, in its list, on the pages."""
        bob = User.objects.create_user("bob", is_staff=True)
        bob.user_permissions.set(Permission.objects.filter(codename__in=["view_job", "control_job"]))
        Team.objects.create(name="web").members.add(bob)
        team, client = Team.objects.create(name="payroll"), Client()
        client.force_login(bob)
        addresses = (f"/api/v1/jobs/{old.pk}/", f"/jobs/{old.pk}/", f"/admin/jobs/job/{old.pk}/change/")
        assert [client.get(one).status_code for one in addresses] == [404, 404, 302]
        assert client.get("/api/v1/jobs/?history=true").json()["results"] == []
        assert client.post(f"/api/v1/jobs/{old.pk}/retry/").status_code == 404
        with connection.cursor() as cursor:
            cursor.execute('UPDATE jobs_history SET labels = \'{"team": "payroll"}\'')
        assert client.get("/api/v1/jobs/?history=true").json()["results"] == []
        team.members.add(bob)
        assert [client.get(one).status_code for one in addresses] == [200, 200, 200]
        assert [one["id"] for one in client.get("/api/v1/jobs/?history=true").json()["results"]] == [old.pk]

    def test_whom_it_names_may_be_gone(self, old, ada):
        ada.delete()
        assert find(old.pk).created_by is None

    def test_it_shows_whom_it_waited_for_and_who_waited(self, over, latest):
        first = over(3)
        second = over(3, State.FAILED, waits_for=[first.pk])
        third = over(1, waits_for=[first.pk])
        latest()
        move()
        assert awaited_by(find(second.pk)) == [(first.pk, State.COMPLETED)]
        assert dependents_of(find(first.pk)) == [(second.pk, State.FAILED), (third.pk, State.COMPLETED)]
        assert awaited_by(find(first.pk)) == []


def test_nothing_can_wait_for_it_and_the_refusal_says_why(web, old, make_job):
    asked = {"target": "demo.noop", "payload": {}, "run_at": "2031-01-01T00:00:00Z", "waits_for": [old.pk]}
    answer = web.post("/api/v1/jobs/", asked, content_type="application/json")
    assert (answer.status_code, f"Job {old.pk} is over and has gone into the history" in answer.content.decode()) == (
        400,
        True,
    )


def test_jobs_are_found_wherever_they_are(old, make_job, django_assert_num_queries):
    hot = make_job()
    found = in_bulk([old.pk, hot.pk, 0], Job.objects.all())
    assert {pk: job.in_history for pk, job in found.items()} == {old.pk: True, hot.pk: False}
    with django_assert_num_queries(1):
        in_bulk([hot.pk], Job.objects.all())
    with django_assert_num_queries(0):
        assert in_bulk([], Job.objects.all()) == {}


class TestBatches:
    def test_a_batch_counts_and_names_what_has_left(self, web, over, latest):
        batch = Batch.objects.create(name="books")
        job, last = over(3), over(3)
        Job.objects.filter(pk=job.pk).update(batch=batch)
        Batch.objects.update(callback=last)
        latest()
        move()
        found = web.get(f"/api/v1/batches/{batch.pk}/").json()
        assert (found["jobs"], found["states"]["completed"], found["callback"]["id"]) == (1, 1, last.pk)
        assert "1 of 1" in web.get("/admin/jobs/batch/").content.decode()
        assert f"job {last.pk}" in web.get(f"/admin/jobs/batch/{batch.pk}/change/").content.decode()

    def test_a_team_is_told_of_its_own(self, over, latest):
        bob, batch = User.objects.create_user("bob", is_staff=True), Batch.objects.create(name="books")
        bob.user_permissions.set(Permission.objects.filter(codename__in=["view_job", "view_batch"]))
        Team.objects.create(name="web").members.add(bob)
        Team.objects.create(name="payroll")
        for team in ("web", "payroll", "payroll"):
            Job.objects.filter(pk=over(3, labels={"team": team}).pk).update(batch=batch)
        latest()
        move()
        client = Client()
        client.force_login(bob)
        found = client.get(f"/api/v1/batches/{batch.pk}/").json()
        assert (found["jobs"], found["states"]["completed"], found["done"]) == (1, 1, 1)
        assert "1 of 1" in client.get("/admin/jobs/batch/").content.decode()


class TestList:
    @pytest.fixture
    def jobs(self, over, latest):
        made = [over(3 + n, queue=("mail", "default")[n % 2], labels={"n": str(n)}) for n in range(5)]
        failed = over(3, State.FAILED)
        latest()
        move()
        return [failed, *made]

    def pages(self, web, query):
        address, found = f"/api/v1/jobs/?history=true&{query}", []
        while address:
            page = web.get(address).json()
            found.append([job["id"] for job in page["results"]])
            address = page["next"]
        return found

    def test_the_last_that_ended_comes_first_a_page_at_a_time(self, web, jobs):
        ids = [job.pk for job in jobs]
        first = sorted(ids[:2], reverse=True)  # they ended at one moment
        ids = first + ids[2:]
        assert self.pages(web, "page_size=4") == [ids[:4], ids[4:]]
        assert self.pages(web, "") == [ids]

    @pytest.mark.parametrize(
        ("query", "wanted"),
        [
            ("queue=mail", [1, 3, 5]),
            ("state=failed", [0]),
            ("label=n:3", [4]),
            ("target=demo.noop", []),
            ("name=x", []),
            ("batch=1", []),
        ],
    )
    def test_filters(self, web, jobs, query, wanted):
        assert self.pages(web, query) == [[jobs[n].pk for n in wanted]]

    def test_a_page_looks_at_so_many_and_the_next_goes_on(self, web, jobs, monkeypatch):
        monkeypatch.setattr(model, "LOOK", 2)
        assert self.pages(web, "label=n:3") == [[], [], [jobs[4].pk], []]

    def test_nothing_is_there(self):
        assert listed(Filter(), None, limit=5, within=EVERYTHING) == ([], None)

    @pytest.mark.parametrize(
        "cursor", ["x", "MjAzMC0wMS0wMVQwMDowMDowMCAx", "MjAzMC0wMS0wMVQwMDowMDowMCswMDowMCAtMQ=="]
    )
    def test_a_wrong_cursor_is_refused(self, web, cursor):
        assert web.get(f"/api/v1/jobs/?history=true&cursor={cursor}").status_code == 404

    def test_it_is_not_listed_by_time(self, web):
        answer = web.get("/api/v1/jobs/?history=true&run_at_after=2030-01-01T00:00:00Z")
        assert (answer.status_code, "follow `next`" in answer.content.decode()) == (400, True)

    def test_without_the_word_the_list_is_that_of_the_table(self, web, jobs):
        assert len(web.get("/api/v1/jobs/?history=false").json()["results"]) == 1


def test_sql_reads_both(old, make_job):
    hot = make_job()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, state, moved_at IS NULL FROM jobs_all WHERE id IN (%s, %s) ORDER BY id", [old.pk, hot.pk]
        )
        assert cursor.fetchall() == [(old.pk, State.FAILED, False), (hot.pk, State.PENDING, True)]


def test_later_than_the_move(old):
    assert find(old.pk).finished_at == NOW - timedelta(days=5)
