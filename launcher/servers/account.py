"""The unprivileged account of PostgreSQL and Valkey when root starts them: neither should be root."""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

CANDIDATES = ("postgres", "nobody")  # initdb wants an account that exists; we never create one


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
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise LookupError(f"no unprivileged account ({' or '.join(CANDIDATES)}) exists to run the servers as")
