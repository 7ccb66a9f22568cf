"""Who is told that all jobs are held in a database that was restored, and by whose word they start again."""

from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection

from jobs.clock import clock
from jobs.models import Audit
from jobs.monitor.broker import Depths
from jobs.monitor.snapshot import take
from jobs.monitor.verdict import judge
from tests.installation.steps import lead


def test_the_command_says_what_is_held_and_releases_it(put_back, capsys):
    call_command("release_restored")
    assert "No job starts" in capsys.readouterr().out
    call_command("release_restored", reason="checked")
    assert "Released" in capsys.readouterr().out
    call_command("release_restored", reason="checked")
    assert "Nothing is held" in capsys.readouterr().out


def test_the_monitor_and_readyz_say_so_first(put_back, client, monkeypatch):
    lead(put_back)
    monkeypatch.setattr("jobs.monitor.health.broker.answers", lambda: True)
    verdict = judge(take(clock.now(), lambda queues: Depths(True, {})))
    assert verdict.level == "bad"
    assert verdict.headline.startswith("No job starts since")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "release" in answer.json()["problems"]["restored"]


def test_by_rest_with_its_permission_only(put_back, client):
    lead(put_back)
    person = User.objects.create_user("ada", password="pw")
    client.force_login(person)
    send = {"data": {"reason": "checked"}, "content_type": "application/json"}
    assert client.post("/api/v1/installation/release/", **send).status_code == 403
    User.objects.filter(pk=person.pk).update(is_superuser=True)
    answer = client.post("/api/v1/installation/release/", **send)
    assert (answer.status_code, answer.json()["restored"], answer.json()["released_by"]) == (200, "", "ada")
    assert client.post("/api/v1/installation/release/", **send).status_code == 409


def test_in_the_admin(put_back, client):
    lead(put_back)
    client.force_login(User.objects.create_superuser("root"))
    assert b"No job starts" in client.get("/admin/jobs/installation/").content
    chosen = {"action": "release", "_selected_action": ["1"]}
    asked = client.post("/admin/jobs/installation/", chosen)
    assert b"Let jobs start again" in asked.content
    client.post("/admin/jobs/installation/", {**chosen, "reason": "checked"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT release_reason FROM jobs_installation")
        assert cursor.fetchone() == ("checked",)
    assert (Audit.objects.get().by.username, Audit.objects.get().reason) == ("root", "checked")
