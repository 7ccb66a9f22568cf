"""Test kit in a small project of its own: its tests run by pytest in another process, with a database of theirs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PROJECT = HERE / "project"


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return for each test of the small project the words of its failure, empty where it has passed."""
    project = tmp_path_factory.mktemp("kit") / "project"
    shutil.copytree(PROJECT, project)
    (project / "conftest.py").write_text('pytest_plugins = ["jobs.testing.plugin"]\n')
    report = project / "report.xml"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))},
        "PYTHONPATH": f"{project}{os.pathsep}{ROOT}",
        "DJANGO_SETTINGS_MODULE": "shop_settings",
        "SHOP_DATABASE": f"test_shop_{os.getpid()}",
    }
    asked = [
        "checks.py",
        "-q",
        "--create-db",
        f"--junitxml={report}",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:schemathesis",
    ]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", str(project), "-W", "error", *asked],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert report.exists(), ran.stdout + ran.stderr
    found: dict[str, str] = {}
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 - of our own process
        name = str(case.get("name"))
        failures = [str(one.get("message")) for one in case if one.tag in ("failure", "error")]
        found[name] = "\n".join([found.get(name, ""), *failures]).strip()
    return found


def test_all_of_its_tests_are_as_they_should_be(outcomes: dict[str, str]) -> None:
    passing = {name for name, words in outcomes.items() if not words}
    failing = {name for name, words in outcomes.items() if name.startswith("test_fails") and words}
    assert len(passing) > 15
    assert set(outcomes) - passing - failing == set(), outcomes
    assert {name for name in passing if name.startswith("test_fails")} == {
        "test_fails_not_by_way_of_others_after_it_all"
    }


def lines(words: str) -> list[str]:
    return [re.sub(r"at 20\d\d-\S+ \S+ UTC", "at T", line).strip() for line in words.splitlines()]


def test_a_failure_shows_what_there_is_and_what_is_another(outcomes: dict[str, str]) -> None:
    assert lines(outcomes["test_fails_and_shows_what_there_is"])[:3] == [
        "AssertionError: No pending job calls shop.note with text='hello', number=3. Pending are:",
        'shop.note {"text":"hello","number":2} at T, queue q   <- number is 2',
        "shop.wait {} at T, queue default",
    ]


@pytest.mark.parametrize(
    ("test", "says"),
    [
        ("test_fails_with_a_near_name", "No pending job calls shop.notes. Did you mean 'shop.note'? Pending are:"),
        ("test_fails_where_two_would_do", "2 pending jobs call shop.note. Pending are:"),
        ("test_fails_where_nothing_should_be", "Nothing should be scheduled. Pending are:"),
        ("test_fails_of_what_nobody_expects", "Unexpected jobs, neither run nor asked for by scheduled():"),
        (
            "test_fails_for_a_target_that_is_not_there",
            "cannot start: A worker could not start it: There is no target 'shop.gone'.",
        ),
        ("test_fails_without_end", "5 jobs have started, and there is no end of them: does one make the next?"),
    ],
)
def test_a_failure_says_what_is_wrong(outcomes: dict[str, str], test: str, says: str) -> None:
    assert says in outcomes[test]
