"""The local timer of a message fires ahead of its eta; the message itself is untouched."""

from datetime import UTC, datetime, timedelta

from celery import current_app
from kombu.utils.imports import symbol_by_name

from jobs.clock import clock
from jobs.worker.request import JobRequest
from jobs.worker.tasks import run_job

RUN_AT = datetime(2030, 1, 1, 12, tzinfo=UTC)


class Message:
    content_type, content_encoding, delivery_info, properties = "application/json", "utf-8", {}, {}
    payload = ([7, 1], {}, {})
    body = b"[[7, 1], {}, {}]"

    def __init__(self, eta):
        self.headers = {"id": "job-7-v1-1", "task": run_job.name, "eta": eta, "lang": "py"}


def request(eta):
    return JobRequest(Message(eta), app=current_app, task=run_job)


def test_the_task_uses_it():
    assert symbol_by_name(run_job.Request) is JobRequest


def test_it_arms_the_lead_ahead(settings):
    settings.JOBS_ARM_LEAD = 0.25
    unshifted = clock.local(RUN_AT)
    assert abs(unshifted - request(RUN_AT.isoformat()).eta - timedelta(seconds=0.25)) < timedelta(milliseconds=50)
    assert request(RUN_AT.isoformat()).request_dict["eta"] == RUN_AT.isoformat()


def test_it_follows_the_clock_of_the_database(settings, monkeypatch):
    settings.JOBS_ARM_LEAD = 0
    monkeypatch.setattr(clock, "_anchor", clock._anchor - 60)  # this machine is a minute ahead
    shifted = request(RUN_AT.isoformat()).eta - RUN_AT
    assert abs(shifted - timedelta(seconds=60)) < timedelta(seconds=1)


def test_a_message_without_eta_runs_at_once():
    assert request(None).eta is None
