"""Timer units of systemd: an entry for each OnCalendar=."""

import pytest

from jobs.recurrence.imports import Entry, timers

NO_ZONE = "Without a zone behind it, systemd takes that of the machine; put it into the zone field."
SPREAD = "systemd takes another delay each time; here each schedule has one of its own that stays."
UNIT = """\
[Unit]
Description=Nightly backup

[Timer]
# two times
OnCalendar=Mon..Fri 02:30 Europe/Berlin
OnCalendar=Sat *-*-* \\
  04:00
RandomizedDelaySec=1h 15min
Persistent=true
Unit=backup-all.service

[Install]
WantedBy=timers.target
"""


def test_each_calendar_event_becomes_an_entry():
    first = Entry(
        line=6,
        name="Nightly backup",
        dialect="systemd",
        expression="Mon..Fri 02:30",
        zone="Europe/Berlin",
        command="systemctl start backup-all.service",
        catch_up="latest",
        spread=4500,
        notes=(SPREAD,),
    )
    entries, refused = timers(UNIT, "backup")

    assert refused == ()
    assert entries[0] == first
    assert (entries[1].line, entries[1].name, entries[1].expression) == (
        7,
        "Nightly backup (line 7)",
        "Sat *-*-*    04:00",
    )
    assert (entries[1].zone, entries[1].notes) == (None, (NO_ZONE, SPREAD))


def test_a_unit_is_called_by_its_file_where_it_says_nothing():
    ((entry,), _) = timers("[Timer]\nOnCalendar=daily\n", "logrotate")

    assert (entry.name, entry.command) == ("logrotate", "systemctl start logrotate.service")
    assert (entry.catch_up, entry.spread) == ("skip", None)


def test_several_units_are_read_as_systemctl_shows_them_with_their_drop_ins():
    text = "# /lib/systemd/system/a.timer\n[Timer]\nOnCalendar=daily\n# /etc/systemd/system/a.timer.d/own.conf\n[Timer]\nOnCalendar=\nOnCalendar=06:00\nPersistent=yes\n\n# /lib/systemd/system/b.timer\n[Timer]\nOnCalendar=weekly\n"
    entries, refused = timers(text)

    assert refused == ()
    assert [(entry.name, entry.expression, entry.line, entry.catch_up) for entry in entries] == [
        ("a", "06:00", 7, "latest"),
        ("b", "weekly", 12, "skip"),
    ]


@pytest.mark.parametrize("key", ["OnActiveSec", "OnBootSec", "OnStartupSec", "OnUnitActiveSec", "OnUnitInactiveSec"])
def test_what_counts_from_an_event_is_refused_and_the_rest_kept(key):
    entries, (refused,) = timers(f"[Timer]\n{key}=15min\nOnCalendar=daily\n")

    assert len(entries) == 1
    assert (refused.line, refused.text, refused.field) == (2, f"{key}=15min", key)
    assert refused.why.startswith(f"{key} counts from when ")
    assert refused.why.endswith(", and nothing here starts with a machine; write an interval.")


@pytest.mark.parametrize(
    ("line", "field", "why"),
    [
        ("OnCalendar=*/5:00", "hour", "“*/5” is no hour; write 0/5."),
        ("OnCalendar=02-30", "day of month", "This never starts: February has no day 30"),
        ("OnCalendar=Mon 09:00 Mars/Phobos", "", "“Mars/Phobos” stands where it cannot"),
        (f"RandomizedDelaySec={'1' * 60}!", "RandomizedDelaySec", "“1111"),
        (f"RandomizedDelaySec={'9' * 12}w", "RandomizedDelaySec", "“9999"),
        ("RandomizedDelaySec=soon", "RandomizedDelaySec", "“soon” is no span of time; write it like 15min"),
        ("RandomizedDelaySec=5 parsecs", "RandomizedDelaySec", "“5 parsecs” is no span of time"),
        ("OnCalendar", "", "This line has no =; write it like OnCalendar=daily."),
    ],
)
def test_a_line_is_refused_with_field_and_remedy(line, field, why):
    entries, (refused,) = timers(f"[Timer]\n{line}\n")

    assert entries == ()
    assert (refused.line, refused.field) == (2, field)
    assert refused.why.startswith(why)


@pytest.mark.parametrize(
    ("span", "seconds"),
    [("90", 90), ("5m", 300), ("1h30min", 5400), ("500ms", 1), ("2 days 1 hour", 176_400), ("1.5h", 5400)],
)
def test_spans_are_read_as_systemd_does(span, seconds):
    ((entry,), _) = timers(f"[Timer]\nOnCalendar=daily\nRandomizedDelaySec={span}\n")

    assert entry.spread == seconds
