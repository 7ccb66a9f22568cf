"""Files in the home that tell what is up at present: the services' addresses, and our children."""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from launcher.home import Home, LauncherError, default_home

SERVICES = "services.json"
CHILDREN = "children.json"


@dataclass(frozen=True)
class Services:
    """Addresses and keys of a running installation; they contain passwords, so `repr` hides them."""

    database_url: str = field(repr=False)
    broker_url: str = field(repr=False)
    secret_key: str = field(repr=False)

    def environment(self) -> dict[str, str]:
        """Return the variables that the settings read."""
        return {
            "DATABASE_URL": self.database_url,
            "BROKER_URL": self.broker_url,
            "SECRET_KEY": self.secret_key,
        }


@dataclass(frozen=True)
class Supervisor:
    """The process that owns a home, and where its web interface is (empty: none)."""

    pid: int
    web_url: str
    services: Services


def running() -> Services | None:
    """The services of this checkout's installation while its supervisor lives, else None."""
    try:
        supervisor = supervisor_of(default_home())
    except (LauncherError, OSError):
        return None
    return supervisor.services if supervisor else None


def supervisor_of(home: Home) -> Supervisor | None:
    """The living supervisor of the home, if any. A file left by a dead one does not count."""
    path = home.path / SERVICES
    try:
        # Somebody else's file (in a folder others may write to) could send us to their database.
        if path.stat().st_uid not in {0, os.geteuid()}:
            return None
        content = json.loads(path.read_text())
        if started_at(content["pid"]) != content["started_at"]:
            return None
        return Supervisor(content["pid"], content["web_url"], Services(**content["services"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_supervisor(home: Home, services: Services, web_url: str = "") -> None:
    """Say that this process is the supervisor."""
    pid = os.getpid()
    content = {"pid": pid, "started_at": started_at(pid), "web_url": web_url, "services": asdict(services)}
    home.write_private(SERVICES, json.dumps(content, indent=2))


def forget_supervisor(home: Home) -> None:
    """Say that nothing is up any more."""
    (home.path / SERVICES).unlink(missing_ok=True)


def write_children(home: Home, pids: dict[str, int]) -> None:
    """Remember our children by name, for the next start to find those that outlive a killed supervisor."""
    content = {name: {"pid": pid, "started_at": started_at(pid)} for name, pid in pids.items()}
    home.write_private(CHILDREN, json.dumps(content))


def leftovers(home: Home) -> Iterator[tuple[str, int]]:
    """(name, pid) of each remembered child that still lives."""
    try:
        content = json.loads((home.path / CHILDREN).read_text())
    except (OSError, ValueError):
        return
    for name, child in content.items():
        if child["started_at"] and started_at(child["pid"]) == child["started_at"]:
            yield name, child["pid"]


def started_at(pid: int) -> str | None:
    """The kernel's start mark of a process, which tells it from later ones of its number; None: gone."""
    if not Path("/proc/self/stat").exists():  # not Linux
        try:
            os.kill(pid, 0)
        except OSError:
            return None
        return "alive"
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else fields[19]
