"""Which arguments of a target are secret, by their annotations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, NamedTuple, NewType, NotRequired, TypeVar

import pydantic
import pytest
from pydantic import AliasChoices, AliasPath, BaseModel, Field, RootModel, SecretStr
from typing_extensions import TypeAliasType, TypedDict

from jobs import targets
from jobs.targets import Secret
from jobs.targets.http.request import CREDENTIALS
from jobs.targets.secrecy import hiding
from jobs.targets.secrecy.marks import parts_of


class Login(BaseModel):
    user: str
    password: Annotated[str, Secret]
    again: Login | None = None


class Asked(BaseModel):
    plain: str = ""
    token: Annotated[str, Secret] = ""
    perhaps: Annotated[str, Secret] | None = None
    bounded: Annotated[str | None, Secret(), Field(max_length=5)] = None
    of_pydantic: SecretStr = SecretStr("")
    many: list[Annotated[str, Secret]] = []
    login: Login | None = None
    logins: list[Login] = []
    by_alias: Annotated[str, Secret] = Field("", alias="byAlias")
    numbers: dict[str, int] = {}


GIVEN: dict[str, Any] = {
    "plain": "shown",
    "token": "t",
    "perhaps": "t",
    "bounded": "t",
    "of_pydantic": "t",
    "many": ["t", "t"],
    "login": {"user": "ada", "password": "t"},
    "logins": [{"user": "ada", "password": "t"}],
    "byAlias": "t",
    "numbers": {"t": 1},
}


def test_each_way_to_mark_one_is_understood():
    shown = hiding.hidden(parts_of(Asked), GIVEN)
    assert {name for name, value in shown.items() if value == hiding.HIDDEN} == {
        *("token", "perhaps", "bounded", "of_pydantic", "many", "logins", "byAlias"),
    }
    assert shown["login"] == {"user": "ada", "password": hiding.HIDDEN}
    assert (shown["plain"], shown["numbers"]) == ("shown", {"t": 1})


T = TypeVar("T")
Token = TypeAliasType("Token", Annotated[str, Secret])
Plain = TypeAliasType("Plain", "dict[str, Plain] | str")
Pair = TypeAliasType("Pair", tuple[T, str], type_params=(T,))
Key = NewType("Key", SecretStr)


class Own(SecretStr):
    """A class of somebody's own."""


class Root(RootModel[dict[str, SecretStr]]):
    """Names to secrets."""


@dataclass
class Entry:
    user: str
    password: Annotated[str, Secret]
    more: list[Entry] = field(default_factory=list)


class Typed(TypedDict):
    user: str
    password: NotRequired[Annotated[str, Secret]]


class Named(NamedTuple):
    user: str
    password: SecretStr


class Choices(BaseModel):
    token: Annotated[str, Secret] = Field("", validation_alias=AliasChoices("key", AliasPath("deep", "key")))


class Known(BaseModel):
    alias: Token = ""
    with_brackets: Pair[SecretStr] | None = None
    new_type: Key | None = None
    own: Own | None = None
    generic: pydantic.Secret[int] | None = None
    root: Root | None = None
    entry: Entry | None = None
    typed: Typed | None = None
    named: Named | None = None
    choices: Choices | None = None
    login: Login | None = None
    plain: Plain = ""
    pair: Pair[str] | None = None


def test_marks_are_found_in_types_of_each_kind():
    both = {"user": "ada", "password": "t"}
    whole = dict.fromkeys(("alias", "with_brackets", "new_type", "own", "generic"), "t")
    given = {
        **whole,
        "root": {"any": "t"},
        "entry": {**both, "more": [both]},
        "typed": both,
        "named": both,
        "choices": {"token": "t", "key": "t", "deep": {"key": "t"}},
        "login": {**both, "again": both},
        "plain": {"a": "shown"},
        "pair": ["shown", "shown"],
    }
    Known.model_validate({name: value for name, value in given.items() if name not in ("generic", "with_brackets")})
    shown = hiding.hidden(parts_of(Known), given)
    hidden = {"user": "ada", "password": hiding.HIDDEN}
    assert shown == {
        **dict.fromkeys((*whole, "root"), hiding.HIDDEN),
        "entry": {**hidden, "more": hiding.HIDDEN},
        "typed": hidden,
        "named": hidden,
        "choices": dict.fromkeys(("token", "key", "deep"), hiding.HIDDEN),
        "login": {**hidden, "again": hiding.HIDDEN},
        "plain": {"a": "shown"},
        "pair": ["shown", "shown"],
    }


def test_nothing_and_a_reference_hide_nothing():
    for value in (None, "", {"$secret": "x"}):
        assert hiding.hidden(parts_of(Asked), {"token": value}) == {"token": value}
    assert hiding.hidden(parts_of(Asked), {"token": {"$secret": "x", "and": "t"}}) == {"token": hiding.HIDDEN}


@pytest.mark.parametrize("payload", ["all of it", ["t"], 7])
def test_what_has_another_form_than_its_target_says_is_hidden_whole(payload):
    assert hiding.hidden(parts_of(Asked), payload) == hiding.HIDDEN
    assert hiding.hidden(parts_of(Asked), {"login": payload}) == {"login": hiding.HIDDEN}


def test_of_arguments_that_cannot_be_read_all_is_secret():
    class Broken(BaseModel):
        token: Nowhere  # noqa: F821 - that is the mistake

    assert hiding.hidden(parts_of(Broken), {"token": "t"}) == {"token": hiding.HIDDEN}


@pytest.mark.parametrize(
    "name",
    [
        *("Authorization", "authorization", "Cookie", "Proxy-Authorization", "X-Api-Key", "Api-Key", "apikey"),
        *("X-Auth-Token", "X-Auth", "Private-Token", "X-Amz-Security-Token", "X-Vault-Token", "X-Csrf-Token"),
        *(
            "X-Client-Secret",
            "X-Session-Id",
            "Ocp-Apim-Subscription-Key",
            "X-Functions-Key",
            "X-Hub-Signature-256",
            "Access-Key",
        ),
    ],
)
def test_headers_that_say_who_asks_are_secret(name):
    assert CREDENTIALS.search(name)
    shown = targets.shown("http", {"url": "https://a.example/", "headers": {name: "t", "Accept": "*/*"}})
    assert shown == {"url": "https://a.example/", "headers": {name: hiding.HIDDEN, "Accept": "*/*"}}


@pytest.mark.parametrize("name", ["Accept", "Content-Type", "X-Author", "X-Team", "User-Agent", "If-None-Match"])
def test_other_headers_are_not(name):
    assert not CREDENTIALS.search(name)


def test_of_a_target_that_is_not_there_nothing_is_shown():
    assert targets.shown("gone.away", {"token": "t", "none": None}) == {"token": hiding.HIDDEN, "none": None}
    assert targets.shown("gone.away", {"token": "t"}, sees_secrets=True) == {"token": "t"}
    assert targets.shown("gone.away", "t") == hiding.HIDDEN
    assert targets.audited("gone.away", {"token": "t"})["token"].startswith("<hidden ")


def test_the_audit_tells_one_value_from_another_and_nothing_more(settings):
    one, other = (targets.audited("crm.push", {"token": text}) for text in ("first", "second"))
    assert one != other
    assert one == targets.audited("crm.push", {"token": "first"})
    assert hiding.is_sentinel(one["token"])
    settings.SECRET_KEY = "another" * 8
    assert one != targets.audited("crm.push", {"token": "first"}), "nobody can try values out without the key"
    deep: Any = "t"
    for _ in range(50_000):
        deep = [deep]
    assert hiding.is_sentinel(targets.audited("crm.push", {"token": deep})["token"])
