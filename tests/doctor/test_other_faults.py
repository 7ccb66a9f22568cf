"""Faults of processes, packages, growth and known risks that are planted, and found."""

from __future__ import annotations

import datetime
import os
import socket
import ssl
import threading
from datetime import timedelta

import pytest
import trustme
from django.contrib.auth.models import User
from django.test import override_settings

from jobs import tokens
from jobs.clock import clock
from jobs.commands import parsed
from jobs.doctor.checks import files, growth, tls, versions
from jobs.doctor.finding import Verdict
from jobs.doctor.patient import Patient
from jobs.models import Installation, Leadership, Limit, Stop, Worker
from jobs.models.limit import Kind
from jobs.models.partitions import create
from jobs.states import State
from tests.monitor import rows


def worst(findings):
    return findings[0].verdict


def test_a_worker_of_an_older_release(look, healthy):
    assert worst(look("releases")) is Verdict.OK
    Worker.objects.update(bundles=False)

    found = look("releases")

    assert worst(found) is Verdict.WARN
    assert "w1@host" in found[0].sentence


def test_time_zones_of_another_release(look, healthy):
    assert worst(look("time-zones")) is Verdict.OK
    Leadership.objects.update(zones="2019a")

    found = look("time-zones")

    assert worst(found) is Verdict.WARN
    assert "beat@host:1 (2019a)" in found[0].sentence


def test_packages_that_are_others(look, db, monkeypatch, tmp_path):
    assert worst(look("packages")) is Verdict.OK
    (tmp_path / "requirements.txt").write_text(
        "django==1.0 \\\n    --hash=sha256:00\nkombu[redis]==1.1\nno-such-package==2.0\ntzdata==1.0\nother==1 ; python_version < '3'\n"
    )
    with override_settings(BASE_DIR=tmp_path):
        found = look("packages")

    assert worst(found) is Verdict.WARN
    assert found[0].figure == "3 of 3"
    assert "instead of 1.0" in found[0].sentence
    assert "no-such-package is missing" in found[0].sentence


def test_a_python_that_was_not_tried(look, db, monkeypatch):
    assert worst(look("python")) in (Verdict.OK, Verdict.NOTE)
    monkeypatch.setattr(versions, "TRIED_PYTHON", (2, 7))

    assert worst(look("python")) is Verdict.NOTE


def test_a_lead_that_has_changed(look, healthy):
    assert worst(look("leader-changes")) is Verdict.OK
    Leadership.objects.update(elected_at=clock.current() - timedelta(seconds=20), epoch=9)

    found = look("leader-changes")

    assert worst(found) is Verdict.NOTE
    assert found[0].figure.startswith("number 9")


def test_a_database_that_was_restored(look, healthy):
    assert worst(look("restored")) is Verdict.OK
    Installation.objects.update(held_at=clock.current(), held_why="A copy was put back.")

    found = look("restored")

    assert worst(found) is Verdict.BAD
    assert "release_restored" in found[0].remedy


def test_a_stop_of_everything(look, healthy):
    assert worst(look("stops")) is Verdict.OK
    now = clock.current()
    Stop.objects.create(begins_at=now - timedelta(minutes=1), created_at=now, reason="new disks")

    found = look("stops")

    assert worst(found) is Verdict.BAD
    assert "new disks" in found[0].sentence


def test_a_queue_that_is_paused(look, healthy):
    assert worst(look("pauses")) is Verdict.OK
    Limit.objects.create(kind=Kind.QUEUE, name="mail", paused_at=clock.current(), pause_reason="tests")

    assert "mail" in look("pauses")[0].sentence


def test_interrupted_jobs(look, healthy):
    assert worst(look("interrupted")) is Verdict.OK
    rows.ended(clock.current(), State.INTERRUPTED)

    assert [(one.verdict, one.figure) for one in look("interrupted")] == [(Verdict.NOTE, "1")]


def test_tables_that_are_large(look, healthy, monkeypatch):
    assert worst(look("sizes")) is Verdict.OK
    monkeypatch.setattr(growth, "LARGE", 1)

    assert worst(look("sizes")) is Verdict.WARN


def test_a_retention_that_is_off(look, healthy, monkeypatch):
    Installation.objects.update(retention_on_at=clock.current())
    assert worst(look("retention")) is Verdict.OK
    Installation.objects.update(retention_on_at=None)
    assert worst(look("retention")) is Verdict.NOTE
    monkeypatch.setattr(growth, "MANY", -1)

    assert worst(look("retention")) is Verdict.WARN


def test_days_of_the_history_that_are_overdue(look, healthy):
    Installation.objects.update(retention_on_at=clock.current())
    assert "2020-02-29" not in str(look("history-days"))
    create([datetime.date(2020, 2, 29)])

    found = look("history-days")
    with override_settings(JOBS_REMOVE_EXPORTED_ONLY=True):
        unwritten = look("history-days")

    assert worst(found) is Verdict.WARN
    assert found[0].figure.endswith("since 2020-02-29")
    assert "export_history" in unwritten[0].remedy


def test_an_audit_that_is_long(look, healthy, monkeypatch):
    assert worst(look("notes")) is Verdict.OK
    monkeypatch.setattr(growth, "MANY_NOTES", -1)

    assert [one.verdict for one in look("notes")] == [Verdict.NOTE, Verdict.NOTE]


@pytest.mark.parametrize(("uid", "verdict"), [(0, Verdict.WARN), (1000, Verdict.OK)])
def test_a_process_that_is_root(look, db, monkeypatch, uid, verdict):
    monkeypatch.setattr(os, "geteuid", lambda: uid)

    assert worst(look("root")) is verdict


def test_commands_that_run_as_root(look, db, monkeypatch):
    assert worst(look("commands")) is Verdict.OK
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    declared = parsed({"clean": {"program": "/bin/true"}, "mail": {"program": "/bin/true", "user": "nobody"}})
    with override_settings(JOBS_COMMANDS=declared):
        found = look("commands")

    assert [one.verdict for one in found] == [Verdict.WARN, Verdict.NOTE]
    assert "The command clean runs as root" in found[0].sentence


@pytest.mark.parametrize(
    ("allowed", "verdict"),
    [
        (["hooks.internal", "10.1.2.0/24", "127.0.0.1:8080"], Verdict.OK),
        (["127.0.0.1"], Verdict.WARN),
        (["169.254.169.254"], Verdict.WARN),
        (["0.0.0.0/0"], Verdict.WARN),
    ],
)
def test_addresses_that_no_job_should_reach(look, db, allowed, verdict):
    with override_settings(JOBS_HTTP_ALLOW=allowed):
        assert worst(look("http-reach")) is verdict


def test_a_superuser_with_an_obvious_password(look, healthy):
    User.objects.filter(is_superuser=True).delete()
    root = User.objects.create_superuser("ada", password="a-long-one-of-the-tests")
    assert worst(look("passwords")) is Verdict.OK
    root.set_password("admin")
    root.save()

    found = look("passwords")

    assert worst(found) is Verdict.BAD
    assert found[0].remedy.endswith("changepassword ada")


def test_tokens_that_never_end(look, healthy):
    now = clock.current()
    owner = User.objects.create_user("ada", password="pw")
    assert worst(look("tokens")) is Verdict.OK
    tokens.make(owner, tokens.Asked(name="soon", life=timedelta(days=2)), by=None, now=now)
    assert [one.figure for one in look("tokens")] == ["1: soon of ada"]
    secret = tokens.make(owner, tokens.Asked(name="endless", life=None), by=None, now=now).secret

    found = look("tokens")

    assert worst(found) is Verdict.WARN
    assert found[0].figure == "1: endless of ada"
    assert secret not in str(found)


def test_an_admin_without_a_second_factor(look, db):
    with override_settings(JOBS_STAFF_NEED_TOTP=True):
        assert worst(look("second-factor")) is Verdict.OK
    with override_settings(JOBS_STAFF_NEED_TOTP=False):
        assert worst(look("second-factor")) is Verdict.NOTE


@pytest.mark.parametrize(
    ("mode", "verdict"), [(0o600, Verdict.OK), (0o640, Verdict.OK), (0o644, Verdict.WARN), (0o666, Verdict.BAD)]
)
@pytest.mark.django_db
def test_files_with_secrets_that_others_read(look, monkeypatch, tmp_path, mode, verdict):
    monkeypatch.setattr(files, "_is_closed", lambda path: False)
    (tmp_path / ".env").write_text("SECRET_KEY=x")
    (tmp_path / ".env").chmod(mode)
    with override_settings(BASE_DIR=tmp_path):
        assert worst(look("secret-files")) is verdict


def test_a_file_below_a_closed_folder_is_nobodys(tmp_path):
    tmp_path.chmod(0o700)
    assert files._is_closed(tmp_path / ".env")


@pytest.mark.parametrize(
    ("url", "verdict"),
    [
        ("redis://127.0.0.1:1/0", Verdict.OK),
        ("rediss://broker.example:1/0", Verdict.OK),
        ("redis://broker.example:1/0", Verdict.WARN),
        ("amqp://broker.example:1//", Verdict.WARN),
    ],
)
def test_a_broker_in_the_clear(look, db, url, verdict):
    assert worst(look("tls", patient=Patient(url))) is verdict


def test_web_in_the_clear(look, db):
    with override_settings(JOBS_PUBLIC_URL="http://runat.example.com"):
        assert worst(look("tls")) is Verdict.WARN
    with override_settings(JOBS_PUBLIC_URL="https://runat.example.com"):
        assert worst(look("tls")) is Verdict.OK


@pytest.fixture
def certified():
    """Serve TLS with a certificate that is good for so many days."""
    listeners = []

    def serve(days):
        until = datetime.datetime.now(datetime.UTC) + timedelta(days=days)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trustme.CA().issue_cert("localhost", not_after=until).configure_cert(context)
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def answer():
            try:
                raw, _ = listener.accept()
                with context.wrap_socket(raw, server_side=True) as wrapped:
                    wrapped.recv(1)
            except OSError:
                pass

        threading.Thread(target=answer, daemon=True).start()
        return listener.getsockname()[1]

    yield serve
    for listener in listeners:
        listener.close()


@pytest.mark.parametrize(
    ("days", "verdict"), [(90, Verdict.OK), (10, Verdict.WARN), (2, Verdict.BAD), (-1, Verdict.BAD)]
)
def test_a_certificate_that_expires(look, db, certified, days, verdict):
    with override_settings(JOBS_PUBLIC_URL=f"https://127.0.0.1:{certified(days)}"):
        found = look("certificates")

    assert worst(found) is verdict
    assert f"{days - 1} days" in found[0].figure


def test_a_certificate_that_cannot_be_seen(look, db):
    assert worst(look("certificates")) is Verdict.OK
    with override_settings(JOBS_PUBLIC_URL="https://127.0.0.1:1"):
        assert worst(look("certificates")) is Verdict.UNKNOWN


@pytest.mark.parametrize("shown", [b"", b"\x30", b"\x30\x82\xff\xff", b"\x30\x02\x30\x00", b"\xff" * 64])
def test_what_is_no_certificate_is_refused(shown):
    with pytest.raises(ValueError, match="no certificate"):
        tls.certificate.good_until(shown)
