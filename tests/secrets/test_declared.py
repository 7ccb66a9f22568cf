"""JOBS_SECRETS: what an administrator writes, and what is refused of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jobs.checks import check_settings
from jobs.secrets import Unreadable
from jobs.secrets.declared import parsed
from jobs.settings_table import BY_NAME
from project import env
from tests.secrets.steps import CANARY

GOOD = {"variable": "RUNAT_SECRET_STRIPE", "targets": ["http"], "hosts": ["api.stripe.com"]}


def secret(**entry: Any) -> Any:
    return parsed({"stripe": {"targets": ["demo.log"], **entry}})["stripe"]


def test_json_and_a_file_with_it_say_the_same(tmp_path):
    (tmp_path / "secrets.json").write_text(json.dumps({"stripe": GOOD}))
    read = BY_NAME["JOBS_SECRETS"].read
    found = read(json.dumps({"stripe": GOOD}))
    assert found == read(str(tmp_path / "secrets.json"))
    assert (found["stripe"].targets, found["stripe"].hosts) == (("http",), ("api.stripe.com",))


def test_there_are_none_by_default(monkeypatch):
    monkeypatch.delenv("JOBS_SECRETS", raising=False)
    found = env.read().jobs
    assert (found["JOBS_SECRETS"], found["JOBS_SECRETS_FOLDER"]) == ({}, "/run/secrets")


@pytest.mark.parametrize(
    "name", ["SECRET_KEY", "DATABASE_URL", "BROKER_URL", "EMAIL_URL", "JOBS_HTTP_SIGNING_KEYS", "RUNAT_SECRET_", "PATH"]
)
def test_our_own_settings_cannot_be_named(name):
    with pytest.raises(ValueError, match="that begins with RUNAT_SECRET_; no other is read"):
        parsed({"x": {**GOOD, "variable": name}})


@pytest.mark.parametrize("name", ["../postgres", "/etc/shadow", ".env", "a/b", "", "a\nb"])
def test_a_file_has_no_path(name):
    with pytest.raises(ValueError, match="write the name of a file in the folder JOBS_SECRETS_FOLDER, without a path"):
        parsed({"x": {"file": name, "targets": ["demo.log"]}})


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({**GOOD, "file": "stripe"}, "JOBS_SECRETS is wrong at x: give one of variable and file: where a worker finds"),
        ({"targets": ["demo.log"]}, "JOBS_SECRETS is wrong at x: give one of variable and file"),
        ({**GOOD, "hosts": []}, "JOBS_SECRETS is wrong at x: give the hosts that the target http may send it to."),
        ({**GOOD, "hosts": ["a b"]}, "JOBS_SECRETS is wrong at x: 'a b' is neither a host, nor an address"),
        ({**GOOD, "targets": []}, "JOBS_SECRETS is wrong at x.targets: tuple should have at least 1 item"),
        ({"variable": "RUNAT_SECRET_X"}, "JOBS_SECRETS is wrong at x.targets: field required."),
        ({**GOOD, "value": "sk_1"}, "JOBS_SECRETS is wrong at x.value: there is no such field; known are variable,"),
    ],
)
def test_a_wrong_entry_is_told_with_its_place(entry, why):
    with pytest.raises(ValueError, match="JOBS_SECRETS") as refused:
        parsed({"x": entry})
    assert why in str(refused.value)


def test_it_is_read_of_a_variable_or_of_a_file(monkeypatch, tmp_path):
    monkeypatch.setenv("RUNAT_SECRET_X", CANARY)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x").write_text(f"{CANARY}\r\n")
    (tmp_path / "x").symlink_to("data/x")  # as Kubernetes does it
    assert secret(variable="RUNAT_SECRET_X").value(str(tmp_path)) == CANARY
    assert secret(file="x").value(str(tmp_path)) == CANARY


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"12345", "has 5 characters, and needs 6: a shorter one cannot be hidden"),
        (b"", "has 0 characters"),
        (b"canary\0canary", "is no text: it has a character NUL, or bytes that are no UTF-8"),
        (b"\xff\xfe-canary", "put it into {folder}/x of this worker (it is no text)"),
        (b"canary" * 20_000, "has 120,000 bytes; 65,536 at most"),
        (None, "put it into {folder}/x of this worker (No such file or directory)"),
    ],
)
def test_what_is_no_secret_is_not_lent(tmp_path, text, why):
    if text is not None:
        (tmp_path / "x").write_bytes(text)
    with pytest.raises(Unreadable) as refused:
        secret(file="x").value(str(tmp_path))
    assert why.format(folder=tmp_path) in str(refused.value)
    assert "canary" not in str(refused.value)


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    (tmp_path / "others").mkdir()
    (tmp_path / "others" / "key").write_text(CANARY)
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "x").symlink_to("../others/key")
    with pytest.raises(Unreadable, match="is no file of its own in"):
        secret(file="x").value(str(folder))


def test_a_variable_that_is_not_there_or_is_no_text(monkeypatch):
    monkeypatch.delenv("RUNAT_SECRET_X", raising=False)
    with pytest.raises(Unreadable, match="is not here: set RUNAT_SECRET_X for this worker"):
        secret(variable="RUNAT_SECRET_X").value("/nowhere")
    monkeypatch.setenv("RUNAT_SECRET_X", "canary\udcff")
    with pytest.raises(Unreadable, match="is no text"):
        secret(variable="RUNAT_SECRET_X").value("/nowhere")


def test_a_start_warns_of_those_that_are_not_here(settings, monkeypatch):
    monkeypatch.delenv("RUNAT_SECRET_STRIPE", raising=False)
    settings.JOBS_SECRETS = parsed({"stripe": GOOD})
    (found,) = [one.msg for one in check_settings(None) if one.id == "jobs.W005"]
    assert found == (
        "The secret 'stripe' of JOBS_SECRETS cannot be lent here: it is not here: set RUNAT_SECRET_STRIPE for this "
        "worker."
    )
    monkeypatch.setenv("RUNAT_SECRET_STRIPE", CANARY)
    assert [one for one in check_settings(None) if one.id == "jobs.W005"] == []
