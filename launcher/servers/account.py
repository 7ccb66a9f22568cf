"""Unprivileged accounts when root starts RunAt: one for PostgreSQL and Valkey, another for what runs jobs."""

import os
import pwd
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

CANDIDATES = ("postgres", "nobody")  # initdb wants an account that exists; we never create one
OF_JOBS = ("nobody", "daemon")  # not that of the servers: jobs have no business in their files


@dataclass(frozen=True)
class Account:
    """Account of a user of this machine."""

    name: str
    uid: int
    gid: int

    def _allows(self, path: Path, owner: int, group: int, other: int) -> bool:
        status = path.stat()
        if status.st_uid == self.uid:
            return bool(status.st_mode & owner)
        if status.st_gid == self.gid:
            return bool(status.st_mode & group)
        return bool(status.st_mode & other)

    def may_traverse(self, folder: Path) -> bool:
        """Return whether the account may pass through the folder and all its parents (mode bits only)."""
        chain = [folder, *folder.parents]
        return all(self._allows(part, stat.S_IXUSR, stat.S_IXGRP, stat.S_IXOTH) for part in chain)

    def may_read(self, path: Path) -> bool:
        """Return whether the account may read the file (or list the folder), wherever links lead."""
        real = path.resolve()
        return self.may_traverse(real.parent) and self._allows(real, stat.S_IRUSR, stat.S_IRGRP, stat.S_IROTH)


def server_account() -> Account | None:
    """The account to drop to; None when we are an ordinary user already.

    Raises LookupError when root finds none of the candidates on this machine.
    """
    if os.geteuid() != 0:
        return None
    for name in CANDIDATES:
        if found := _find(name):
            return found
    raise LookupError(f"no unprivileged account ({' or '.join(CANDIDATES)}) exists to run the servers as")


def job_account(servers: Account | None, code: Iterable[Path]) -> tuple[Account | None, str]:
    """The account to run web, beat and workers as; None when we are an ordinary user already, or with a sentence that
    says why they have to run as root: no other account may read one of the files of `code`."""
    if os.geteuid() != 0:
        return None, ""
    account = next((found for name in OF_JOBS if (found := _find(name)) and found != servers), None)
    if account is None:
        return None, f"Jobs run as root: no account {' or '.join(OF_JOBS)} exists beside that of the servers."
    closed = next((path for path in code if not account.may_read(path)), None)
    if closed is not None:
        return None, f"Jobs run as root: the account {account.name} may not read {closed}; put it elsewhere."
    return account, ""


def _find(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(name, entry.pw_uid, entry.pw_gid)
