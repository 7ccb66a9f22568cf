#!/usr/bin/env bash
# Guess: print("a", "b") in a task is one line of the log.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m pip install -qq --disable-pip-version-check --target "$tmp/lib" celery==5.7.0 kombu==5.7.0
PYTHONPATH="$tmp/lib" python3 -S - <<'EOF'
from importlib.metadata import version

import io
import logging

from celery.utils.log import LoggingProxy

print("celery", version("celery"), "- what a task prints goes through LoggingProxy (worker_redirect_stdouts)")
print('guess: print("paid", 7, "orders") is one record')
log = io.StringIO()
logger = logging.getLogger("task")
logger.addHandler(logging.StreamHandler(log))
logger.propagate = False
print("paid", 7, "orders", file=LoggingProxy(logger, logging.WARNING))
seen = log.getvalue().splitlines()
unexpected = ["paid", " ", "7", " ", "orders"]

print("seen:", seen)
if seen != unexpected:
    raise SystemExit(f"CHANGED: on the day of writing it was {unexpected}")
print("a miss, as on the day of writing")
EOF
