"""`run`: the services, the schema, the demo, then web, beat, a watcher and a worker under one supervisor."""

import hashlib
import http.client
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from functools import partial
from pathlib import Path

from launcher.home import CHECKOUT, Home, LauncherError, default_home
from launcher.interrupts import Interrupts
from launcher.process import Farewell, spawn, tied
from launcher.record import Services, forget_supervisor, write_supervisor
from launcher.screen import LogFollower, Screen
from launcher.servers.account import Account, job_account
from launcher.servers.binaries import PACKAGES
from launcher.servers.postgres import Postgres
from launcher.services import Say, start_services
from launcher.supervisor import Supervisor

PORTS = range(8000, 8100)
WEB = "web"
MANAGE = "manage.py"
BACKLOG = 512
WORKER_READY = " ready."  # the end of the line in which Celery says so
PROBE_S = 1.0
# What web, beat and workers have to read: the interpreter, its library, the packages, this code.
SHARED = Path(sysconfig.get_config_var("LIBDIR") or "", sysconfig.get_config_var("LDLIBRARY") or "")  # libpython.so
CODE = tuple(
    path
    for path in (
        Path(sys.executable),
        Path(os.__file__),
        SHARED,
        PACKAGES / "django" / "__init__.py",
        CHECKOUT / MANAGE,
    )
    if path.is_file()
)
NO_HOME = "/nonexistent"
CREDENTIALS = "credentials.json"
CREDENTIALS_MARK = "credentials: "
# Running jobs get 20 s to end; what is left then is shown as interrupted after the next start.
WORKER_FAREWELL: Farewell = ((signal.SIGTERM, 20.0), (signal.SIGKILL, 5.0))
FAREWELL: Farewell = ((signal.SIGTERM, 15.0), (signal.SIGKILL, 5.0))
STAGE_PROCESSES, STAGE_BROKER, STAGE_DATABASE = range(3)

Credentials = dict[str, str | None]


def run(interrupts: Interrupts) -> int:
    """Start everything, look after it until a stop signal, stop it; returns 0.

    Raises LauncherError, or BlockingIOError when another process holds the home.
    """
    screen = Screen()
    home = default_home()
    home.prepare()
    with home.locked(), open_listener(home, screen.say) as listener:
        supervisor = Supervisor(home, screen, interrupts)
        try:
            services = _start_servers(home, screen, supervisor)
            credentials = _prepare_database(home, screen, services)
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            worker_log = LogFollower(home.log_path("worker"))
            account, as_root = job_account(home.account, CODE)
            _start_processes(home, supervisor, services, listener, account)
            write_supervisor(home, services, url)
            interrupts.raising = False
            # The box comes when it is true, and after the noise of the start.
            supervisor.watch(until=lambda: any(WORKER_READY in line for line in worker_log.new_lines()))
            supervisor.watch(until=lambda: answers(url))
            if not interrupts.count:
                screen.box("RunAt is running", [*_welcome(home, url, credentials), *filter(None, [as_root])])
            supervisor.watch()
        finally:
            interrupts.raising = False
            screen.say("stopping; Ctrl-C (again) hurries", "bold")
            supervisor.stop()
            forget_supervisor(home)
        screen.say("stopped; the data stay for the next `make run`", "bold")
    return 0


def open_listener(home: Home, say: Say) -> socket.socket:
    """The web interface's socket, ours so that no one else can take its port while web restarts.

    Port: PORT, else that of the last time, else the first free one from 8000. Raises LauncherError when there is none.
    """
    wanted = os.environ.get("PORT", "")
    if wanted and not (wanted.isdigit() and 0 < int(wanted) < 65536):
        raise LauncherError(f"PORT is {wanted!r}; set it to a number from 1 to 65535, or unset it")
    kept = None if wanted else home.kept_port(WEB)
    for port in [int(wanted)] if wanted else [*filter(None, [kept]), *PORTS]:
        try:
            listener = socket.create_server(("127.0.0.1", port), backlog=BACKLOG)
        except OSError:
            continue
        if not wanted and kept is None:
            home.keep_port(WEB, port)
        elif kept not in (None, port):
            say(f"port {kept} of the last time is taken by another program: the address is on port {port} this time")
        return listener
    if wanted:
        raise LauncherError(f"port {wanted} (from PORT) is taken; set PORT to another one, or unset it")
    raise LauncherError(f"the ports {PORTS[0]} to {PORTS[-1]} are all taken; set PORT to a free one")


def _start_servers(home: Home, screen: Screen, supervisor: Supervisor) -> Services:
    running = start_services(
        home,
        durable=True,
        database_url=os.environ.get("DATABASE_URL", ""),
        broker_url=os.environ.get("BROKER_URL", ""),
        say=screen.say,
    )
    for server, process in running.servers:
        stage = STAGE_DATABASE if server.name == Postgres.name else STAGE_BROKER
        supervisor.adopt(server.name, process, server.spawn, server.farewell, stage=stage)
    return running.services


def _prepare_database(home: Home, screen: Screen, services: Services) -> Credentials:
    """Migrate, and seed the first user and the demo jobs. Returns the first user's credentials."""
    begin = time.monotonic()
    _manage(services, "migrate", "--no-input")
    screen.say(f"database schema ready in {time.monotonic() - begin:.1f} s")
    begin = time.monotonic()
    output = _manage(services, "seed_demo")
    screen.say(f"first user and demo jobs ready in {time.monotonic() - begin:.1f} s")
    found = [line for line in output.splitlines() if line.startswith(CREDENTIALS_MARK)]
    fresh: Credentials = json.loads(found[-1].removeprefix(CREDENTIALS_MARK)) if found else {}
    return remember_credentials(home, services, fresh)


def remember_credentials(home: Home, services: Services, fresh: Credentials) -> Credentials:
    """Passwords and tokens are kept as hashes in the database: what is told once is kept here, by database."""
    path = home.path / CREDENTIALS
    kept: dict[str, Credentials] = json.loads(path.read_text()) if path.exists() else {}
    embedded = not os.environ.get("DATABASE_URL")
    key = "embedded" if embedded else hashlib.sha256(services.database_url.encode()).hexdigest()[:16]
    given: Credentials = {name: value for name, value in fresh.items() if value is not None}
    kept[key] = {**kept.get(key, {}), **given}
    home.write_private(CREDENTIALS, json.dumps(kept, indent=2))
    return kept[key]


def _manage(services: Services, *words: str) -> str:
    """Run a management command and return its stdout. Raises LauncherError with its last words."""
    done = subprocess.run(
        tied([sys.executable, MANAGE, *words]),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=CHECKOUT,
        env=os.environ | services.environment(),
        start_new_session=True,
        check=False,
    )
    if done.returncode != 0:
        last_words = "\n".join((done.stdout + done.stderr).splitlines()[-20:])
        raise LauncherError(f"`manage.py {' '.join(words)}` failed:\n{last_words}")
    return done.stdout


def _start_processes(
    home: Home, supervisor: Supervisor, services: Services, listener: socket.socket, account: Account | None
) -> None:
    """Web, beat, the watcher and the worker, as `account`, or as the invoking user."""
    celery = ["-m", "celery", "-A", "project"]
    commands: list[tuple[str, list[str], Farewell]] = [
        ("beat", [*celery, "beat", "-l", "info"], FAREWELL),
        ("web", ["-m", "project.web", "--fd", str(listener.fileno())], FAREWELL),
        ("watch", [MANAGE, "watch"], FAREWELL),
        ("worker", [*celery, "worker", "-P", "threads", "-c", "5", "-n", "main@%h", "-l", "info"], WORKER_FAREWELL),
    ]
    environment = os.environ | services.environment() | {"PYTHONUNBUFFERED": "1"}
    if account:
        environment |= {"HOME": NO_HOME, "USER": account.name, "LOGNAME": account.name}
    # When we are killed, an embedded database ends with us: the worker could record nothing of its jobs any more.
    worker_death = signal.SIGTERM if os.environ.get("DATABASE_URL") else signal.SIGKILL

    def start(name: str, words: list[str]) -> subprocess.Popen[bytes]:
        with home.log_path(name).open("ab") as log:
            return spawn(
                [sys.executable, *words],
                log=log,
                cwd=CHECKOUT,
                environment=environment,
                death_signal=worker_death if name == "worker" else signal.SIGTERM,
                account=account,
                keep_open=[listener.fileno()] if name == "web" else [],
            )

    for name, words, farewell in commands:
        supervisor.add(name, partial(start, name, words), farewell, stage=STAGE_PROCESSES)


def answers(url: str) -> bool:
    """Return whether the web interface answers, whatever its status."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=PROBE_S)
    try:
        connection.request("GET", "/healthz")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def _welcome(home: Home, url: str, credentials: Credentials) -> list[str]:
    password = credentials.get("password") or "(set earlier; `manage.py changepassword` sets a new one)"
    username = credentials.get("username") or "admin"
    token = (
        credentials.get("token")
        or f"$({shlex.join([sys.executable, str(CHECKOUT / MANAGE), 'jobs', 'tokens', 'create', username])})"
    )
    return [
        f"Monitor    {url}/",
        f"Admin      {url}/admin/",
        f"API docs   {url}/api/docs/",
        "",
        f"User       {username}",
        f"Password   {password}",
        f"API token  export TOKEN={token}",
        # Not the address: pasted, its password would stand on a command line, and in the shell's history.
        "SQL        make psql",
        "",
        "Open the monitor and log in: a demo job starts within a minute.",
        f"Logs and data are in {home.path}",
        "Ctrl-C stops everything; the data stay.",
    ]
