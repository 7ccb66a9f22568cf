"""`manage.py jobs tokens`: lists, makes, rotates and revokes; who may, what a shell is told, and nothing twice."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client

from jobs.models import Audit, Token
from tests.api.conftest import JOBS
from tests.cli.test_commands import told

TOKENS = ("jobs", "tokens")


def made(*words: str) -> str:
    code, out, err = told(*TOKENS, *words)
    assert (code, err) == (0, "")
    return out.strip()


def status(token: str) -> int:
    return Client(headers={"Authorization": f"Bearer {token}"}).get(JOBS).status_code


def test_a_token_opens_rest(ada: User) -> None:
    token = made("create", "ada")
    assert status(token) == 200
    kept = Token.objects.get()
    assert token not in str([*vars(kept).values(), *vars(kept.credential).values()])
    assert kept.expires_at is not None
    assert timedelta(days=89) < kept.expires_at - datetime.now(tz=UTC) <= timedelta(days=90)


def test_what_a_token_is_made_for(ada: User) -> None:
    asked = ["--name", "nightly", "--scope", "jobs.view_job", "--queue", "mail", "--queue", "books"]
    said = json.loads(made("create", "ada", *asked, "--days", "forever", "--json"))
    wanted = {"name": "nightly", "scopes": ["jobs.view_job"], "queues": ["books", "mail"], "targets": None}
    assert said.items() >= {**wanted, "owner": "ada", "expires_at": None, "ended": ""}.items()
    assert status(said["token"]) == 200
    (listed,) = (json.loads(line) for line in made("list", "--json").splitlines())
    assert listed == {name: value for name, value in said.items() if name != "token"}
    head, row = made("list", "ada").splitlines()
    assert head.split()[:3] == ["name", "prefix", "owner"]
    assert row.split()[:3] == ["nightly", said["prefix"], "ada"]
    assert said["token"] not in made("list") + made("list", "--json")


def test_a_token_is_rotated_and_revoked_by_name_or_prefix(ada: User) -> None:
    first = made("create", "ada", "--name", "nightly")
    code, out, _ = told("jobs", "--as", "ada", "tokens", "rotate", "ada", "nightly", "--grace", "1h")
    second = out.strip()
    assert code == 0
    assert [status(token) for token in (first, second)] == [200, 200]
    assert Audit.objects.filter(by=ada).count() == 2
    assert made("revoke", "ada", first[:15]) == f"nightly ({first[:15]}…) of 'ada' is revoked."
    assert [status(token) for token in (first, second)] == [401, 200]
    made("revoke", "ada", "nightly")
    assert status(second) == 401


def test_a_dry_run_makes_and_ends_nothing(ada: User) -> None:
    assert made("create", "ada", "--name", "nightly", "--dry-run").startswith("A token 'nightly' would be made")
    assert "token" not in json.loads(made("create", "ada", "--dry-run", "--json"))
    assert not Token.objects.exists()
    token = made("create", "ada", "--name", "nightly")
    before = Audit.objects.count()
    assert made("revoke", "ada", "nightly", "--dry-run").endswith("of 'ada' would be revoked.")
    made("rotate", "ada", "nightly", "--dry-run")
    assert status(token) == 200
    assert (Token.objects.count(), Audit.objects.count()) == (1, before)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["create", "bob"], 2, "no user 'bob'. Known are: ada."),
        (["create", "ada", "--days", "soon"], 2, "number of days, or forever"),
        (["create", "ada", "--days", "0"], 1, "before it was made"),
        (["create", "ada", "--scope", "jobs.delete_objective"], 1, "does not have the permission"),
        (["rotate", "ada", "nightly"], 2, "'ada' has no token 'nightly'. There are: none yet."),
        (["revoke", "ada", "nightly"], 2, "'ada' has no token 'nightly'."),
    ],
)
def test_what_is_not_done_is_said_with_its_code(ada: User, words: list[str], code: int, says: str) -> None:
    found, out, err = told(*TOKENS, *words)
    assert (found, out) == (code, "")
    assert says in err
    assert not Token.objects.exists()


def test_a_refusal_is_json_for_programs(ada: User) -> None:
    code, _, err = told(*TOKENS, "create", "ada", "--days", "0", "--json")
    assert code == 1
    assert re.search("before it was made", str(json.loads(err)["problems"]))


def test_who_asks_may_what_he_may_on_the_page(ada: User) -> None:
    bob = User.objects.create_user("bob")
    token = made("create", "ada", "--name", "hers")

    def as_bob(*words: str) -> tuple[int, str, str]:
        return told("jobs", "--as", "bob", "tokens", *words)

    for words in (["create", "ada"], ["rotate", "ada", "hers"], ["revoke", "ada", "hers"], ["list", "ada"]):
        code, out, err = as_bob(*words)
        assert (code, out) == (1, ""), words
        assert "Only a superuser" in err
    assert status(token) == 200
    assert as_bob("list") == (0, "There is no token.\n", "")
    bob.is_superuser = True
    bob.save()
    assert "hers" in as_bob("list")[1]


def test_an_account_that_is_not_active_gets_none(ada: User) -> None:
    ada.is_active = False
    ada.save()
    code, _, err = told(*TOKENS, "create", "ada")
    assert code == 1
    assert "not active" in err
