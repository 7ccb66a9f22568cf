"""The locked lists are complete: pip installs them as they are and resolves nothing, whatever has been released since."""

import re
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

TOP = Path(__file__).resolve().parents[2]
LINE = re.compile(r"^([\w.-]+)(?:\[([\w,-]+)\])?==([^ ;\\]+)", re.MULTILINE)


def locked(name: str) -> dict[str, set[str]]:
    """Package -> extras that the list asks for."""
    found = LINE.findall((TOP / name).read_text())
    return {canonicalize_name(package): set(filter(None, extras.split(","))) for package, extras, _ in found}


@pytest.mark.parametrize(
    "name",
    [
        "requirements.txt",
        "requirements-oidc.txt",
        "requirements-otel.txt",
        "requirements-mcp.txt",
        "requirements-dev.txt",
    ],
)
def test_every_requirement_of_a_locked_package_is_locked_too(name):
    packages = locked(name)
    missing = []
    for package, extras in packages.items():
        try:
            wanted = requires(package) or []
        except PackageNotFoundError:
            continue  # for another platform or Python
        for text in wanted:
            requirement = Requirement(text)
            applies = requirement.marker is None or any(
                requirement.marker.evaluate({"extra": extra}) for extra in ["", *extras]
            )
            other = canonicalize_name(requirement.name)
            if applies and (other not in packages or not requirement.extras <= packages[other]):
                missing.append(f"{package} needs {requirement}")
    assert len(packages) > 40
    assert missing == []


def test_every_way_to_install_takes_the_list_as_it_is():
    for place in ("Makefile", "docker/Dockerfile"):
        installs = re.findall(r"pip .*install.*--require-hashes.*", (TOP / place).read_text())
        assert installs, place
        assert all("--no-deps" in line for line in installs), place
