"""What shows pages, and Celery's shell, are loaded where they are used: not in workers and beats."""

import os
import subprocess
import sys

import pytest

LOADED = """
import gc, sys
sys.argv = {argv!r}
import celery.bin.celery  # which loads the shell, before it loads us
import project.celery
import django
django.setup()
from project.celery import app
app.loader.import_default_modules()
kept = {{str(kept["__name__"]).partition(".")[0] for kept in gc.get_objects() if type(kept) is dict and "__name__" in kept}}
print(*(name for name in ("jobs.admin", "jobs.api.urls", "jobs.worker.receive.tasks") if name in sys.modules))
print(*{{"click_repl", "prompt_toolkit"}} & kept)
"""
TASKS = {"jobs.worker.receive.tasks"}
ALL = {"jobs.admin", "jobs.api.urls", "click_repl", "prompt_toolkit", *TASKS}


@pytest.mark.parametrize(
    ("argv", "loaded"),
    [
        (["/x/celery", "-A", "project", "worker"], TASKS),
        (["/x/celery/__main__.py", "-A", "project", "beat"], TASKS),
        (["manage.py", "worker"], ALL),
        (["/x/celery", "-A", "project", "inspect"], ALL),
    ],
)
def test_a_worker_and_a_beat_have_neither_pages_nor_a_shell_in_their_memory(argv, loaded):
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "project.settings"}
    environment.pop("CELERY_SKIP_CHECKS", None)
    code = LOADED.format(argv=argv)
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert set(ran.stdout.split()) == loaded
