"""Each receiver has keys of its own: none of them can sign for the others."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime

import pytest

from jobs import targets
from jobs.targets import Context
from jobs.targets.http import signing

CTX = Context(job_id=7, attempt=2, run_at=datetime(2030, 1, 1, tzinfo=UTC))
KEYS = [bytes([n]) * 32 for n in range(4)]
A, B, C, D = (base64.b64encode(key).decode() for key in KEYS)


def test_a_receiver_is_signed_for_with_each_of_its_keys(server, settings):
    settings.JOBS_HTTP_SIGNING_KEYS = [f"localhost=whsec_{A} {B}", f"other.example=whsec_{C}"]
    targets.find("http").bind({"url": server.url, "text": "paid"}, CTX)()
    (seen,) = server.counts.requests
    content = f"{seen.headers['webhook-id']}.{seen.headers['webhook-timestamp']}.paid".encode()
    expected = ["v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode() for key in KEYS[:2]]
    assert seen.headers["webhook-signature"].split() == expected
    assert seen.headers["webhook-id"] == "job-7", "the same for each start: a receiver knows a second one by it"


def test_a_receiver_without_a_key_gets_no_signature(server, settings):
    settings.JOBS_HTTP_SIGNING_KEYS = [f"other.example=whsec_{A}"]
    targets.find("http").bind({"url": server.url}, CTX)()
    (seen,) = server.counts.requests
    assert "webhook-signature" not in seen.headers


@pytest.mark.parametrize(
    ("host", "port", "key"),
    [
        ("hooks.corp.example", 443, 0),
        ("HOOKS.corp.example.", 443, 0),
        ("hooks.corp.example", 8443, 1),
        ("else.corp.example", 443, 2),
        ("corp.example", 443, None),
        ("hooks.corp.example.evil.example", 443, None),
        ("10.1.2.3", 80, 3),
        ("10.2.2.3", 80, None),
    ],
)
def test_the_entry_that_names_it_most_exactly_counts(settings, host, port, key):
    settings.JOBS_HTTP_SIGNING_KEYS = [
        f".corp.example={C}",
        f"hooks.corp.example={A}",
        f"hooks.corp.example:8443={B}",
        f"10.1.0.0/16={D}",
    ]
    assert list(signing.keys_of(host, port)) == ([] if key is None else [KEYS[key]])


def test_a_key_without_padding_is_a_good_one():
    assert A.endswith("=")
    assert signing.entry(f"a.example=whsec_{A.rstrip('=')}")[1] == [KEYS[0]]


@pytest.mark.parametrize(
    "text", [f"whsec_{A}", A, "a.example=", "a.example", "a.example=whsec_dGlueQ", f"a b={A}", f"a.example={A},"]
)
def test_what_is_no_receiver_and_key_is_refused_without_telling_it(text):
    with pytest.raises(ValueError, match="key") as refused:
        signing.entry(text)
    assert A[:10] not in str(refused.value)
