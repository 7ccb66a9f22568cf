"""Beat is killed: an alert arrives by mail and by webhook, and is resolved when it is back, by the other watcher, since the
first was killed meanwhile."""

from __future__ import annotations

import json
import signal
from typing import Any

import pytest

from jobs.installation import known
from jobs.models import Alert, Delivery, Destination, Leadership
from tests.alerts.conftest import KEY, mail_server
from tests.http.server import serving
from tests.integration.conftest import wait_for

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]


def test_the_death_of_the_only_beat_is_said_within_a_minute_and_its_return(cluster: Any) -> None:
    with mail_server() as mails, serving() as hooks:
        Destination.objects.create(name="people", kind="mail", address="ops@example.com", pattern="no_leader")
        Destination.objects.create(name="programs", kind="webhook", address=f"{hooks.url}/ok", pattern="no_leader")
        more = {
            "EMAIL_URL": mails.url,
            "JOBS_HTTP_ALLOW": "127.0.0.0/8,::1",
            "JOBS_HTTP_SIGNING_KEYS": f"localhost={KEY}",
        }
        cluster.beat()
        wait_for(lambda: Leadership.lock_holder(known.read().lock), "a leader")
        cluster.watcher("first", **more)
        wait_for(lambda: "watches now" in cluster.log("first"), "the first watcher to judge")
        cluster.watcher("second", **more)
        cluster.stop("beat", signal.SIGKILL)
        wait_for(lambda: mails.mails and hooks.counts.requests, "the alert by mail and by webhook")
        wait_for(lambda: Delivery.objects.filter(sent=True).count() == 2, "both to be noted")
        cluster.stop("first", signal.SIGKILL)
        wait_for(lambda: "watches now" in cluster.log("second"), "the second watcher to judge")
        cluster.beat("another")
        wait_for(lambda: len(mails.mails) > 1 and len(hooks.counts.requests) > 1, "its end by mail and by webhook")
        assert ["Resolved" in mail["Subject"] for mail in mails.mails] == [False, True]
        types = [json.loads(seen.body)["type"] for seen in hooks.counts.requests]
        assert types == ["runat.alert.opened", "runat.alert.resolved"]
        alert = Alert.objects.get(rule="no_leader")
        assert alert.resolved_at is not None
        wait_for(lambda: Delivery.objects.filter(sent=True).count() == 4, "all to be noted")
