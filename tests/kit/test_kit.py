"""Test kit in a small project of its own: its tests run by pytest in another process, with a database of theirs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PROJECT = HERE / "project"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that has this repository's packages installed, as far as pytest looks."""
    folder = tmp_path_factory.mktemp("site")
    about = folder / "runat-0.1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: runat\nVersion: 0.1.0\n")
    points = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["pytest11"]
    lines = ["[pytest11]", *(f"{name} = {module}" for name, module in points.items())]
    (about / "entry_points.txt").write_text("\n".join(lines))
    return folder


def run_pytest(folder: Path, installed: Path, *asked: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the tests of a folder in a process of their own, warnings as errors."""
    words = ["-q", "-p", "no:cacheprovider", "-p", "no:schemathesis", "-W", "error", *asked]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", str(folder), *words],
        cwd=folder,
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV", "DJANGO"))},
            "PYTHONPATH": os.pathsep.join(map(str, (folder, installed, ROOT))),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory, installed: Path) -> dict[str, str]:
    """Return for each test of the small project the words of its failure, empty where it has passed."""
    project = tmp_path_factory.mktemp("kit") / "project"
    shutil.copytree(PROJECT, project)
    report = project / "report.xml"
    ran = run_pytest(
        project,
        installed,
        "checks.py",
        "--create-db",
        f"--junitxml={report}",
        DJANGO_SETTINGS_MODULE="shop_settings",
        SHOP_DATABASE=f"test_shop_{os.getpid()}",
    )
    assert report.exists(), ran.stdout + ran.stderr
    found: dict[str, str] = {}
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 - of our own process
        name = str(case.get("name"))
        failures = [str(one.get("message")) for one in case if one.tag in ("failure", "error")]
        found[name] = "\n".join([found.get(name, ""), *failures]).strip()
    return found


PLAIN = """
import sys


def test_plain():
    assert "jobs.testing.plugin" in sys.modules
    assert "django" not in sys.modules
"""


def test_a_session_without_django_has_none_by_the_kit(tmp_path: Path, installed: Path) -> None:
    (tmp_path / "test_plain.py").write_text(PLAIN)
    ran = run_pytest(tmp_path, installed, "-p", "no:django")
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_it_may_be_named_in_a_conftest_too(tmp_path: Path, installed: Path) -> None:
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["jobs.testing.plugin"]\n')
    (tmp_path / "test_plain.py").write_text(PLAIN)
    ran = run_pytest(tmp_path, installed, "-p", "no:django")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (tmp_path / "site").mkdir()  # and without the package, only there
    ran = run_pytest(tmp_path, tmp_path / "site", "-p", "no:django")
    assert ran.returncode == 0, ran.stdout + ran.stderr


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
