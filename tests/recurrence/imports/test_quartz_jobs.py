"""Jobs and triggers of Quartz in XML. What they mean is that of quartz-2.3.2: XMLSchedulingDataProcessor, and
job_scheduling_data_2_0.xsd."""

from datetime import UTC, datetime

import pytest

from jobs.recurrence.imports import quartz_jobs
from jobs.recurrence.imports.quartz_jobs import BESIDE, COUNTED, FROM_THE_START, LATER, NO_ZONE, RECOVERS

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<job-scheduling-data xmlns="http://www.quartz-scheduler.org/xml/JobSchedulingData" version="2.0"><schedule>
<job><name>report</name><group>night</group><job-class>com.example.Report</job-class>
<job-data-map><entry><key>path</key><value>/srv</value></entry><entry><key>mode</key><value>full</value></entry></job-data-map>
</job>
"""
TAIL = "</schedule></job-scheduling-data>"
OF_IT = "<name>t</name><job-name>report</job-name><job-group>night</job-group>"
CRON = "<cron-expression>0 30 9 ? * MON-FRI</cron-expression>"
ZONE = "<time-zone>Europe/Berlin</time-zone>"
START = "<start-time>2026-12-24T09:00:00</start-time>"


def trigger(kind, *parts):
    return f"<trigger><{kind}>{OF_IT}{''.join(parts)}</{kind}></trigger>\n"


def read(*triggers):
    return quartz_jobs(HEAD + "".join(triggers) + TAIL)


def entry(kind, *parts):
    (found,), refused = read(trigger(kind, *parts))
    assert refused == ()
    return found


def misfire(said):
    return f"<misfire-instruction>MISFIRE_INSTRUCTION_{said}</misfire-instruction>"


def test_a_cron_trigger_becomes_an_entry_with_its_job():
    found = entry(
        "cron",
        START,
        "<end-time>2027-01-01T00:00:00Z</end-time>",
        CRON,
        ZONE,
        "<job-data-map><entry><key>mode</key><value>fast</value></entry></job-data-map>",
    )
    assert (found.line, found.name, found.dialect, found.expression) == (6, "t", "quartz", "0 30 9 ? * MON-FRI")
    assert (found.zone, found.command, found.data) == (
        "Europe/Berlin",
        "com.example.Report",
        {"path": "/srv", "mode": "fast"},
    )
    assert (str(found.starts_at), found.ends_at) == ("2026-12-24 09:00:00", datetime(2027, 1, 1, tzinfo=UTC))
    assert (found.overlap, found.catch_up, found.enabled) == ("allow", "latest", True)
    assert found.notes == (
        BESIDE,
        "It is given mode, path; write them into the payload of its row in the table, each like {data.mode}.",
    )


def test_without_a_zone_that_of_the_machine_counts():
    found = entry("cron", CRON)
    assert (found.zone, found.notes[0]) == (None, NO_ZONE)


@pytest.mark.parametrize(
    ("kind", "parts", "catch_up"),
    [
        ("cron", CRON + misfire("SMART_POLICY"), "latest"),
        ("cron", CRON + misfire("FIRE_ONCE_NOW"), "latest"),
        ("cron", CRON + misfire("DO_NOTHING"), "skip"),
        ("simple", "<repeat-count>-1</repeat-count><repeat-interval>60000</repeat-interval>", "skip"),
        ("simple", "<repeat-count>3</repeat-count><repeat-interval>60000</repeat-interval>", "latest"),
        (
            "simple",
            "<repeat-count>-1</repeat-count><repeat-interval>60000</repeat-interval>"
            + misfire("RESCHEDULE_NOW_WITH_REMAINING_REPEAT_COUNT"),
            "latest",
        ),
        (
            "simple",
            "<repeat-count>3</repeat-count><repeat-interval>60000</repeat-interval>"
            + misfire("RESCHEDULE_NEXT_WITH_EXISTING_COUNT"),
            "skip",
        ),
    ],
)
def test_misfires_are_what_it_catches_up_with(kind, parts, catch_up):
    assert entry(kind, parts).catch_up == catch_up


@pytest.mark.parametrize(
    ("kind", "parts", "becomes", "most_runs", "note"),
    [
        (
            "simple",
            "<repeat-count>-1</repeat-count><repeat-interval>90500</repeat-interval>",
            "interval every 90.500000 seconds",
            None,
            FROM_THE_START,
        ),
        (
            "simple",
            START + "<repeat-count>9</repeat-count><repeat-interval>60000</repeat-interval>",
            "interval every 60.000000 seconds",
            10,
            COUNTED.format(10),
        ),
        ("simple", START, "once 2026-12-24T09:00:00", None, None),
        (
            "calendar-interval",
            "<repeat-interval>2</repeat-interval><repeat-interval-unit>HOUR</repeat-interval-unit>",
            "interval every 7200 seconds",
            None,
            FROM_THE_START,
        ),
        (
            "calendar-interval",
            START + "<repeat-interval>3</repeat-interval><repeat-interval-unit>MONTH</repeat-interval-unit>",
            "rrule DTSTART:20261224T090000\nRRULE:FREQ=MONTHLY;INTERVAL=3",
            None,
            NO_ZONE,
        ),
    ],
)
def test_what_else_it_repeats_by(kind, parts, becomes, most_runs, note):
    found = entry(kind, parts)
    assert (f"{found.dialect} {found.expression}", found.most_runs) == (becomes, most_runs)
    assert note is None or note in found.notes


def unit(number, word, start=START):
    return f"{start}<repeat-interval>{number}</repeat-interval><repeat-interval-unit>{word}</repeat-interval-unit>"


@pytest.mark.parametrize(
    ("kind", "parts", "field", "says"),
    [
        ("cron", "<cron-expression>0 0 0 1 * MON</cron-expression>", "", ""),
        ("cron", CRON + "<time-zone>Mars/Base</time-zone>", "zone", "Mars/Base"),
        (
            "cron",
            CRON + "<calendar-name>holidays</calendar-name>",
            "calendar-name",
            "give the schedule a calendar of RunAt",
        ),
        ("cron", CRON + "<start-time>soon</start-time>", "start-time", "is no moment"),
        ("cron", CRON + misfire("IGNORE_MISFIRE_POLICY"), "misfire-instruction", "MISFIRE_INSTRUCTION_DO_NOTHING"),
        ("simple", "", "start-time", "whenever Quartz starts"),
        ("simple", "<repeat-count>x</repeat-count>", "repeat-count", "no whole number"),
        ("simple", "<repeat-count>-1</repeat-count><repeat-interval>500</repeat-interval>", "", "at least 1 second"),
        ("calendar-interval", unit(0, "DAY"), "repeat-interval", "1 or more"),
        ("calendar-interval", unit(1, "FORTNIGHT"), "repeat-interval-unit", "write one of SECOND"),
        ("calendar-interval", unit(1, "DAY", ""), "start-time", "without an offset"),
        ("calendar-interval", unit(1, "DAY", START.replace("00<", "00Z<")), "start-time", "without an offset"),
        ("calendar-interval", unit(1, "MONTH", START.replace("24", "31")), "start-time", "a cron trigger with L"),
        ("daily", "", "trigger", "write cron, simple or calendar-interval"),
    ],
)
def test_what_cannot_be_said_here_is_named_and_the_others_stay(kind, parts, field, says):
    (good,), (bad,) = read(trigger(kind, parts), trigger("cron", CRON))
    assert (good.line, bad.line) == (7, 6)
    assert field in bad.field
    assert says in bad.why


def test_what_counts_from_a_start_of_quartz_has_no_first_moment():
    found = entry("cron", CRON, START, "<start-time-seconds-in-future>60</start-time-seconds-in-future>")
    assert found.starts_at is None
    assert LATER in found.notes


def test_a_trigger_names_its_group_and_a_job_of_the_file():
    both = trigger("cron", CRON, "<group>g</group>") + trigger("cron", CRON).replace("report", "other")
    (good,), (bad,) = read(both)
    assert good.name == "g/t"
    assert (bad.field, bad.why) == ("job-name", "The file has no job other of the group night; add it.")


def test_a_job_that_asks_for_recovery_says_so():
    (found,), _ = quartz_jobs((HEAD + trigger("cron", CRON) + TAIL).replace("</job>", "<recover>true</recover></job>"))
    assert RECOVERS in found.notes


def test_what_stands_before_broken_xml_is_kept():
    (good,), (bad,) = quartz_jobs(HEAD + trigger("cron", CRON) + "<trigger><cron>\n</trigger>")
    assert (good.line, bad.line) == (6, 8)
    assert bad.why == "This is no XML from here on (mismatched tag); correct it there."


BOMB = """<!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>"""
FILE = """<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>"""


@pytest.mark.parametrize("doctype", [BOMB, FILE, '<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd">'])
def test_no_entity_is_read(doctype):
    text = HEAD.replace("<job-scheduling", f"{doctype}\n<job-scheduling").replace("/srv", "&a;")
    entries, (bad,) = quartz_jobs(text + trigger("cron", CRON) + TAIL)
    assert (entries, bad.line) == ((), 2)
    assert "DOCTYPE" in bad.why


def test_what_is_nested_too_deeply_is_refused():
    _, (bad,) = quartz_jobs("\n\n" + "<a>\n" * 200)
    assert (bad.line, bad.why) == (103, "This is nested too deeply; write it flatter.")


def test_another_file_has_no_trigger():
    _, (bad,) = quartz_jobs("<project/>")
    assert "This has no trigger" in bad.why
