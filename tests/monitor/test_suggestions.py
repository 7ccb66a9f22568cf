"""What is offered while a filter is typed: values that this person may see, and no others."""

import pytest

from jobs.models import Job, Ownership, Team
from jobs.models.querysets import wanted
from jobs.monitor.suggestions import COMING, LATE, PAST
from jobs.web.filter_text import HINTS, read
from tests.monitor.rows import SECOND, pending, worker

pytestmark = pytest.mark.django_db


def offered(client):
    return client.get("/jobs/words/").json()


def test_words_and_values_that_there_are(admin_client, at):
    worker(at, "w1@host", queues=["pay"])
    pending(at, labels={"env": "prod", "month": "2026-11"})
    pending(at, labels={"env": "test"})
    found = offered(admin_client)
    values = found["values"]
    assert {word for word, _ in found["words"]} == {*HINTS, "label.env", "label.month"} - {"label"}
    assert values["label.env"] == ["prod", "test"]
    assert values["queue"] == ["default", "pay"]
    assert values["worker"] == ["w1@host"]
    assert "failed" in values["state"]
    assert "demo.noop" in values["target"]


def test_each_offered_value_can_be_read(admin_client, at):
    pending(at, labels={"env": "prod"})
    for word, values in offered(admin_client)["values"].items():
        for value in values:
            assert not read(f"{word}:{value}").problems, (word, value)
    assert LATE
    assert PAST
    assert COMING


def test_nothing_of_others_is_offered(client, person, at):
    team = Team.objects.create(name="books")
    Team.objects.create(name="payroll")
    Ownership.objects.create(team=team, kind="queue", name="default")
    Ownership.objects.create(team=team, kind="target", name="demo.fail")
    worker(at, "w1@host", queues=["default"])
    pending(at, labels={"team": "books", "client": "acme"}, queue="default")
    Team.objects.get(name="payroll").members.add(grace := person("view_job"))
    client.force_login(grace)
    values = offered(client)["values"]
    assert values["team"] == ["payroll"]
    assert not {"worker", "label.client", "label.team"} & values.keys()
    assert "default" not in values["queue"]
    assert "demo.fail" not in values["target"]
    ada = person("add_job", name="ada")
    pending(at, labels={"env": "own"}, created_by=ada)
    client.force_login(ada)
    values = offered(client)["values"]
    assert values["label.env"] == ["own"]
    assert "label.client" not in values


def test_labels_are_those_of_the_newest(admin_client, at, monkeypatch, django_assert_num_queries):
    for n in range(6):
        pending(at + n * SECOND, labels={"n": str(n)})
    monkeypatch.setattr(wanted, "LABELLED", 2)
    assert offered(admin_client)["values"]["label.n"] == ["4", "5"]
    monkeypatch.setattr(wanted, "NEWEST", 1)
    assert offered(admin_client)["values"]["label.n"] == ["5"]
    Job.objects.update(labels={})
    # The session, who it is; the newest id, labels, teams, queues, workers.
    with django_assert_num_queries(7):
        assert "label.n" not in offered(admin_client)["values"]
