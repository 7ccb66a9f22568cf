"""`make psql`: what `make run` says to whoever wants to ask by SQL."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys

import pytest

from launcher.home import CHECKOUT
from launcher.services import throwaway

pytestmark = pytest.mark.launcher

RECIPE = re.compile(r"^psql: venv ## .*\n\t@(.+)$", re.MULTILINE)


def test_it_asks_the_database_and_its_command_line_has_no_password() -> None:
    match = RECIPE.search((CHECKOUT / "Makefile").read_text())
    assert match
    recipe = match[1].replace("$(PY)", shlex.quote(sys.executable)).replace("$$", "$")
    # PostgreSQL's own client says how it was called: its parent is Python, whose command line has no address either.
    asked = r"""-Atc "SELECT current_user" -c '\! tr "\0" " " < /proc/$PPID/cmdline'"""
    with throwaway() as services:
        environment = os.environ | services.environment()
        done = subprocess.run(
            ["sh", "-c", recipe.replace("$(ARGS)", asked)],
            cwd=CHECKOUT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    user, called = done.stdout.split("\n", 1)
    assert user == "runat", done.stderr
    assert re.match(r"(\S*/)?psql -U runat -h 127\.0\.0\.1 ", called)
    password = services.database_url.partition(":")[2].partition("@")[0].rpartition(":")[2]
    assert len(password) > 20
    assert password not in called + recipe
