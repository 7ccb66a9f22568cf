"""The folder of an installation: where it lies, who may read it, its lock, its secrets and its ports."""

import fcntl
import hashlib
import json
import os
import secrets
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from launcher.servers.account import Account, server_account

CHECKOUT = Path(__file__).resolve().parents[1]
SYSTEM_FOLDER = Path("/var/lib/runat")
THROWAWAY_PREFIX = "runat-throwaway-"
SWEEP_AFTER_S = 60.0  # younger ones may be about to take their lock
# Below the range the kernel takes ports for outgoing connections from, so that a remembered one stays free.
PORTS = range(15000, 32000)


class LauncherError(Exception):
    """Something the person at the terminal can act on; the text is the whole message."""


@dataclass(frozen=True)
class Home:
    """Folder of one installation. `account`: the user of its servers; None: the invoking user."""

    path: Path
    account: Account | None

    def prepare(self) -> None:
        """Create what is missing. Only folders made here get an owner and a mode.

        Raises LauncherError when the folder belongs to somebody else or the servers could not reach it.
        """
        make_folder(self.path, 0o700 if self.account is None else 0o711)
        owner = self.path.stat().st_uid
        if owner != os.geteuid():
            raise LauncherError(
                f"{self.path} belongs to user number {owner}: start RunAt as that user, "
                "or set RUNAT_HOME to another folder"
            )
        if self.account and not self.account.may_traverse(self.path):
            raise LauncherError(
                f"the servers run as {self.account.name}, who may not enter {self.path}: "
                "set RUNAT_HOME to another folder"
            )
        make_folder(self.path / "log", 0o700)

    def server_folder(self, name: str) -> Path:
        """The private folder of one server, owned by the servers' account."""
        folder = self.path / name
        if make_folder(folder, 0o700) and self.account:
            os.chown(folder, self.account.uid, self.account.gid)
        return folder

    def log_path(self, name: str) -> Path:
        """Return the path of the log file of the process with that name."""
        return self.path / "log" / f"{name}.log"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the home; the kernel gives it back when this process ends, however it ends.

        Raises BlockingIOError when another process holds it.
        """
        with (self.path / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield

    def write_private(self, name: str, text: str, owner: Account | None = None) -> Path:
        """Write a file only its owner can read; it appears whole or not at all."""
        path = self.path / name
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".draft-")  # 0600
        with os.fdopen(handle, "w") as file:
            file.write(text)
            if owner:
                os.fchown(file.fileno(), owner.uid, owner.gid)
        os.replace(draft, path)
        return path

    def secret(self, name: str) -> str:
        """The random value of that name (URL-safe text), made on the first call and kept."""
        return str(self._remembered("secrets.json", name, secrets.token_urlsafe(32)))

    def port(self, name: str) -> int:
        """The remembered port of that server while it is free, else another free one of 127.0.0.1."""
        port = int(str(self._remembered("ports.json", name, free_port())))
        return port if is_free(port) else self.new_port(name)

    def new_port(self, name: str) -> int:
        """Forget the server's port and remember another free one."""
        return int(str(self._remembered("ports.json", name, free_port(), replace=True)))

    def kept_port(self, name: str) -> int | None:
        """The port that was kept under that name, free or not; None: there is none."""
        path = self.path / "ports.json"
        found = json.loads(path.read_text()).get(name) if path.exists() else None
        return None if found is None else int(found)

    def keep_port(self, name: str, port: int) -> None:
        """Keep a port that somebody else has chosen."""
        self._remembered("ports.json", name, port, replace=True)

    def _remembered(self, file: str, key: str, fresh: str | int, *, replace: bool = False) -> str | int:
        path = self.path / file
        content: dict[str, str | int] = json.loads(path.read_text()) if path.exists() else {}
        if replace or key not in content:
            content[key] = fresh
            self.write_private(file, json.dumps(content, indent=2))
        return content[key]


def default_home() -> Home:
    """RUNAT_HOME, else `.runat` in the checkout, else (root, below a private folder) one below /var/lib."""
    try:
        account = server_account()
    except LookupError as error:
        raise LauncherError(f"{error}: set DATABASE_URL and BROKER_URL to servers of your own") from error
    if chosen := os.environ.get("RUNAT_HOME"):
        return Home(Path(chosen).absolute(), account)
    if account is None or account.may_traverse(CHECKOUT):
        return Home(CHECKOUT / ".runat", account)
    return Home(SYSTEM_FOLDER / hashlib.sha256(bytes(CHECKOUT)).hexdigest()[:12], account)


@contextmanager
def temporary_home() -> Iterator[Home]:
    """A locked home in a temporary folder the servers may reach, removed at the end."""
    account = default_home().account
    candidates = [Path(tempfile.gettempdir()).resolve(), Path("/tmp"), Path("/var/tmp")]  # noqa: S108 - mkdtemp below
    parent = next((path for path in candidates if account is None or account.may_traverse(path)), None)
    if parent is None:
        raise LauncherError(f"no temporary folder is open to {account.name if account else 'us'}: set TMPDIR")
    _sweep(parent)
    home = Home(Path(tempfile.mkdtemp(prefix=THROWAWAY_PREFIX, dir=parent)), account)
    if account:
        home.path.chmod(0o711)
    try:
        home.prepare()
        with home.locked():
            yield home
    finally:
        shutil.rmtree(home.path, ignore_errors=True)


def _sweep(parent: Path) -> None:
    """Remove temporary homes whose owner was killed: theirs are the ones with a lock that nobody holds."""
    for path in parent.glob(f"{THROWAWAY_PREFIX}*"):
        with suppress(OSError):
            lock = (path / "lock").stat()
            if lock.st_uid == os.geteuid() and time.time() - lock.st_mtime > SWEEP_AFTER_S:
                with Home(path, None).locked():
                    shutil.rmtree(path, ignore_errors=True)


def make_folder(path: Path, mode: int) -> bool:
    """Create a folder with exactly that mode, its missing parents open to all; False when it exists.

    Raises LauncherError when that is not allowed.
    """
    if path.is_dir():
        return False
    try:
        if not path.parent.is_dir():
            make_folder(path.parent, 0o755)
        path.mkdir()
        path.chmod(mode)  # whatever the umask is
    except OSError as error:
        raise LauncherError(f"cannot create {path} ({error.strerror}): set RUNAT_HOME to another folder") from error
    return True


def is_free(port: int) -> bool:
    """Return whether a server could listen on that port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # closed connections of an earlier run do not count
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """A port of 127.0.0.1 nobody listens on, drawn at random so that two starts at once rarely meet."""
    while not is_free(port := secrets.choice(PORTS)):
        pass
    return port
