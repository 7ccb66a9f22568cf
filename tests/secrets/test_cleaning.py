"""What is taken out of texts, in whatever form it stands there."""

from __future__ import annotations

import base64
import json
from html import escape
from urllib.parse import quote, quote_plus

import pytest

from jobs.secrets import MASK, cleaner
from tests.secrets.steps import CANARY, has_canary

HARD = 'pa"ss\\wörd <&> 100%'


def clean(text: str, *values: str) -> str:
    found = cleaner(values)
    return text if found is None else found(text)


@pytest.mark.parametrize(
    "form",
    [
        str,
        repr,
        json.dumps,
        lambda text: json.dumps(text, ensure_ascii=False),
        quote,
        lambda text: quote(text, safe=""),
        quote_plus,
        escape,
        lambda text: base64.b64encode(text.encode()).decode(),
        lambda text: base64.b64encode(text.encode() + b"and more").decode(),
        lambda text: json.dumps(text).replace("/", "\\/"),
        lambda text: json.dumps(json.dumps(text)),
        lambda text: json.dumps(text).translate({ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&"}),
        lambda text: quote(text, safe="").replace("%2F", "%2f").replace("%3D", "%3d").replace("%2B", "%2b"),
        lambda text: escape(text).replace("&quot;", "&#34;"),
    ],
)
@pytest.mark.parametrize("value", [HARD, CANARY, "plain-and-simple"])
def test_each_form_of_a_value_is_found(form, value):
    said = clean(f"before {form(value)} after", value)
    assert MASK in said
    assert form(value).strip("'\"=") not in said
    assert said.startswith("before ")
    assert said.endswith(" after")


@pytest.mark.parametrize("user", ["", "a", "ad", "ada"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_it_is_found_in_the_middle_of_base64(user, encode):
    value = "canary\xff\xfe?>-1234567"
    whole = encode(f"{user}:{value}:more".encode()).decode()
    said = clean(whole, value)
    assert MASK in said
    assert len(said) < len(MASK) + 18, "of the value at most what is in one character with its neighbours"


def test_what_of_a_value_may_be_told_alone():
    basic = base64.b64encode(b"ada:pass-word-1").decode()
    assert clean("it is abcdef-1", "Bearer abcdef-1") == f"it is {MASK}"
    assert clean(f"sent {basic}; ada:pass-word-1; pass-word-1", f"Basic {basic}") == f"sent {MASK}; {MASK}; {MASK}"
    assert clean("session 0123456789ab", "session=0123456789ab; theme=dark") == f"session {MASK}"
    assert clean("theme dark", "session=0123456789ab; theme=dark") == "theme dark"
    assert clean("line: second-line", "first-line\nsecond-line\n") == f"line: {MASK}"
    assert clean("not Base64", "Basic ###") == "not Base64"


def test_a_half_that_a_cut_has_left_goes_with_all_that_may_be_one():
    found = cleaner([CANARY])
    assert found is not None
    text = "x" * 300
    for length in range(len(CANARY)):
        half = CANARY[:length]
        assert not set(found.cut(text + half, after=True)) & set(CANARY.replace("x", "")), half
        half = CANARY[len(CANARY) - length :]
        assert not set(found.cut(half + text, before=True)) & set(CANARY.replace("x", "")), half
    lengths = {len(found.cut(f"{text}{end}", after=True)) for end in (CANARY[:9], "canary-8f", "otherwise")}
    assert len(lengths) == 1, "what is left does not tell whether it was one: nobody guesses it letter by letter"
    assert found(f"body: {CANARY[:12]}") == f"body: {CANARY[:12]}", "for the same reason only there"
    assert found.cut("", after=True) == ""
    assert found.cut("short", before=True, after=True) == MASK


@pytest.mark.parametrize("beside", range(0, 60, 7))
def test_one_that_is_whole_beside_a_cut_is_not_cut_in_two(beside):
    found = cleaner([CANARY])
    assert found is not None
    assert not has_canary(found.cut("y" * 99 + CANARY + "z" * beside, after=True))
    assert not has_canary(found.cut("z" * beside + CANARY + "y" * 99, before=True))
    assert found.cut("y" * 99 + CANARY + "z" * 300, after=True).startswith("y" * 99 + MASK)


def test_what_is_too_short_to_be_hidden_stays():
    assert cleaner(["12345", ""]) is None
    assert clean("12345 and 123456", "12345", "123456") == f"12345 and {MASK}"


def test_the_canary_is_found_by_these_tests():
    assert all(has_canary(f"x{form(CANARY)}y") for form in (str, repr, json.dumps, quote, escape))
