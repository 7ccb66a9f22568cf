"""DATABASE_URL with one host and with several."""

from __future__ import annotations

import pytest

from project.database_url import PATIENCE, parse


def test_several_hosts_mean_the_one_that_can_be_written_to():
    found = parse("postgresql://me:p%40ss@h1:5432,h2:5433/runat")
    assert (found["HOST"], found["PORT"]) == ("h1,h2", "5432,5433")
    assert (found["USER"], found["PASSWORD"], found["NAME"]) == ("me", "p@ss", "runat")
    assert found["OPTIONS"] == {**PATIENCE, "target_session_attrs": "read-write"}


@pytest.mark.parametrize("said", ["read-write", "primary"])
def test_it_may_be_said(said):
    assert parse(f"postgresql://h1,h2/d?target_session_attrs={said}")["OPTIONS"]["target_session_attrs"] == said


@pytest.mark.parametrize(
    ("where", "hosts", "ports"),
    [
        ("h1,h2", "h1,h2", "5432,5432"),
        ("h1,h2:5433", "h1,h2", "5432,5433"),
        ("[2001:db8::1]:6000,[::1]", "2001:db8::1,::1", "6000,5432"),
        ("10.0.0.1:1,10.0.0.2:2,10.0.0.3:3", "10.0.0.1,10.0.0.2,10.0.0.3", "1,2,3"),
    ],
)
def test_each_host_has_its_port(where, hosts, ports):
    found = parse(f"postgresql://me@{where}/d")
    assert (found["HOST"], found["PORT"]) == (hosts, ports)


@pytest.mark.parametrize("password", ["p,q", "a%2Cb%2Cc"])
def test_a_comma_in_the_password_is_no_host(password):
    assert parse(f"postgresql://me:{password}@h:5433/d")["HOST"] == "h"


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("postgresql://h1:x,h2/d", "'h1:x' is neither HOST nor HOST:PORT"),
        ("postgresql://h1,/d", "'' is neither HOST nor HOST:PORT"),
        ("postgresql://h1:0,h2/d", "'h1:0' is neither"),
        ("postgresql://h1:70000,h2/d", "'h1:70000' is neither"),
        ("postgresql://h1,h2/d?target_session_attrs=standby", "can only be read-write"),
        ("postgresql://h/d?target_session_attrs=prefer-standby", "can only be read-write"),
        ("postgresql://h/d?options=-c%20default_transaction_isolation%3Dserializable", "options may set search_path, "),
        ("postgresql://h/d?options=nonsense", "'nonsense'"),
        ("postgresql://h/d?options=-c", "'-c'"),
    ],
)
def test_what_cannot_be_right_is_refused_in_a_sentence(url, sentence):
    with pytest.raises(ValueError, match=sentence):
        parse(url)


@pytest.mark.parametrize(
    "options", ["-c search_path=runat,public", "-csearch_path=runat,public", "--search-path=runat,public"]
)
def test_what_a_session_may_choose(options):
    found = parse(f"postgresql://h/d?options={options.replace(' ', '%20').replace('=', '%3D')}")
    assert found["SESSION"] == {"search_path": "runat,public"}
    assert "options" not in found["OPTIONS"]


def test_a_host_that_is_gone_is_not_waited_for_unless_it_is_said():
    assert parse("postgresql://h/d")["OPTIONS"] == PATIENCE
    assert parse("postgresql://h/d?connect_timeout=30")["OPTIONS"]["connect_timeout"] == 30
