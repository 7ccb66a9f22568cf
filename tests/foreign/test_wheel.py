"""The wheel: the package jobs with its pages, and nothing that proves, starts or wires it."""

from __future__ import annotations

import re
import subprocess
import tomllib
from email.parser import Parser
from zipfile import ZipFile

import pytest

from tests.foreign.conftest import TOP


@pytest.fixture(scope="session")
def names(wheel) -> set[str]:
    with ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_it_has_one_package_and_no_other_folder(names):
    assert {name.partition("/")[0] for name in names} == {"jobs", "runat-0.1.0.dist-info"}


def test_it_has_every_file_of_the_package_and_its_pages(names):
    listed = subprocess.run(
        ["git", "ls-files", "jobs", "templates"], cwd=TOP, check=False, capture_output=True, text=True
    )
    files = [name for name in listed.stdout.splitlines() if (TOP / name).exists()]
    if not files:
        pytest.skip("this is no clone: nobody says which files there should be")
    of_jobs = {name for name in files if name.startswith("jobs/")}
    pages = {f"jobs/{name}" for name in files if name.startswith(("templates/jobs/", "templates/admin/jobs/"))}
    assert of_jobs | pages <= names


def test_it_brings_no_page_that_could_take_the_place_of_theirs(names):
    pages = {name.removeprefix("jobs/templates/") for name in names if name.startswith("jobs/templates/")}
    assert {page for page in pages if not page.startswith(("jobs/", "admin/jobs/"))} == set()
    files = {name.removeprefix("jobs/static/") for name in names if name.startswith("jobs/static/")}
    assert {name for name in files if not name.startswith("jobs/")} == set()


def test_pytest_finds_its_kit_once_also_where_it_is_named_in_a_conftest(wheel):
    with ZipFile(wheel) as archive:
        said = archive.read("runat-0.1.0.dist-info/entry_points.txt").decode()
    assert "[pytest11]\njobs.testing.plugin = jobs.testing.plugin\n" in f"{said}\n"


def test_what_it_asks_for_is_in_the_ranges_that_are_locked_here(wheel):
    """But for Django, of which it takes 6.0, too."""
    ours = {
        re.match(r"[A-Za-z0-9_.-]+(?:\[\w+\])?", line)[0]: line.split("#")[0].strip()
        for file in TOP.glob("requirements*.in")
        for line in file.read_text().splitlines()
        if line and line[0] not in "#-"
    }
    project = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    asked = [*project["dependencies"], *extras]
    assert [line for line in asked if line not in ours.values()] == ["Django>=5.2,<6.1"]
    with ZipFile(wheel) as archive:
        metadata = Parser().parsestr(archive.read("runat-0.1.0.dist-info/METADATA").decode())
    assert len(metadata.get_all("Requires-Dist")) == len(asked)
    assert metadata["Requires-Python"] == ">=3.11"
