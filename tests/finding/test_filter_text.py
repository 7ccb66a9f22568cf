"""The filter as text: what each word becomes, what is refused and where, and that text and filter say the same."""

from __future__ import annotations

import pytest
from django.http import QueryDict
from hypothesis import given, settings
from hypothesis import strategies as st
from rest_framework.serializers import ValidationError

from jobs.api.listing import ListQuery, as_filters, checked
from jobs.rules.finding import FILTERS
from jobs.web.filter_text import HINTS, LONGEST, read, spelled
from jobs.web.filter_text.words import WORDS
from tests.conftest import NOW


def pairs(text):
    found = read(text)
    assert not found.problems, found.problems
    return [(pair.name, pair.value) for pair in found.pairs]


def wrong(text):
    return [(text[one.start : one.end], one.why) for one in read(text).problems]


MEANS = [
    ("", ""),
    ("queue:pay", "queue=pay"),
    ("  state:failed   late:>1s ", "state=failed&later_than=1"),
    ("late:>500ms", "later_than=0.5"),
    ("late:2h", "later_than=7200"),
    ("late:>0.10s", "later_than=0.1"),
    ("-state:completed", "state=pending,running,failed,cancelled,interrupted,skipped"),
    ("-state:completed,5 -state:skipped", "state=pending,running,failed,cancelled"),
    ("state:failed,skipped -state:skipped", "state=failed"),
    ("label.team:payroll label.env:prod", "label=team:payroll&label=env:prod"),
    ("label:team:payroll", "label=team:payroll"),
    ('name:"nightly report" invoice', "name=nightly report&q=invoice"),
    (r'name:"say \"hi\" \\ \n"', r'name=say "hi" \ \n'),
    ("#123", "id=123"),
    ("id:123", "id=123"),
    ("123", "q=123"),
    ('"123"', 'q="123"'),
    ('"free text" paid', 'q="free text" paid'),
    ('"12:30" a"b', r'q="12:30" "a\"b"'),
    ("-held:any", "held=no"),
    ("held:approval", "held=approval"),
    ("QUEUE:pay", "queue=pay"),
    ("created:today", "created_at_after=today&created_at_before=tomorrow"),
    ("run:tomorrow", "run_at_after=tomorrow&run_at_before=today+2d"),
    ("created:>-24h", "created_at_after=-24h"),
    ("run:<+1h", "run_at_before=+1h"),
    ("created:2026-11", "created_at_after=2026-11-01T00:00Z&created_at_before=2026-12-01T00:00Z"),
    ("ended:2026-12-31", "finished_at_after=2026-12-31T00:00Z&finished_at_before=2027-01-01T00:00Z"),
    ("created:>2026-11-30", "created_at_after=2026-12-01T00:00Z"),
    ("created:>=2026-11-30", "created_at_after=2026-11-30T00:00Z"),
    ("created:<=2026-11", "created_at_before=2026-12-01T00:00Z"),
    ("created:2026-11-01..2026-11-02", "created_at_after=2026-11-01T00:00Z&created_at_before=2026-11-03T00:00Z"),
    ("created:2026-11-01..", "created_at_after=2026-11-01T00:00Z"),
    ("run:>2026-11-30T12:00", "run_at_after=2026-11-30T12:00Z"),
    ("run:<2026-11-30T12:00:30+01:00", "run_at_before=2026-11-30T12:00:30+01:00"),
    ("later_than:5 no_live_worker:true batch:7", "later_than=5&no_live_worker=true&batch=7"),
]


@pytest.mark.parametrize(("text", "query"), MEANS)
def test_a_text_says_these_filters(text, query):
    expected = [tuple(part.split("=", 1)) for part in query.split("&") if part]
    assert pairs(text) == expected


WRONG = [
    ("stat:failed", "stat:failed", "There is no word 'stat'; did you mean state?"),
    ("queue:pay quee:x paid", "quee:x", "did you mean queue? There are state, queue, target"),
    ("12:30", "12:30", 'text with a colon in quotes: "12:30"'),
    (":x", ":x", "There is no word ''"),
    ("-state:complete", "-state:complete", "did you mean completed? There are pending"),
    ("-state:pending,running,completed,failed,cancelled,interrupted,skipped", None, "leaves no state"),
    ("-queue:pay", "-queue:pay", "Only states can be left out"),
    ("-paid", "-paid", "Only states can be left out"),
    ('name:"nightly report', '"nightly report', "does not end"),
    ('a "b"c d', '"b"c', "Put a space after the closing quote"),
    ("queue:", "queue:", "Say what queue is to be"),
    ("label.team:", "label.team:", "Say what label.team is to be"),
    ("late:<1s", "late:<1s", "late:>1s"),
    ("late:soon", "late:soon", "late:>1s"),
    ("created:soon", "created:soon", "write today, 2026-11"),
    ("created:2026-02-30", "created:2026-02-30", "no time"),
    ("created:9999-12", "created:9999-12", "no time"),
    ("created:-24h", "created:-24h", "write created:>-24h"),
    ("created:<=now", "created:<=now", "Write created:<now"),
    ("created:..", "created:..", "no time"),
    ("#x", "#x", "number of a job"),
    ("-#7", "-#7", "number of a job"),
    ("payload.month:2026-11", "payload.month:2026-11", "Give jobs a label"),
    ("late_cause:slots", "late_cause:slots", "/late/?late=slots"),
    ("sort:delay", "sort:delay", "no filter"),
    ("state:failed state:pending", "state:pending", "state:failed,interrupted"),
    ("created:today created:>now", "created:>now", "another created_at_after"),
]


@pytest.mark.parametrize(("text", "part", "why"), WRONG)
def test_what_is_wrong_is_told_at_its_place(text, part, why):
    ((found, said),) = wrong(text)
    assert found == (part or text)
    assert why in said


def test_all_that_is_wrong_is_told_at_once():
    assert [part for part, _ in wrong('quee:a ok late:x #y "z')] == ["quee:a", "late:x", "#y", '"z']


def told(query, now=NOW):
    with pytest.raises(ValidationError) as refused:
        checked(QueryDict(query), ListQuery, now)
    return {name: [str(one) for one in said] for name, said in refused.value.detail.items()}


def test_a_wrong_value_is_told_at_its_place_by_the_one_parser():
    (said,) = told("q=queue:pay state:faild")["q"]
    assert said.startswith("Column 11, 'state:faild': 'faild' is no state; did you mean failed? known are: pending (0)")
    assert "0 to" in told("q=late:>999999999999d")["q"][0]
    assert told("q=state:faild&page_size=0").keys() == {"q", "page_size"}


def test_what_the_address_says_too_is_told():
    (said,) = told("q=queue:pay&queue=mail")["q"]
    assert "another queue beside this text" in said
    assert checked(QueryDict("q=label.a:b&label=c:d"), ListQuery)["label"] == {"a": "b", "c": "d"}


def test_a_text_of_any_length_is_answered():
    assert f"shorten it to {LONGEST:,}" in told("q=" + "x" * (LONGEST + 1))["q"][0]
    assert "shorten" in told("q=" + "x" * LONGEST)["q"][0]


def test_moments_that_move_are_of_the_moment_that_asks():
    at = NOW.replace(hour=0, minute=0, second=0)
    wanted = checked(QueryDict("q=created:today run:<-90m"), ListQuery, NOW)
    assert wanted["created_at_after"] == at
    assert (wanted["created_at_before"] - at).days == 1
    assert (NOW - wanted["run_at_before"]).total_seconds() == 5400
    assert "beyond the years" in told("q=created:>-999999w")["q"][0]


def test_every_filter_can_be_said_and_every_word_is_explained():
    assert set(FILTERS) - {"q"} <= set(WORDS)
    shown = {"late": "later_than", "created": "created_at", "run": "run_at", "ended": "finished_at"}
    said = {shown.get(word, word) for word in HINTS}
    assert {name.removesuffix("_after").removesuffix("_before") for name in FILTERS if name != "q"} == said


words = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=8)
odd = st.text(st.sampled_from('ab:"\\ -#>.,\u00a0'), min_size=1, max_size=8)
values = st.one_of(words, odd).filter(lambda text: text.strip())


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


states = st.lists(st.sampled_from(["pending", "failed", "completed", "5"]), min_size=1, max_size=3, unique=True)
moments = st.sampled_from(
    ["today", "yesterday", "2026-11", "2026-11-30", ">-24h", "<+1h", ">=2026-11-30T12:00:01+05:30", "<=2026-02"]
)
terms = st.one_of(
    values.map(quoted),
    values.map(lambda text: f"queue:{quoted(text)}"),
    values.map(lambda text: f"name:{quoted(text)}"),
    values.map(lambda text: f"label.team:{quoted(text)}"),
    states.map(lambda names: f"state:{','.join(names)}"),
    states.map(lambda names: f"-state:{','.join(names)}"),
    moments.map(lambda text: f"created:{text}"),
    moments.map(lambda text: f"run:{text}"),
    st.decimals(0, 10_000, places=3).map(lambda number: f"late:>{number}s"),
    st.integers(1, 10**12).map(lambda number: f"#{number}"),
    st.sampled_from(["held:any", "-held:any", "no_live_worker:true", "paid", "123", "batch:7"]),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(terms, max_size=6, unique_by=lambda term: term.split(":")[0].lstrip("-")).map(" ".join))
def test_text_and_filter_say_the_same(text):
    try:
        wanted = checked(one(text), ListQuery, NOW)
    except ValidationError:
        return  # what is refused is tested above; nothing of it is changed
    query, _ = as_filters(one(text))
    again = spelled((name, value) for name, values in query.lists() for value in values)
    assert checked(query, ListQuery, NOW) == wanted
    assert checked(one(again), ListQuery, NOW) == wanted
    assert spelled(pairs(again)) == again


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=30) | odd)
def test_any_text_is_read_or_told(text):
    found = read(text)
    assert all(0 <= problem.start < problem.end <= len(text) for problem in found.problems)
    if not found.problems:
        again = spelled((pair.name, pair.value) for pair in found.pairs)
        assert spelled(pairs(again)) == again


def one(text):
    query = QueryDict(mutable=True)
    if text:
        query["q"] = text
    return query
