"""A project of somebody else's in an environment of its own: installed, migrated, and its processes started."""

from __future__ import annotations

import copy
import http.cookiejar
import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import psycopg

SHOP = Path(__file__).parent / "shop"
PATIENCE = 60.0  # seconds: four processes start at once, each loads all of Django
OURS = re.compile(r"^(DATABASE_URL|BROKER_URL|SECRET_KEY|DEBUG|DJANGO_SETTINGS_MODULE|PYTHONPATH|JOBS_.*|CELERY_.*)$")
BOSS = "boss@shop.example"
PASSWORD = "a password that nobody has"


def wait_for(question: Any, what: str, log: Any = lambda: "") -> Any:
    """Return the first answer that is true."""
    until = time.monotonic() + PATIENCE
    while not (found := question()):
        assert time.monotonic() < until, f"waited {PATIENCE:g} s for {what}\n{log()}"
        time.sleep(0.1)
    return found


class Project:
    """`python`: of the environment that it is installed in, made by `install`."""

    def __init__(self, folder: Path, database: str, broker: str, python: Path | None = None, **more: str) -> None:
        """`python`: of an environment that there is already; `more`: of its processes' environment."""
        self.folder = folder / "shop"
        self.python = python or folder / "venv" / "bin" / "python"
        self.database, self.archive = database, folder / "archive.sqlite3"
        self._environment = {name: value for name, value in os.environ.items() if not OURS.match(name)} | {
            "SHOP_DATABASE": database,
            "SHOP_BROKER": broker,
            "SHOP_ARCHIVE": str(self.archive),
            "SHOP_DEBUG": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "C_FORCE_ROOT": "1",  # their pickles, in a container of tests
            **more,
        }
        self._processes: list[subprocess.Popen[bytes]] = []
        self._open_browser()
        self.address = ""

    def install(self, python: str, *packages: str) -> None:
        """Make the environment, with these packages from the index that pip is configured for."""
        self.unpack()
        subprocess.run([python, "-m", "venv", str(self.python.parents[1])], check=True)
        self.add(*packages)

    def add(self, *packages: str) -> None:
        """Have pip install these, too."""
        pip = [str(self.python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *packages]
        done = subprocess.run(pip, check=False, capture_output=True, text=True, env=self._environment)
        assert done.returncode == 0, done.stderr

    def unpack(self) -> None:
        """Have its files in its folder."""
        shutil.copytree(SHOP, self.folder)

    def says(self, *words: str, fails: bool = False, **environment: str) -> str:
        """Return what a command of its manage.py says."""
        command = [str(self.python), "manage.py", *words]
        done = subprocess.run(
            command,
            check=False,
            cwd=self.folder,
            env=self._environment | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert (done.returncode != 0) == fails, done.stdout
        return done.stdout

    def start(self) -> None:
        """Start its beat, its worker and its web process, as its people would."""
        self._start("beat", "-m", "celery", "-A", "shop", "beat", "-s", str(self.folder / "beat"))
        self._start("worker", "-m", "celery", "-A", "shop", "worker", "-P", "threads", "-c", "3", "-l", "INFO")
        self._serve("web")

    def beside(self, name: str, **environment: str) -> Project:
        """Return the same project with more in its environment, and another web process, which has that."""
        other = copy.copy(self)
        other._environment = self._environment | environment
        other._open_browser()
        other._serve(name)
        return other

    def log(self) -> str:
        """Return the ends of what its processes have said."""
        return "\n".join(f"--- {file.name}\n{file.read_text()[-6000:]}" for file in self.folder.glob("*.log"))

    def stop(self) -> None:
        """Stop its processes."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def sql(self, statement: str, *values: object) -> list[Any]:
        """Return the rows of a statement in its first database."""
        with psycopg.connect(self.database, autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def counted(self, by: str) -> int:
        """Return how often this has been counted in its second database."""
        with sqlite3.connect(self.archive) as archive:
            return archive.execute("SELECT count(*) FROM stock_count WHERE by = ?", [by]).fetchone()[0]

    def asks(self, path: str, data: dict[str, Any] | None = None, **headers: str) -> tuple[int, str]:
        """Return status and body of what its web process answers, 0 where there is none; `data` is sent as JSON."""
        body = None if data is None else json.dumps(data).encode()
        request = urllib.request.Request(self.address + path, data=body, headers=headers)  # noqa: S310 - our own
        try:
            with self._browser.open(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except urllib.error.URLError as error:  # it does not listen yet
            return 0, str(error.reason)

    def fills(self, path: str, **fields: str) -> str:
        """Fill in the form to which this leads, and return the path to which its answer leads."""
        with self._browser.open(self.address + path, timeout=30) as page:
            form = page.url
        (token,) = [cookie.value for cookie in self._cookies if cookie.name == "csrftoken"]
        data = urlencode({**fields, "csrfmiddlewaretoken": token or ""}).encode()
        with self._browser.open(form, data, timeout=30) as answer:
            return urlsplit(answer.url).path

    def log_in(self) -> None:
        """Log in by the login of its own admin."""
        assert self.fills("/back-office/login/", username=BOSS, password=PASSWORD, next="/") == "/"

    def _open_browser(self) -> None:
        self._cookies = http.cookiejar.CookieJar()
        self._browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._cookies))

    def _serve(self, name: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        self._start(name, "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}")

    def _start(self, name: str, *words: str) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            command = [str(self.python), *words]
            process = subprocess.Popen(command, cwd=self.folder, env=self._environment, stdout=log, stderr=log)
        self._processes.append(process)
