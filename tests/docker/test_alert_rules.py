"""docker/metrics by Prometheus' own tool: its files are valid, and each rule speaks when it is to, not before."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests.docker.conftest import TOP

FOLDER = TOP / "docker" / "metrics"
RULES: dict[str, dict[str, Any]] = {
    rule["alert"]: rule for rule in yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"][0]["rules"]
}
NO_PROMTOOL = not shutil.which("promtool") and not os.environ.get("CI")  # in CI it has to be there
QUIET = 40  # intervals of 15 s in which all is well, before it is not: ten minutes

pytestmark = [pytest.mark.skipif(NO_PROMTOOL, reason="promtool is not installed (Debian's package prometheus)")]


class Case(NamedTuple):
    """Rule, what is asked of Prometheus and how it goes on (quiet, then not), and what is said of whom.

    `after`: minutes from the change, by which the rule speaks.
    """

    alert: str
    series: dict[str, tuple[str, str]]
    says: str
    labels: dict[str, str] = {}
    after: int = 4


def steady(quiet: float, then: float) -> tuple[str, str]:
    return f"{quiet:g}x{QUIET}", f"{then:g}x200"


def counted(step: float) -> tuple[str, str]:
    return f"7x{QUIET}", f"7+{step:g}x200"


BUCKETS = 'runat_start_delay_seconds_bucket{queue="pay",target="python",le="%s"}'

CASES = [
    Case(
        "RunAtWebDown",
        {'up{job="runat-web",instance="a"}': steady(1, 0), 'up{job="runat-beat",instance="b"}': steady(1, 1)},
        "Web does not answer, or its database is away: nothing else here is known.",
        {"job": "runat-web"},
    ),
    Case("RunAtNoLeader", {"runat_leader": steady(1, 0)}, "No beat leads: what is due is not published."),
    Case(
        "RunAtNotListing", {"runat_leader_listed_age_seconds": steady(20, 90)}, "The latest list query ran 1m 30s ago."
    ),
    Case(
        "RunAtUnpublished",
        {"runat_leader_unpublished": steady(0, 1)},
        "Jobs of the latest window have no message: the broker does not take them.",
    ),
    Case(
        "RunAtWindowsLate",
        {"runat_windows_late_total": counted(1)},
        "15 windows were published late within ten minutes.",
    ),
    Case(
        "RunAtOverdue",
        {'runat_oldest_due_age_seconds{queue="pay"}': steady(2, 61)},
        "Queue pay: a job has been due for 1m 1s.",
        {"queue": "pay"},
    ),
    Case(
        "RunAtNoWorker",
        {
            'runat_jobs_due{queue="pay"}': steady(3, 3),
            'runat_slots{queue="pay"}': steady(4, 0),
            'runat_jobs_due{queue="mail"}': steady(0, 0),
            'runat_slots{queue="mail"}': steady(0, 0),
        },
        "Queue pay has due jobs, and no worker takes from it.",
        {"queue": "pay"},
    ),
    Case(
        "RunAtOverloadAhead",
        {
            'runat_slots_needed{queue="pay",window="15m",by="p95"}': steady(3, 21),
            'runat_slots_needed{queue="pay",window="15m",by="mean"}': steady(3, 5),
            'runat_jobs_running{queue="pay",target="a"}': steady(2, 2),
            'runat_slots{queue="pay"}': steady(8, 8),
        },
        "Queue pay will need 23 slots within fifteen minutes, more than it has.",
        {"queue": "pay"},
    ),
    Case(
        "RunAtStartsLate",
        {
            BUCKETS % "1.0": (f"0+10x{QUIET}", "400+0x200"),
            BUCKETS % "2.5": (f"0+10x{QUIET}", "400+10x200"),
            BUCKETS % "+Inf": (f"0+10x{QUIET}", "400+10x200"),
        },
        "Queue pay: of a hundred starts one is later than 2.485s.",
        {"queue": "pay"},
        after=12,
    ),
    Case(
        "RunAtLate",
        {'runat_jobs_late{cause="slots"}': steady(0, 5), 'runat_jobs_late{cause="pause"}': steady(9, 9)},
        "5 jobs of the last fifteen minutes were late by this cause: slots.",
        {"cause": "slots"},
    ),
    Case(
        "RunAtMissed",
        {'runat_jobs_missed{cause="downtime"}': steady(0, 6), 'runat_jobs_missed{cause="overlap"}': steady(9, 9)},
        "6 starts did not happen within fifteen minutes, by this cause: downtime.",
        {"cause": "downtime"},
    ),
    Case(
        "RunAtFailing",
        {
            'runat_ended_total{target="pay",outcome="failed"}': counted(5),
            'runat_ended_total{target="pay",outcome="completed"}': counted(5),
            'runat_ended_total{target="mail",outcome="failed"}': counted(0.01),
        },
        "Target pay: 50% of its starts fail.",
        {"target": "pay"},
    ),
    Case(
        "RunAtInterrupted",
        {"runat_jobs_interrupted": steady(0, 2)},
        "2 jobs were interrupted: whether they had any effect is unknown.",
    ),
    Case(
        "RunAtWorkerGone",
        {'runat_workers{status="gone"}': steady(0, 2), 'runat_workers{status="active"}': steady(2, 2)},
        "2 workers have vanished within ten minutes.",
    ),
    Case(
        "RunAtWorkerFull",
        {'runat_workers{status="full"}': steady(0, 1)},
        "1 workers take no jobs, since their machines are over their limits.",
        after=6,
    ),
    Case(
        "RunAtClockOff",
        {"runat_clock_offset_max_seconds": steady(0.003, 0.5)},
        "A worker's clock is 500ms off the database's.",
        after=6,
    ),
    Case(
        "RunAtHeld",
        {"runat_installation_held": steady(0, 1)},
        "No job starts: the database was restored or copied.",
    ),
    Case(
        "RunAtStopped",
        {'runat_stops{standing="in force"}': (f"0x{QUIET}", "1x300")},
        "Everything has been stopped for an hour.",
        after=61,
    ),
    Case(
        "RunAtBrokerAway",
        {"runat_broker_unreachable_total": counted(1), "runat_publications_refused_total": counted(0)},
        "The leader cannot publish.",
    ),
    Case(
        "RunAtDatabaseFails",
        {"runat_database_retries_total": counted(0), "runat_acquire_errors_total": counted(1)},
        "The database leaves workers without answers.",
    ),
    Case(
        "RunAtTwoInstallations",
        {"runat_foreign_messages_total": counted(1)},
        "Messages of another installation come from this broker.",
    ),
    Case(
        "RunAtFiguresCut",
        {"runat_figures_cut": steady(0, 1)},
        "More jobs are due within the hour than were looked at: later need is not known.",
        after=6,
    ),
]


def promtool(*words: str, stdin: str = "") -> str:
    """Return what it says of what is right; what it says of a fault fails the test."""
    done = subprocess.run(["promtool", *words], input=stdin, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def alone(folder: Path, alert: str) -> Path:
    """Return a file with one rule."""
    file = folder / "alert.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "runat", "rules": [RULES[alert]]}]}))
    return file


def spoken(case: Case) -> dict[str, Any]:
    """Return what the alert is to have once it has fired."""
    rule = RULES[case.alert]
    return {
        "exp_labels": {"severity": rule["labels"]["severity"], **case.labels},
        "exp_annotations": {"summary": case.says, "action": rule["annotations"]["action"]},
    }


def test_each_rule_has_its_case():
    assert [case.alert for case in CASES] == list(RULES)


def test_the_files_are_valid():
    assert f"{len(RULES)} rules found" in promtool("check", "rules", str(FOLDER / "alerts.yaml"))
    promtool("check", "config", "--syntax-only", str(FOLDER / "prometheus.yaml"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.alert)
def test_it_speaks_when_it_is_to_and_not_before(case, tmp_path):
    changed, waits = QUIET // 4, RULES[case.alert]["for"]
    asked = [(f"{changed}m", []), (f"{changed + case.after}m", [spoken(case)])]
    if waits != "0s":  # half of its patience: not yet
        seconds = int(waits[:-1]) * {"s": 1, "m": 60, "h": 3600}[waits[-1]]
        asked.append((f"{changed * 60 + seconds // 2}s", []))
    plan = {
        "rule_files": [str(alone(tmp_path, case.alert))],
        "evaluation_interval": "15s",
        "tests": [
            {
                "interval": "15s",
                "input_series": [{"series": name, "values": " ".join(how)} for name, how in case.series.items()],
                "alert_rule_test": [
                    {"eval_time": when, "alertname": case.alert, "exp_alerts": alerts} for when, alerts in asked
                ],
            }
        ],
    }
    file = tmp_path / "test.yaml"
    file.write_text(yaml.safe_dump(plan))

    promtool("test", "rules", str(file))
