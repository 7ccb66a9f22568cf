"""With JOBS_LOG_FORMAT=json each line of web, beat and worker is an object, whoever has written it."""

import json
import signal
import socket
from collections import Counter
from contextlib import suppress
from urllib.request import urlopen

import pytest

from tests.integration.conftest import all_final, wait_for
from tests.integration.steps import create, insert

pytestmark = [pytest.mark.processes]


def objects(cluster, name):
    lines = [json.loads(line) for line in cluster.log(name).splitlines()]
    assert lines, name
    assert {type(line) for line in lines} == {dict}
    assert {line["process"] for line in lines} == {name}
    return lines


def test_each_line_of_web_beat_and_worker_is_an_object(cluster):
    cluster.environment |= {"JOBS_LOG_FORMAT": "json", "PYTHONWARNINGS": "default"}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        where = f"127.0.0.1:{probe.getsockname()[1]}"
    cluster._spawn("web", ["project.web", "--bind", where])
    cluster.beat()
    cluster.worker("worker", targets="tests.integration.talkers", slots=2)
    ends, fails = create(1), create(1, target="demo.fail")
    talks = insert("talkers.function", '{"n": 7}')  # which only the worker knows

    def answers():
        with suppress(OSError), urlopen(f"http://{where}/healthz") as answer:
            return answer.status == 200

    wait_for(answers, "web")
    wait_for(lambda: all_final(ends, fails, talks), "all jobs to end")
    for name in ("worker", "beat", "web"):
        cluster.stop(name, signal.SIGTERM)

    said = objects(cluster, "worker")
    told = Counter((one["event"], one["job_id"]) for one in said if one["logger"] == "jobs.attempts")
    assert told == Counter(
        [("AttemptCompleted", ends), ("AttemptFailed", fails), ("AttemptCompleted", talks)],
    )
    voices = [one for one in said if one["message"].endswith((" 7", " 7\n")) or "warned 7" in one["message"]]
    assert {one["logger"] for one in voices} == {"talkers", "celery.redirected", "py.warnings"}
    assert {one.get("job_id") for one in voices} == {talks}, "what a body says names it"
    assert any("Warm shutdown" in one["message"] for one in said)
    assert any(one.get("event") == "LeadershipBegun" for one in objects(cluster, "beat"))
    assert any(one["logger"] == "uvicorn.error" for one in objects(cluster, "web"))
