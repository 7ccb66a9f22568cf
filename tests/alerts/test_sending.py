"""What is to be said reaches its destinations: by mail, and as CloudEvents whose signatures hold; what is not taken is
tried again."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import threading
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import requests

from jobs.alerts import sending, sinks, watcher
from jobs.events.alerts import AlertNotSent
from jobs.models import Alert, Delivery, Destination
from project import mail
from tests.alerts.conftest import KEY, MailServer
from tests.conftest import NOW, seconds
from tests.http.server import Server, serving

pytestmark = pytest.mark.django_db
OF_ITS_PLUGINS = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


@pytest.fixture
def hooks(settings: Any) -> Iterator[Server]:
    settings.JOBS_HTTP_PORTS = []
    settings.JOBS_HTTP_ALLOW = ["127.0.0.0/8", "::1"]
    settings.JOBS_HTTP_SIGNING_KEYS = [f"localhost={KEY}"]
    settings.JOBS_PUBLIC_URL = "https://runat.example.com"
    with serving() as server:
        yield server


@pytest.fixture
def mailing(settings: Any, mails: MailServer) -> MailServer:
    settings.CAN_MAIL = True
    for name, value in mail.parse(mails.url).items():
        setattr(settings, name, value)
    return mails


@pytest.fixture
def sender() -> Iterator[sending.Sender]:
    sender = sending.Sender()
    yield sender
    sender.close(NOW, 20)


def alert(**more: Any) -> Alert:
    values = {"rule": "no_worker", "subject": "mail", "kind": "queue", "level": "bad", "link": "/jobs/?queue=mail"}
    words = {
        "sentence": "No worker takes from queue mail.",
        "remedy": "Start one.",
        "opened_at": NOW,
        "last_seen_at": NOW,
    }
    return Alert.objects.create(**values | words | more)


def deliver(destination: Any, event: str = "opened", of: Alert | None = None) -> Delivery:
    return Delivery.objects.create(alert=of or alert(), destination=destination, event=event, made_at=NOW, next_at=NOW)


def send(sender: sending.Sender, now: datetime = NOW) -> None:
    """Send what is due, and note what became of it."""
    sender.look()
    sender.step(now)
    for one in sender._on_their_way:
        one.future.result(20)
    sender.step(now)


def test_a_webhook_gets_a_cloud_event_with_a_signature(make_destination: Any, hooks: Server, sender: Any) -> None:
    delivery = deliver(make_destination(kind="webhook", address=f"{hooks.url}/ok"))
    send(sender)
    (seen,) = hooks.counts.requests
    said = json.loads(seen.body)
    assert (seen.method, seen.headers["content-type"]) == ("POST", "application/cloudevents+json; charset=utf-8")
    assert (said["specversion"], said["type"], said["subject"]) == ("1.0", "runat.alert.opened", "no_worker:mail")
    assert said["source"] == "https://runat.example.com"
    assert said["data"]["address"] == "https://runat.example.com/jobs/?queue=mail"
    assert said["id"] == seen.headers["webhook-id"] == str(delivery.message)
    signed = f"{seen.headers['webhook-id']}.{seen.headers['webhook-timestamp']}.".encode() + seen.body
    secret = base64.b64decode(KEY.removeprefix("whsec_"))
    wanted = base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
    assert seen.headers["webhook-signature"] == f"v1,{wanted}"
    delivery.refresh_from_db()
    assert (delivery.outcome, delivery.attempts, delivery.error) == ("sent", 1, "")


def test_a_mail_says_what_where_and_what_to_do(make_destination: Any, mailing: MailServer, sender: Any) -> None:
    make = make_destination(address="ada@example.com, grace@example.com")
    delivery = deliver(make)
    send(sender)
    (got,) = mailing.mails
    assert got["Subject"] == "[RunAt] No worker takes from queue mail."
    assert got["To"] == "ada@example.com, grace@example.com"
    assert got["Message-ID"] == f"<{delivery.message}@runat>"
    assert "Start one." in got.get_content()
    delivery.refresh_from_db()
    assert delivery.outcome == "sent"


def test_what_is_not_taken_is_tried_again_and_is_the_same_message(
    make_destination: Any, hooks: Server, sender: Any, emitted: Any
) -> None:
    delivery = deliver(make_destination(kind="webhook", address=f"{hooks.url}/busy"))
    send(sender)
    delivery.refresh_from_db()
    assert (delivery.outcome, delivery.attempts, delivery.error) == ("waiting", 1, "answered with status 503")
    assert [(one.again, one.attempt) for one in emitted.of(AlertNotSent)] == [(True, 1)]
    send(sender, NOW + seconds(4))
    assert len(hooks.counts.requests) == 1, "not before its time"
    send(sender, NOW + seconds(5))
    delivery.refresh_from_db()
    assert (delivery.outcome, delivery.attempts) == ("sent", 2)
    assert len({seen.headers["webhook-id"] for seen in hooks.counts.requests}) == 1


def test_one_that_never_takes_it_is_given_up(make_destination: Any, hooks: Server, sender: Any) -> None:
    delivery = deliver(make_destination(kind="webhook", address=f"{hooks.url}/status/500"))
    now = NOW
    for pause in (*sending.BACK_OFF, 0):
        send(sender, now)
        now += seconds(pause)
    delivery.refresh_from_db()
    assert (delivery.outcome, delivery.attempts) == ("failed", len(sending.BACK_OFF) + 1)


def test_of_one_alert_a_destination_gets_one_thing_after_the_other(
    make_destination: Any, hooks: Server, sender: Any
) -> None:
    slow = make_destination(kind="webhook", address=f"{hooks.url}/busy")
    other = make_destination("other", kind="webhook", address=f"{hooks.url}/ok")
    one = alert()
    for destination in (slow, other):
        for event in ("opened", "resolved"):
            deliver(destination, event, of=one)
    for moment in (0, 1, 10, 11):
        send(sender, NOW + seconds(moment))
    said = [(seen.path, json.loads(seen.body)["type"].rpartition(".")[2]) for seen in hooks.counts.requests]
    assert [what for path, what in said if path == "/ok"] == ["opened", "resolved"]
    assert [what for path, what in said if path == "/busy"] == ["opened", "opened", "resolved"]


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("http://169.254.169.254/latest", "not a public address"),
        ("http://127.0.0.1:1/x", "not a public address"),
        ("ftp://example.com", "whole address"),
        ("https://example.com/hook", "JOBS_HTTP_SIGNING_KEYS"),
    ],
)
def test_a_webhook_may_lead_only_where_jobs_may_and_is_signed(settings: Any, address: str, why: str) -> None:
    settings.JOBS_HTTP_ALLOW, settings.JOBS_HTTP_PORTS, settings.JOBS_HTTP_SIGNING_KEYS = [], [], []
    with pytest.raises(ValueError, match=why):
        sinks.check("webhook", address)


def test_one_that_is_switched_off_gets_nothing_any_more_and_the_log_says_why(
    make_destination: Any, hooks: Server, sender: Any
) -> None:
    off = make_destination(kind="webhook", address=f"{hooks.url}/off")
    other = make_destination("other", kind="webhook", address=f"{hooks.url}/ok")
    waiting = [deliver(off), Delivery.objects.create(destination=off, event="test", made_at=NOW, next_at=NOW)]
    Destination.objects.filter(pk=off.pk).update(enabled=False)
    deliver(other, of=alert(subject="pay"))
    send(sender)
    assert [seen.path for seen in hooks.counts.requests] == ["/ok"]
    for one in waiting:
        one.refresh_from_db()
        assert (one.outcome, one.error) == ("failed", "not sent: its destination is switched off")
    Destination.objects.filter(pk=off.pk).update(enabled=True)
    send(sender, NOW + seconds(20_000))
    assert len(hooks.counts.requests) == 1, "what was not sent is old by then"


def test_a_slow_receiver_leaves_the_others_room(
    make_destination: Any, sender: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes each of twenty things for as long as the test wants; what comes last to another is sent meanwhile."""
    may_end, sent = threading.Event(), []

    def attempt(kind: str, address: str, message: Any) -> str:
        if address == "slow@example.com":
            may_end.wait(60)
        sent.append(address)
        return ""

    monkeypatch.setattr(sending, "_attempt", attempt)
    slow, quick = make_destination("slow", address="slow@example.com"), make_destination("quick", address="q@a.com")
    for number in range(20):
        deliver(slow, of=alert(subject=f"q{number}"))
    last = deliver(quick, of=alert(subject="pay"))
    try:
        for _ in range(2):
            sender.look()
            sender.step(NOW)
            for one in sender._on_their_way:
                if one.delivery.destination_id == quick.pk:
                    one.future.result(20)
            assert sum(one.delivery.destination_id == slow.pk for one in sender._on_their_way) == 2
        assert sent == ["q@a.com"]
        last.refresh_from_db()
        assert last.outcome == "sent"
    finally:
        may_end.set()
    for _ in range(10):
        send(sender)
    assert sent.count("slow@example.com") == 20


def test_what_is_refused_when_it_is_sent_says_so(
    make_destination: Any, hooks: Server, settings: Any, sender: Any
) -> None:
    delivery = deliver(make_destination(kind="webhook", address=f"{hooks.url}/ok"))
    settings.JOBS_HTTP_ALLOW = []
    send(sender)
    delivery.refresh_from_db()
    assert "not a public address" in delivery.error
    assert not hooks.counts.requests


def test_without_a_mail_server_a_mail_says_so(make_destination: Any, settings: Any, sender: Any) -> None:
    settings.CAN_MAIL = False
    delivery = deliver(make_destination())
    send(sender)
    delivery.refresh_from_db()
    assert "EMAIL_URL is not set" in delivery.error


def test_a_test_is_sent_without_an_alert(make_destination: Any, hooks: Server, sender: Any) -> None:
    destination = make_destination(kind="webhook", address=f"{hooks.url}/ok")
    Delivery.objects.create(destination=destination, event="test", made_at=NOW, next_at=NOW)
    send(sender)
    (seen,) = hooks.counts.requests
    assert json.loads(seen.body)["type"] == "runat.alert.test"


def test_a_watcher_that_judges_asks_for_its_address_each_minute_and_no_other_does(
    hooks: Server, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.JOBS_WATCH_PING_URL = f"{hooks.url}/ok/here"
    watching = watcher.Watcher("watch@test")
    monkeypatch.setattr(watcher, "close_old_connections", lambda: None)  # that of the test has its transaction
    monkeypatch.setattr(watching.broker, "answers", lambda: True)
    monkeypatch.setattr(watching.lock, "take", lambda: False)
    watching.turn()
    monkeypatch.setattr(watching.lock, "take", lambda: True)
    for _ in range(3):
        watching.turn()
    watching.sender._pool.shutdown()
    assert [(seen.method, seen.path) for seen in hooks.counts.requests] == [("GET", "/ok/here")]


def test_changes_of_jobs_go_out_as_one_signed_batch(make_destination: Any, hooks: Server, sender: Any) -> None:
    hook = make_destination(kind="webhook", address=f"{hooks.url}/ok")
    events = [{"id": "1", "type": "runat.job.started"}, {"id": "2", "type": "runat.job.completed"}]
    delivery = Delivery.objects.create(destination=hook, event="jobs", data=events, made_at=NOW, next_at=NOW)
    send(sender)
    (seen,) = hooks.counts.requests
    assert json.loads(seen.body) == events
    assert seen.headers["content-type"] == "application/cloudevents-batch+json; charset=utf-8"
    assert seen.headers["webhook-id"] == str(delivery.message)
    assert seen.headers["webhook-signature"].startswith("v1,")
    delivery.refresh_from_db()
    assert (delivery.outcome, delivery.data) == ("sent", []), "what was taken is not kept"


def test_a_destination_that_is_no_webhook_any_more_gets_no_changes(make_destination: Any, sender: Any) -> None:
    mail = make_destination()
    delivery = Delivery.objects.create(destination=mail, event="jobs", data=[], made_at=NOW, next_at=NOW)
    send(sender)
    delivery.refresh_from_db()
    assert delivery.error == "changes of jobs are told to webhooks only"


@OF_ITS_PLUGINS
def test_apprise_takes_an_alert_to_a_service_and_shows_its_address_nowhere(
    make_destination: Any, hooks: Server, sender: Any, caplog: Any
) -> None:
    port = hooks.url.rpartition(":")[2]
    good = make_destination(kind="apprise", address=f"gotify://localhost:{port}/secret-token")
    bad = make_destination("bad", kind="apprise", address=f"gotify://localhost:{port}/status/500/secret-token")
    of = alert()
    delivery, refused = deliver(good, of=of), deliver(bad, of=of)
    send(sender)
    delivery.refresh_from_db()
    refused.refresh_from_db()
    assert delivery.outcome == "sent"
    (seen,) = (one for one in hooks.counts.requests if one.path == "/message")
    said = json.loads(seen.body)
    assert said["title"] == "[RunAt] No worker takes from queue mail."
    assert "Start one." in said["message"]
    assert refused.error.startswith("the service did not take it")
    assert "secret-token" not in caplog.text + refused.error


@OF_ITS_PLUGINS
@pytest.mark.parametrize(
    ("address", "parts"),
    [
        (
            "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#ops",
            ["&lt;!channel&gt;", "&lt;a href='https://x'&gt;"],
        ),
        ("tgram://123456789:abcdefg_hijklmnop/12345678/", ["&lt;!channel&gt;", "&lt;a href='https://x'&gt;"]),
    ],
)
def test_text_of_others_is_no_markup_to_a_service(
    address: str, parts: list[str], make_destination: Any, sender: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request that the service's own plugin makes, on its way out."""
    bodies: list[str] = []

    def posted(self: requests.Session, method: str, url: str, **more: Any) -> requests.Response:
        bodies.append(str(more["data"]))
        answer = requests.Response()
        answer.status_code, answer._content = 200, b"ok"
        return answer

    monkeypatch.setattr(requests.Session, "request", posted)
    strange = "No worker takes from queue <!channel> <a href='https://x'>."
    delivery = deliver(make_destination(kind="apprise", address=address), of=alert(sentence=strange))
    send(sender)
    delivery.refresh_from_db()
    assert delivery.error == ""
    (body,) = bodies
    for part in parts:
        assert body.count(part) == 2, "in the title and in the text"
    assert not re.search(r"<[!a]", body)


@OF_ITS_PLUGINS
@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("jsons://hooks.example.com", "use a webhook or mail"),
        ("dbus://", "use a webhook or mail"),
        ("nonsense://x", "apprise does not know this address"),
        ("hello", "apprise does not know this address"),
    ],
)
def test_an_address_that_apprise_cannot_use_is_refused(address: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        sinks.check("apprise", address)
