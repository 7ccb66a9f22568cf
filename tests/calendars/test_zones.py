"""Zone names mean one thing in every process: what the pinned package says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import tzdata
from django.core.checks import run_checks

from jobs import zones as release
from jobs.calendars import Snapshot, is_open, new_problems, problems, zones

# Hours from UTC on 2026-12-01 by the law of 2026, and by the files of a host of 2025.
LAW = {
    "America/Vancouver": -7,
    "America/Edmonton": -6,
    "America/Inuvik": -6,
    "America/Yellowknife": -6,
    "America/Winnipeg": -5,
    "America/Rainy_River": -5,
    "America/Havana": -4,
    "Africa/Casablanca": 0,
    "Africa/El_Aaiun": 0,
    "Canada/Pacific": -7,
    "Canada/Mountain": -6,
    "Canada/Central": -5,
    "Cuba": -4,
}
ASK = """
import json, sys, zoneinfo
from datetime import datetime
early = zoneinfo.ZoneInfo("America/Vancouver")  # of the host, read before us
{first}
moment = datetime(2026, 12, 1, 12)
hours = {{name: moment.replace(tzinfo=zoneinfo.ZoneInfo(name)).utcoffset().total_seconds() / 3600 for name in {names!r}}}
print(json.dumps([hours, zones.RELEASE]))
"""
FIRST = {
    "manage.py": "import django; django.setup(); from jobs import zones",
    "celery": "from celery.bin.celery import celery; from project.celery import app; from jobs import zones",
    "web": "import project.web.__main__; from jobs import zones",
}


@pytest.fixture
def old_host(tmp_path: Path) -> dict[str, str]:
    """The environment of a process on a host whose zone files are wrong for all of these."""
    wrong = Path(tzdata.__file__).parent / "zoneinfo" / "Asia" / "Tokyo"
    for name in LAW:
        file = tmp_path / "zoneinfo" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(wrong, file)
    return {**os.environ, "PYTHONTZPATH": str(tmp_path / "zoneinfo"), "DJANGO_SETTINGS_MODULE": "project.settings"}


def ask(first: str, environment: dict[str, str]) -> tuple[dict[str, float], str]:
    code = ASK.format(first=first, names=list(LAW))
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    hours, name = json.loads(done.stdout.splitlines()[-1])
    return hours, name


@pytest.mark.parametrize("kind", FIRST)
def test_a_host_with_old_zone_files_has_no_say(old_host: dict[str, str], kind: str) -> None:
    assert ask(FIRST[kind], old_host) == (LAW, tzdata.IANA_VERSION)


def test_the_host_would_have_been_asked(old_host: dict[str, str]) -> None:
    class_of_the_test = "class zones: RELEASE = ''"
    assert set(ask(class_of_the_test, old_host)[0].values()) == {9.0}


def test_a_newer_package_that_stands_before_ours_counts(old_host: dict[str, str], tmp_path: Path) -> None:
    package = tmp_path / "newer" / "tzdata"
    shutil.copytree(Path(tzdata.__file__).parent, package)
    shutil.copy(package / "zoneinfo" / "Asia" / "Tokyo", package / "zoneinfo" / "Cuba")
    init = package / "__init__.py"
    init.write_text(init.read_text().replace(tzdata.IANA_VERSION, "2027a"))
    search = os.pathsep.join([str(package.parent), os.environ.get("PYTHONPATH", "")])
    hours, name = ask(FIRST["manage.py"], {**old_host, "PYTHONPATH": search})
    assert (hours["Cuba"], hours["Africa/Casablanca"], name) == (9, 0, "2027a")


def test_a_calendar_opens_by_the_law() -> None:
    calendar = Snapshot("office", time_zone="America/Vancouver", open_from=time(9), open_until=time(17))
    assert not is_open(calendar, datetime(2026, 12, 1, 15, 59, tzinfo=UTC))
    assert is_open(calendar, datetime(2026, 12, 1, 16, tzinfo=UTC))


def test_who_lets_the_host_in_again_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [check for check in run_checks(tags=["jobs"]) if check.id == "jobs.E011"] == []
    monkeypatch.setattr("zoneinfo.TZPATH", ("/usr/share/zoneinfo",))
    (found,) = [check for check in run_checks(tags=["jobs"]) if check.id == "jobs.E011"]
    assert "/usr/share/zoneinfo" in found.msg


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("right/Europe/Berlin", "write Europe/Berlin"),
        ("posix/UTC", "write UTC"),
        ("localtime", "no time zone of any place"),
        ("Factory", "no time zone of any place"),
        ("posixrules", "no time zone of any place"),
        ("Europe", "not known"),
        ("tzdata.zi", "not known"),
        ("europe/berlin", "not known"),
        ("../UTC", "not known"),
        ("", "not known"),
        ("\x00", "not known"),
        ("x" * 300, "not known"),
    ],
)
def test_names_that_are_for_no_person_are_refused_in_new_input(name: str, says: str) -> None:
    (sentence,) = zones.new_problems(name)
    assert says in sentence
    assert new_problems(Snapshot("a", time_zone=name), None)["time_zone"] == [sentence]


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "US/Pacific", "Etc/GMT+5", "Asia/Calcutta", *LAW])
def test_old_names_of_places_are_good(name: str) -> None:
    assert zones.new_problems(name) == []


def test_a_copy_that_is_stored_stays_and_means_what_it_is_a_copy_of() -> None:
    stored = Snapshot("a", time_zone="right/Europe/Berlin")
    assert stored.zone is ZoneInfo("Europe/Berlin")
    assert problems(stored) == {}
    assert new_problems(stored, "right/Europe/Berlin") == {}
    assert "time_zone" in new_problems(stored, "Europe/Berlin")


def test_the_release_is_the_packages() -> None:
    assert release.RELEASE == tzdata.IANA_VERSION
