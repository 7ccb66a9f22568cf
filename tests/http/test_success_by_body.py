"""Success that is judged by a value in the body of the answer."""

from datetime import UTC, datetime

import pytest

from jobs import targets
from jobs.targets import Context, OutcomeUnknown, TargetFailed
from tests.http.raw import answering, listening

CTX = Context(job_id=7, attempt=2, run_at=datetime(2030, 1, 1, tzinfo=UTC))


def call(body, pointer, value, *, status=200, length=None):
    head = b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n" % (status, len(body) if length is None else length)
    with listening(answering(head, body)) as port:
        wanted = {"pointer": pointer, "value": value}
        url = f"http://127.0.0.1:{port}/"
        return targets.find("http").bind({"url": url, "timeout": 10.0, "expect_json": wanted}, CTX)()


@pytest.mark.parametrize(
    ("body", "pointer", "value"),
    [
        (b'{"state": "done"}', "/state", "done"),
        (b'{"a/b": {"~": [0, {"x": true}]}}', "/a~1b/~0/1/x", True),
        (b'{"n": 1.0}', "/n", 1),
        (b'{"n": null}', "/n", None),
        (b"[1, 2]", "", [1, 2]),
        (b'{"n": 123456789012345.123456}', "/n", 123456789012345.123456),
        (b'{"pad": "' + b"x" * 100_000 + b'", "ok": true}', "/ok", True),
    ],
)
def test_the_value_is_there(body, pointer, value):
    if isinstance(value, float):
        with pytest.raises(TargetFailed, match="not 123456789012345"):  # the nearest float is another number
            call(body, pointer, value)
    else:
        kept = call(body, pointer, value)
        assert kept["status"] == 200
        assert len(kept["body"]) <= 8192


@pytest.mark.parametrize(
    ("body", "pointer", "value", "said"),
    [
        (b'{"state": "queued"}', "/state", "done", 'but its body has "queued" there, not "done" at \'/state\''),
        (b'{"ok": 1}', "/ok", True, "has 1 there, not true"),
        (b'{"ok": true}', "/ok", 1, "has true there, not 1"),
        (b'{"ok": "1"}', "/ok", 1, 'has "1" there, not 1'),
        (b'{"state": "done"}', "/stage", "done", "has nothing there"),
        (b"[1]", "/-", 1, "has nothing there"),
        (b'"text"', "/0", "t", "has nothing there"),
        (b"<html>", "/state", "done", "is no JSON"),
        (b"", "/state", "done", "is no JSON"),
    ],
)
def test_another_or_none_has_failed_by_a_name_of_its_own(body, pointer, value, said):
    with pytest.raises(TargetFailed) as failed:
        call(body, pointer, value)
    assert not isinstance(failed.value, OutcomeUnknown)
    assert failed.value.kinds == ("body",)
    assert said in str(failed.value)
    assert failed.value.result["status"] == 200


def test_a_body_that_is_not_whole_does_not_say():
    with pytest.raises(OutcomeUnknown, match="success is judged by its body") as unknown:
        call(b'{"state": "done"}', "/state", "done", length=1000)
    assert unknown.value.result["status"] == 200
    with pytest.raises(OutcomeUnknown, match="more than 1,048,576 bytes"):
        call(b" " * 2_000_000, "/state", "done")


def test_the_status_comes_first():
    with pytest.raises(TargetFailed, match="status 500") as failed:
        call(b'{"state": "done"}', "/state", "done", status=500)
    assert failed.value.kinds == ("500", "5xx")


@pytest.mark.parametrize("pointer", ["state", "/a~2", 5, None])
def test_what_is_no_pointer_is_refused_when_the_job_is_created(pointer):
    with pytest.raises(targets.InvalidArguments, match="expect_json"):
        targets.find("http").check({"url": "https://example.com/", "expect_json": {"pointer": pointer, "value": 1}})


def test_a_value_must_be_given():
    with pytest.raises(targets.InvalidArguments, match=r"expect_json\.value"):
        targets.find("http").check({"url": "https://example.com/", "expect_json": {"pointer": "/a"}})
