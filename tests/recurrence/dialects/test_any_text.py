"""Any text is a rule or refused with a sentence; none raises otherwise, whatever the dialect."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.recurrence import BadExpression, parse

PIECES = st.sampled_from(
    [
        *(
            "*",
            "?",
            "/",
            "-",
            ",",
            "#",
            "L",
            "W",
            "H",
            "~",
            "..",
            ":",
            "(",
            ")",
            "@",
            " ",
            " ",
            " ",
            "\t",
            "\n",
            "T",
            "Z",
        ),
        *("0", "1", "5", "31", "60", "2026", "99999", "²", "MON", "fri", "JAN", "Mon..Fri", "daily", "H/15", "H(0-29)"),
        *("cron(", "rate(", "at(", "5 minutes", "1 day", "2026-12-31T23:59:00", "Europe/Berlin", "UTC", "TZ=", "\x00"),
    ]
)


@pytest.mark.parametrize("dialect", ["quartz", "systemd", "eventbridge", "jenkins"])
@settings(max_examples=300, deadline=None)
@given(pieces=st.lists(PIECES, max_size=14))
def test_no_text_raises_anything_but_a_sentence(dialect, pieces):
    why = "; ."
    try:
        parse(dialect, "".join(pieces), name="x")
    except BadExpression as refused:
        why = refused.why

    assert why.endswith(".")
    assert ";" in why or "write" in why
