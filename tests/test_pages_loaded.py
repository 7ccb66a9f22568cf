"""What shows pages is loaded where pages are shown: not in workers and beats."""

import os
import subprocess
import sys

import pytest

LOADED = """
import sys
sys.argv = {argv!r}
import django
django.setup()
from project.celery import app
app.loader.import_default_modules()
print(*(name for name in ("jobs.admin", "jobs.api.urls", "jobs.worker.receive.tasks") if name in sys.modules))
"""


@pytest.mark.parametrize(
    ("argv", "loaded"),
    [
        (["/x/celery", "-A", "project", "worker"], {"jobs.worker.receive.tasks"}),
        (["/x/celery/__main__.py", "-A", "project", "beat"], {"jobs.worker.receive.tasks"}),
        (["manage.py", "worker"], {"jobs.admin", "jobs.api.urls", "jobs.worker.receive.tasks"}),
        (["/x/celery", "-A", "project", "inspect"], {"jobs.admin", "jobs.api.urls", "jobs.worker.receive.tasks"}),
    ],
)
def test_a_worker_and_a_beat_have_no_pages_in_their_memory(argv, loaded):
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "project.settings"}
    environment.pop("CELERY_SKIP_CHECKS", None)
    code = LOADED.format(argv=argv)
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert set(ran.stdout.split()) == loaded
