"""docker/pin-images.sh, with a registry that is made up."""

import os
import re
import shutil
import subprocess

import pytest

from tests.docker.conftest import TOP

DIGEST = f"sha256:{'a' * 64}"
NAMES = ("PYTHON_IMAGE", "POSTGRES_IMAGE", "VALKEY_IMAGE", "RABBITMQ_IMAGE", "PROMETHEUS_IMAGE")


@pytest.fixture
def folder(tmp_path):
    """A copy of the folder, with an .env that has been pinned once."""
    made = tmp_path / "docker"
    made.mkdir()
    shutil.copy(TOP / "docker" / "pin-images.sh", made)
    (made / ".env").write_text("SECRET_KEY=mine\nPOSTGRES_IMAGE=postgres:18@sha256:old\nSLOTS=5\n")
    (made / ".env").chmod(0o600)
    return made


@pytest.fixture
def pin(folder, tmp_path):
    def run(answer):
        docker = tmp_path / "docker-program"
        docker.mkdir()
        (docker / "docker").write_text(f'#!/bin/sh\n[ "$1 $2 $3" = "buildx imagetools inspect" ] || exit 9\n{answer}\n')
        (docker / "docker").chmod(0o755)
        path = f"{docker}:{os.environ['PATH']}"
        return subprocess.run(
            ["sh", str(folder / "pin-images.sh")], env={"PATH": path}, capture_output=True, text=True, check=False
        )

    return run


def test_it_names_the_images_that_are_used():
    asked = dict(re.findall(r"^(\w+_IMAGE) (\S+)$", (TOP / "docker" / "pin-images.sh").read_text(), re.MULTILINE))
    used = dict(re.findall(r"\$\{(\w+_IMAGE):-([^}]+)\}", (TOP / "docker" / "compose.yaml").read_text()))
    assert asked == used
    assert set(asked) == set(NAMES)
    dockerfile = (TOP / "docker" / "Dockerfile").read_text()
    assert re.findall(r"^ARG PYTHON_IMAGE=(.*)$", dockerfile, re.MULTILINE) == [asked["PYTHON_IMAGE"]]
    assert {line.split()[1] for line in dockerfile.splitlines() if line.startswith("FROM ")} == {"${PYTHON_IMAGE}"}


def test_all_get_their_digests_and_all_else_stays(folder, pin):
    done = pin(f"echo {DIGEST}")
    assert done.returncode == 0, done.stderr
    lines = (folder / ".env").read_text().splitlines()
    assert lines[:2] == ["SECRET_KEY=mine", "SLOTS=5"]
    assert [line.partition("=")[0] for line in lines[2:]] == list(NAMES)
    assert all(line.endswith(f"@{DIGEST}") for line in lines[2:])
    assert (folder / ".env").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in folder.iterdir()) == [".env", "pin-images.sh"]


@pytest.mark.parametrize(
    ("answer", "says"), [("echo no digest", "gave no digest for python"), ("echo away >&2; exit 1", "away")]
)
def test_without_an_answer_nothing_is_changed(folder, pin, answer, says):
    before = (folder / ".env").read_text()
    done = pin(answer)
    assert done.returncode != 0
    assert says in done.stderr
    assert (folder / ".env").read_text() == before


def test_without_an_env_it_says_what_to_do(folder, pin):
    (folder / ".env").unlink()
    assert "cp .env.example .env" in pin("exit 1").stderr
