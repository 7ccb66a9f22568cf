"""Django's own tests of its tasks, run on our backend: those of its source package, fetched from PyPI, not copied here.

They are written for Django's two backends. Ours stands in their place (their_backends.py); what those two can less, or
other than ours, is named below with the reason."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.db import connection

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
DJANGO = "Django==6.0.10"
FILES = ("__init__.py", "tasks.py", "test_dummy_backend.py", "test_immediate_backend.py", "test_tasks.py")

# What stands for what. Django 5.2 has the package django-tasks, with its names.
REWRITTEN = [
    (r"from django\.tasks\.backends\.dummy import DummyBackend", "from their_backends import Kept as DummyBackend"),
    (r"from django\.tasks\.backends\.immediate import", "from their_backends import AtOnce as"),
    (r"django\.tasks\.backends\.dummy\.DummyBackend", "their_backends.Kept"),
    (r"django\.tasks\.backends\.immediate\.ImmediateBackend", "their_backends.AtOnce"),
    (r"django\.tasks", "django_tasks"),
    (r"\bInvalidTask\b", "InvalidTaskError"),
    (r"\bInvalidTaskBackend\b", "InvalidTaskBackendError"),
    (r"async Tasks", "async tasks"),
    (r"\bSimpleTestCase\b", "TransactionTestCase"),  # ours has a database
    (r"TransactionTestCase, TransactionTestCase", "TransactionTestCase"),
    (r"    available_apps = \[\]\n", ""),
]

LEFT_OUT = {
    "test_refresh_result": "changes the memory of DummyBackend",
    "test_refresh_result_async": "as the one before",
    "test_using_priority": "there are no priorities",
    "test_chained_using": "there are no priorities",
    "test_invalid_priority": "there are no priorities",
    "test_throws_keyboard_interrupt": "Ctrl-C in a task that runs in the caller; a worker's is another process",
    "test_cannot_get_result": "ours can",
    "test_cannot_refresh_result": "ours can",
    "test_cannot_pass_run_after": "ours can",
}
OF_DUMMY = {"test_refresh_result", "test_refresh_result_async"}  # of two of that name, the one of TaskTestCase runs


@pytest.fixture(scope="module")
def source(request: pytest.FixtureRequest) -> Path:
    """Return the folder of their tests, as Django's source package has them."""
    kept = request.config.cache.mkdir("django-source")
    if not list(kept.glob("*.tar.gz")):
        asked = ["--no-deps", "--no-binary", ":all:", "--ignore-requires-python", "--disable-pip-version-check"]
        got = subprocess.run(
            [sys.executable, "-m", "pip", "download", "-q", *asked, "-d", kept, DJANGO],
            capture_output=True,
            text=True,
            check=False,
        )
        if got.returncode:
            why = f"{DJANGO} cannot be fetched from PyPI: {got.stderr[-500:]}"
            (pytest.fail if os.environ.get("CI") else pytest.skip)(why)
    (archive,) = kept.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        names = [name for name in packed.getnames() if "/tests/tasks/" in name and Path(name).name in FILES]
        packed.extractall(kept, members=[packed.getmember(name) for name in names], filter="data")
    return kept / Path(names[0]).parent


@pytest.mark.django_db(transaction=True)
def test_django_s_own_tests_pass_on_our_backend(source: Path, tmp_path: Path) -> None:
    theirs = tmp_path / "tasks"
    theirs.mkdir()
    for name in FILES:
        text = (source / name).read_text()
        for before, after in REWRITTEN:
            text = re.sub(before, after, text)
        (theirs / name).write_text(text)
    (tmp_path / "their_backends.py").write_text((HERE / "their_backends.py").read_text())
    (tmp_path / "conftest.py").write_text(
        "from django.test import TransactionTestCase\n"
        "from jobs.publishing import late_publisher\n"
        "late_publisher._publish = late_publisher._publish_overtaken = lambda late: None\n"
        "def emptied(case):\n"
        "    from jobs.models import Attempt, Job\n"
        "    Attempt.objects.all().delete()\n"
        "    Job.objects.all().delete()\n"
        "TransactionTestCase._fixture_teardown = emptied\n"
    )
    (tmp_path / "their_settings.py").write_text(
        "from project.settings import *\n"
        "INSTALLED_APPS = [*INSTALLED_APPS, 'django_tasks']\n"
        f"DATABASES['default']['TEST'] = {{'NAME': 'test_tasks_{os.getpid()}'}}\n"
    )
    try:
        report, said = _run(tmp_path)
    finally:
        with connection.cursor() as cursor:  # connections of their threads are open still
            cursor.execute(f"DROP DATABASE IF EXISTS test_tasks_{os.getpid()} WITH (FORCE)")
    outcomes = {f"{case.get('classname', '').rpartition('.')[2]}.{case.get('name')}": case for case in report}
    failed = [
        name for name, case in outcomes.items() if case.find("failure") is not None or case.find("error") is not None
    ]
    assert failed == [], said
    assert len(outcomes) > 60, said


def _run(folder: Path) -> tuple[list[ElementTree.Element], str]:
    report = folder / "report.xml"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))},
        "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}",
        "DJANGO_SETTINGS_MODULE": "their_settings",
        "DJANGO_ALLOW_ASYNC_UNSAFE": "1",  # they ask synchronously from coroutines, too
    }
    left_out = " or ".join(f"({name} and Dummy)" if name in OF_DUMMY else name for name in LEFT_OUT)
    asked = [
        "-q",
        "--reuse-db",
        "--tb=short",
        f"--junitxml={report}",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:schemathesis",
    ]
    ran = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-c",
            os.devnull,
            "--rootdir",
            folder,
            *asked,
            "-k",
            f"not ({left_out})",
            "tasks",
        ],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert report.exists(), ran.stdout + ran.stderr
    return list(ElementTree.parse(report).iter("testcase")), ran.stdout[-8000:]  # noqa: S314 - of our own process
