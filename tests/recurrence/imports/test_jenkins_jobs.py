"""Timers of Jenkins in a config.xml or a Jenkinsfile. What they mean is that of jenkins-2.479: CronTabList.create."""

import pytest

from jobs.recurrence.imports import jenkins_jobs
from jobs.recurrence.imports.jenkins_jobs import NO_NAME, NO_ZONE

CONFIG = """<?xml version='1.1' encoding='UTF-8'?>
<project>
  <displayName>Nightly build</displayName>
  <disabled>false</disabled>
  <triggers>
    <hudson.triggers.TimerTrigger>
      <spec>TZ=Europe/Berlin
# at night
30 2 * * 1-5

0 12 * * 6</spec>
    </hudson.triggers.TimerTrigger>
  </triggers>
  <builders><hudson.tasks.Shell><command>/usr/local/bin/build --all</command></hudson.tasks.Shell></builders>
</project>
"""


def test_each_line_of_a_timer_becomes_an_entry():
    entries, refused = jenkins_jobs(CONFIG)
    assert refused == ()
    assert [(one.line, one.name, one.expression, one.zone) for one in entries] == [
        (9, "Nightly build", "30 2 * * 1-5", "Europe/Berlin"),
        (11, "Nightly build (line 11)", "0 12 * * 6", "Europe/Berlin"),
    ]
    assert {(one.dialect, one.command, one.enabled, one.notes) for one in entries} == {
        ("jenkins", "/usr/local/bin/build --all", True, ())
    }


def test_one_that_is_switched_off_stays_so():
    entries, _ = jenkins_jobs(CONFIG.replace("<disabled>false", "<disabled>true"))
    assert not any(one.enabled for one in entries)


def test_without_a_name_and_a_zone_it_says_so():
    text = CONFIG.replace("displayName", "description").replace("TZ=Europe/Berlin\n", "")
    first = jenkins_jobs(text)[0][0]
    assert (first.name, first.zone, first.notes) == ("jenkins", None, (NO_ZONE, NO_NAME))


def test_a_pipeline_has_its_timer_deeper():
    text = CONFIG.replace("<triggers>", "<properties><a.PipelineTriggersJobProperty><triggers>").replace(
        "</triggers>", "</triggers></a.PipelineTriggersJobProperty></properties>"
    )
    assert len(jenkins_jobs(text)[0]) == 2


def test_one_bad_line_is_named_and_the_others_stay():
    entries, refused = jenkins_jobs(CONFIG.replace("0 12 * * 6", "0 25 * * 6\nTZ=UTC\n@reboot\nH H * * *"))
    assert [one.line for one in entries] == [9, 14]
    assert [(one.line, one.field) for one in refused] == [(11, "hour"), (12, "zone"), (13, "")]
    assert "Jenkins takes TZ= in the first line alone" in refused[1].why


def test_other_triggers_are_refused():
    text = CONFIG.replace("hudson.triggers.TimerTrigger", "hudson.triggers.SCMTrigger")
    entries, (bad,) = jenkins_jobs(text)
    assert (entries, bad.line) == ((), 6)
    assert "looks for changes of a repository" in bad.why


def test_a_doctype_is_refused():
    entries, (bad,) = jenkins_jobs("<!DOCTYPE x [<!ENTITY a 'b'>]><project>&a;</project>")
    assert entries == ()
    assert "DOCTYPE" in bad.why


@pytest.mark.parametrize(
    ("written", "lines"),
    [
        ("triggers { cron('H 3 * * 1-5') }", [(1, "H 3 * * 1-5", None)]),
        (
            'triggers {\n cron("""TZ=Europe/London\nH 3 * * *\n5 4 * * *""") }',
            [(3, "H 3 * * *", "Europe/London"), (4, "5 4 * * *", "Europe/London")],
        ),
        (r"properties([pipelineTriggers([cron ( 'TZ=UTC\nH 3 * * *' )])])", [(2, "H 3 * * *", "UTC")]),
        ("// cron('1 1 * * *')\n/* cron('2 2 * * *') */ cron('3 3 * * *') // x", [(2, "3 3 * * *", None)]),
        ("echo \"cron('1 1 * * *')\"; sh '''cron('2 2 * * *')'''\ncron('3 3 * * *')", [(2, "3 3 * * *", None)]),
        ("it's\ncron('3 3 * * *')", [(2, "3 3 * * *", None)]),
    ],
)
def test_calls_in_a_jenkinsfile(written, lines):
    entries, refused = jenkins_jobs(written)
    assert refused == ()
    assert [(one.line, one.expression, one.zone) for one in entries] == lines


@pytest.mark.parametrize(
    "written",
    [
        "cron(env.WHEN)",
        'cron("H ${HOUR} * * *")',
        "cron(main ? 'H 3 * * *' : '')",
        "cron('1 1 * * *' + x)",
        "cron('1 1",
    ],
)
def test_what_is_no_text_is_refused(written):
    entries, (bad,) = jenkins_jobs(f"\n{written}")
    assert (entries, bad.line, bad.field) == ((), 2, "cron")
    assert "write its text, like cron('H 3 * * *')" in bad.why


def test_a_file_without_a_timer_says_so():
    for text in ("", "<project/>", "pipeline { }"):
        assert "This has no timer" in jenkins_jobs(text)[1][0].why
