#!/usr/bin/env bash
# Guess: what is to run at once is taken in the order in which it was enqueued, before what comes due later.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m pip install -qq --disable-pip-version-check --target "$tmp/lib" \
    django-tasks-db==0.13.0 django-tasks==0.12.0 Django==5.2.19
mkdir "$tmp/app"
cat >"$tmp/app/tasks_of_ours.py" <<'EOF'
from django_tasks import task

taken = []


@task()
def note(name: str) -> None:
    taken.append(name)
EOF
PYTHONPATH="$tmp/lib:$tmp/app" python3 -S -W ignore - "$tmp/db.sqlite3" <<'EOF'
import sys
import time
from datetime import timedelta
from importlib.metadata import version

import django
from django.conf import settings

settings.configure(
    USE_TZ=True,
    INSTALLED_APPS=["django_tasks", "django_tasks_db"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv[1]}},
    TASKS={"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}},
)
django.setup()

from django.core.management import call_command
from django.utils import timezone

from tasks_of_ours import note, taken

print("django-tasks-db", version("django-tasks-db"), "- django-tasks", version("django-tasks"))
print("guess: first, second, later")

call_command("migrate", verbosity=0)
note.enqueue("first")
note.enqueue("second")
note.using(run_after=timezone.now() + timedelta(seconds=1)).enqueue("later")
time.sleep(1.5)
call_command("db_worker", "--batch", "--no-startup-delay", verbosity=0)

print("seen:", ", ".join(taken))
unexpected = ["later", "first", "second"]
if taken != unexpected:
    raise SystemExit(f"CHANGED: on the day of writing it was {', '.join(unexpected)}")
print("a miss, as on the day of writing: with a steady stream of deferred tasks those to be run at once never come")
EOF
