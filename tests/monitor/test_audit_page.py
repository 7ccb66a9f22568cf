"""`/audit/`: who finds what there, and what it says of where it has not looked."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jobs import transitions
from jobs.clock import clock
from jobs.models import Audit, Change, Subject
from jobs.models.querysets import overviews
from jobs.monitor.audit_rows import Row, changes
from tests.conftest import NOW

pytestmark = pytest.mark.django_db
AUDIT = "/audit/"


@pytest.fixture
def reader(person):
    client = Client()
    client.force_login(person("view_audit", "view_job"))
    return client


def note(subject=Subject.QUEUE, name="mail", *, verb=Change.PAUSE, by=None, reason="", before=None, after=None):
    Audit.objects.note(
        subject, name, by=by, now=clock.now(), verb=verb, before=before, after=after or {"burst": 1}, reason=reason
    )
    return Audit.objects.latest("id")


def found(client, **query):
    answer = client.get(AUDIT, query)
    assert answer.status_code == 200, answer.content
    return [row.audit.pk for row in answer.context["rows"]]


def test_who_has_cancelled_a_job_and_why(reader, make_job):
    job, ada = make_job(), User.objects.create_user("ada")
    transitions.cancel(job.pk, now=NOW, reason="not needed any more", by=ada)
    page = reader.get(AUDIT, {"job": job.pk}).content.decode()
    assert all(
        text in page for text in ("cancel", f'<a href="/jobs/{job.pk}/">{job.pk}</a>', "ada", "not needed any more")
    )
    assert "pending" in page
    assert "cancelled" in page


def test_each_filter_finds_its_rows(reader):
    ada = User.objects.create_user("ada")
    ada.token = type("Token", (), {"prefix": "runat_abcdefghi", "name": "deploy"})()
    hers = note(by=ada, reason="the server moves to another hall")
    other = note(Subject.KEY, "books", verb=Change.RESUME)
    for query in (
        {"who": "ada"},
        {"token": "runat_abcdefghi"},
        {"token": "runat_abcdefghi deploy"},
        {"subject": "queue"},
        {"subject": "queue", "name": "mail"},
        {"verb": "pause"},
        {"q": "server hall"},
        {"at_before": (other.at).isoformat()},
    ):
        assert found(reader, **query) == [hers.pk], query
    assert found(reader, at_after=hers.at.isoformat()) == [other.pk, hers.pk]
    for query in ({"who": "bob"}, {"token": "runat_other"}, {"q": "server cellar"}, {"job": 7}):
        assert found(reader, **query) == []


def test_pages_follow_each_other_while_more_is_written(reader):
    rows = [note(name=f"q{number}").pk for number in range(60)]
    first = reader.get(AUDIT)
    assert [row.audit.pk for row in first.context["rows"]] == rows[:9:-1]
    note(name="meanwhile")
    second = reader.get(AUDIT + first.context["next_page"])
    assert [row.audit.pk for row in second.context["rows"]] == rows[9::-1]
    assert (second.context["next_page"], b"60 entries" in first.content) == ("", True)


@pytest.mark.parametrize("query", [{"verb": "pause"}, {"who": "ada"}, {"at_after": "2020-01-01"}])
def test_it_says_where_it_has_not_looked_and_leads_there(reader, monkeypatch, query):
    monkeypatch.setattr(overviews, "LOOK", 3)
    ada = User.objects.create_user("ada")
    rows = [note(name=f"q{number}", by=ada).pk for number in range(5)]
    answer = reader.get(AUDIT, query)
    assert [row.audit.pk for row in answer.context["rows"]] == rows[:1:-1]
    assert "look further back" in answer.content.decode()
    further = reader.get(AUDIT + answer.context["further"])
    assert [row.audit.pk for row in further.context["rows"]] == rows[1::-1]


def test_a_wrong_filter_is_said_beside_its_field(reader):
    answer = reader.get(AUDIT, {"job": "seven"})
    assert answer.status_code == 400
    assert "This is not a whole number" in answer.content.decode()
    assert reader.get(AUDIT, {"colour": "red"}).status_code == 400


def test_an_empty_filter_is_none(reader):
    assert reader.get(f"{AUDIT}?who=&verb=pause")["Location"] == f"{AUDIT}?verb=pause"


def test_without_the_right_nobody_reads_it(client, person):
    client.force_login(person("view_job"))
    answer = client.get(AUDIT)
    assert answer.status_code == 403
    assert "jobs.view_audit" in answer.content.decode()
    assert "/audit/" not in client.get("/jobs/").content.decode(), "nor is there a link to it"


def test_what_has_changed_stands_in_words():
    before = {"run_at": "2030-01-01T12:01:03+00:00", "limit": 2, "labels": {}, "enabled": True}
    after = {"run_at": "2030-01-01T12:02:00+00:00", "limit": 2, "labels": {"a": "b"}, "enabled": False}
    assert list(changes(before, after)) == [
        ("run at", "2030-01-01 12:01:03 UTC", "2030-01-01 12:02:00 UTC"),
        ("labels", "", '{"a":"b"}'),
        ("enabled", "yes", "no"),
    ]
    assert list(changes(None, {"groups": ["viewer", "creator"]})) == [("groups", "", "viewer, creator")]


@pytest.mark.parametrize(
    ("subject", "name", "address"),
    [
        (Subject.QUEUE, "mail", "/jobs/?queue=mail"),
        (Subject.TRIGGER, "books", "/api/v1/triggers/books/"),
        (Subject.TRIGGER, "no/address", ""),
        (Subject.STOP, "7", "/stop/"),
        (Subject.OPERATION, "7", "/operations/7/"),
        (Subject.TEAM, "payroll", ""),
    ],
)
def test_it_leads_to_what_it_is_about(subject, name, address):
    assert Row(note(subject, name)).address == address


@pytest.mark.parametrize("token", ["runat_often", "runat_never"])
def test_an_index_leads_to_the_entries_of_a_token(db, token):
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO jobs_audit (subject, name, verb, at, by_name, by_token)
            SELECT 'queue', 'mail', 'limit', now(), 'ada', CASE WHEN n < 5 THEN 'runat_often nightly' ELSE '' END
            FROM generate_series(1, 20000) AS n
            """
        )
        cursor.execute("ANALYZE jobs_audit")
        with CaptureQueriesContext(connection) as asked:
            seen = list(Audit.objects.with_token(token).order_by("-id")[:10])
        assert len(seen) == (4 if token == "runat_often" else 0)
        for query in asked.captured_queries:
            cursor.execute(f"EXPLAIN {query['sql']}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert "jobs_audit_by_token" in plan, plan
            assert "Seq Scan" not in plan
