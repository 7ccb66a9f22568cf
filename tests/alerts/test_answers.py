"""What people answer: acknowledge, silence, end a silence; on the page and by REST, each in the audit."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client

from jobs.clock import clock
from jobs.models import Alert, Audit, Silence
from jobs.transitions import alerts as transitions_of_alerts
from tests.api.conftest import bearer
from tests.conftest import seconds

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_picture() -> None:
    """The monitor keeps one for a second."""
    cache.clear()


@pytest.fixture
def ada() -> User:
    return User.objects.create_superuser("ada")


@pytest.fixture
def page(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


def alert(**more: Any) -> Alert:
    now = clock.now()
    words = {"rule": "no_worker", "subject": "mail", "kind": "queue", "level": "bad", "remedy": "Start one."}
    words |= {"sentence": "No worker takes from queue mail.", "link": "/jobs/?queue=mail"}
    return Alert.objects.create(**{"opened_at": now, "last_seen_at": now, **words, **more})


def said(answer: Any) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


def test_what_is_wrong_stands_first_and_leads_on(page: Client) -> None:
    now = clock.now()
    open_one = alert()
    over = alert(subject="pay", sentence="No worker took from queue pay.", resolved_at=now + seconds(9))
    text = page.get("/alerts/").content.decode()
    assert text.index(f'id="alert-{open_one.pk}"') < text.index(f'id="alert-{over.pk}"')
    assert '<a href="/jobs/?queue=mail">No worker takes from queue mail.</a>' in text
    assert "1 alert open" in page.get("/").content.decode()


def test_nothing_is_wrong(page: Client) -> None:
    assert "Nothing is wrong of what you see." in page.get("/alerts/").content.decode()
    assert "open-alerts" not in page.get("/").content.decode()


def test_it_is_acknowledged_once_and_by_whom_is_known(page: Client, ada: User) -> None:
    one = alert()
    answer = page.post(f"/alerts/{one.pk}/acknowledge/", {"reason": "I am at it."}, follow=True)
    assert said(answer) == "Acknowledged: No worker takes from queue mail."
    one.refresh_from_db()
    assert one.acknowledged_by == ada
    noted = Audit.objects.get(subject="alert")
    assert (noted.name, noted.by_name, noted.reason) == ("no_worker:mail", "ada", "I am at it.")
    assert said(page.post(f"/alerts/{one.pk}/acknowledge/", follow=True)) == "It was over, or acknowledged already."
    assert Audit.objects.filter(subject="alert").count() == 1


def test_it_is_silenced_with_a_reason_and_an_end_and_the_silence_is_ended(page: Client, ada: User) -> None:
    one = alert()
    assert said(page.post(f"/alerts/{one.pk}/silence/", {"minutes": "60"}, follow=True)) == "Say why, and for how long."
    assert not Silence.objects.exists()
    answer = page.post(f"/alerts/{one.pk}/silence/", {"minutes": "240", "reason": "It is moved."}, follow=True)
    silence = Silence.objects.get()
    assert (silence.pattern, silence.reason, silence.created_by) == ("no_worker:mail", "It is moved.", ada)
    assert silence.until - silence.created_at == seconds(240 * 60)
    assert "It is moved." in answer.content.decode()
    page.post(f"/alerts/silences/{silence.pk}/end/")
    assert not Silence.objects.in_force(clock.now()).exists()
    assert list(Audit.objects.filter(subject="alert").order_by("pk").values_list("verb", flat=True)) == [
        "create",
        "change",
    ]
    assert page.post(f"/alerts/silences/{silence.pk}/end/").status_code == 404


def test_programs_read_and_answer(ada: User) -> None:
    one, client = alert(), bearer(ada)
    (row,) = client.get("/api/v1/alerts/").json()
    assert (row["rule"], row["subject"], row["acknowledged_by"]) == ("no_worker", "mail", None)
    answer = client.post(f"/api/v1/alerts/{one.pk}/acknowledge/", {}, content_type="application/json")
    assert answer.json()["acknowledged_by"] == "ada"
    again = client.post(f"/api/v1/alerts/{one.pk}/acknowledge/", {}, content_type="application/json")
    assert again.status_code == 409
    why = {"reason": "It is moved.", "minutes": 5}
    assert client.post(f"/api/v1/alerts/{one.pk}/silence/", why, content_type="application/json").status_code == 200
    assert Silence.objects.get().pattern == "no_worker:mail"
    assert client.post("/api/v1/alerts/0/silence/", why, content_type="application/json").status_code == 404


@pytest.mark.parametrize(
    ("minutes", "reason", "fields"),
    [(60, " ", {"reason"}), (0, "The disks move.", {"minutes"}), (10**9, "x" * 20_000, {"minutes", "reason"})],
)
def test_a_silence_needs_a_reason_and_an_end(minutes: int, reason: str, fields: set[str], ada: User) -> None:
    with pytest.raises(ValidationError) as refused:
        transitions_of_alerts.silence("no_worker", minutes, reason=reason, now=clock.now(), by=ada)
    assert refused.value.message_dict.keys() == fields
    assert not Silence.objects.exists()


def test_a_reason_that_is_too_long_acknowledges_nothing(ada: User) -> None:
    one = alert()
    with pytest.raises(ValidationError, match="reason"):
        transitions_of_alerts.acknowledge(one.pk, now=clock.now(), by=ada, reason="x" * 20_000)
    one.refresh_from_db()
    assert one.acknowledged_at is None
