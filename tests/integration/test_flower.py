"""Flower beside it: a monitor of Celery that asks the workers by the broker, while jobs start as ever."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from celery import current_app

from jobs.models import Attempt, Job
from jobs.states import State
from tests.integration.conftest import Cluster, all_final, wait_for
from tests.integration.steps import create

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]

# What it needs besides Celery and prometheus-client, which are here; newest of 2026-11-30.
FLOWER = ("flower==2.2.0", "tornado==6.6.1", "humanize==4.17.0", "pytz==2026.6")


@pytest.fixture(scope="module")
def flower(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with Flower in it, installed from the index that pip is configured for."""
    folder = tmp_path_factory.mktemp("flower")
    pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps"]
    got = subprocess.run([*pip, "--target", folder, *FLOWER], capture_output=True, text=True, check=False)
    if got.returncode:
        why = f"Flower was not run: pip cannot fetch {FLOWER[0]}: {got.stderr[-500:]}"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(why)
    return folder


class Flower:
    """One that is started beside the processes of a test."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        self.log = partial(cluster.log, "flower")
        more = {"PYTHONPATH": str(folder), "FLOWER_UNAUTHENTICATED_API": "true"}
        self.process = cluster._start("flower", ["flower", "--address=127.0.0.1", f"--port={port}"], **more)

    def says(self, path: str) -> str:
        """Return what it answers; nothing while it cannot."""
        assert self.process.poll() is None, self.log()
        try:
            with urlopen(self.address + path) as answer:  # noqa: S310 - ours
                return str(answer.read().decode())
        except HTTPError as error:
            raise AssertionError(f"{path}: {error.code} {error.read()[:500]!r}\n{self.log()}") from None
        except OSError:
            return ""

    def asks(self, path: str) -> Any:
        return json.loads(self.says(path) or "{}")


def send_theirs(cluster: Cluster) -> str:
    """Send a task of Celery that is no job. Returns its id."""
    with current_app.connection(cluster.environment["BROKER_URL"]) as broker:
        producer = current_app.amqp.Producer(broker)
        return str(current_app.send_task("slow.task", [0.1], producer=producer, queue="tasks").id)


def test_flower_shows_workers_and_their_tasks_and_jobs_start_beside_it(cluster: Cluster, flower: Path) -> None:
    cluster.beat()
    command = ["worker", "-P", "threads", "-c", "3", "-n", "w1@%h", "-l", "info", "-E"]
    cluster._start("w1", [*command, "-Q", "default,tasks", "-I", "tests.integration.slow_task"])
    cluster.ready("w1")
    shown = Flower(cluster, flower)
    wait_for(lambda: shown.says("/healthcheck"), "Flower to answer")

    workers = wait_for(lambda: shown.asks("/api/workers?refresh=1"), "the worker to answer it")
    ((name, worker),) = workers.items()
    assert name.startswith("w1@")
    assert worker["stats"]["pool"] | {"threads": 3} == {
        "implementation": "celery.concurrency.thread:TaskPool",
        "max-concurrency": 3,
        "threads": 3,
    }
    assert {queue["name"] for queue in worker["active_queues"]} == {"default", "tasks"}
    assert {"jobs.run", "slow.task"} <= set(worker["registered"])
    wait_for(lambda: name in shown.says("/workers"), "its page to have heard the worker's first heartbeat")

    job_id = create(1, payload={"seconds": 12})
    theirs = send_theirs(cluster)
    wait_for(lambda: Job.objects.get(pk=job_id).state == State.RUNNING, "the job")
    wait_for(lambda: job_id in running(shown, name), "it to be among what the worker does")
    wait_for(lambda: shown.asks("/api/tasks").get(theirs, {}).get("state") == "SUCCESS", "its events")
    wait_for(lambda: all_final(job_id), "the job to end")
    assert Job.objects.get(pk=job_id).state == State.COMPLETED
    assert Attempt.objects.filter(job_id=job_id).count() == 1
    assert set(shown.asks("/api/tasks")) == {theirs}, "a job sends none"


def running(shown: Flower, worker: str) -> set[int]:
    """Return the jobs that the worker says to run, as Flower has asked it."""
    found = shown.asks(f"/api/workers?{urlencode({'refresh': 1, 'workername': worker})}")
    return {
        argument
        for task in found.get(worker, {}).get("active", [])
        if task["name"] == "jobs.run"
        for argument in task["args"]
    }
