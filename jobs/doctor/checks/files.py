"""Checks of files with secrets: who else on this machine may read them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from jobs.conf import conf
from jobs.database import alias
from jobs.doctor.finding import Finding, bad, ok, warn
from jobs.doctor.patient import Patient

BESIDE = (".env", "docker/.env", "docker/secrets.env")  # below the folder of manage.py
MOST = 200  # files of the folder of secrets


def secret_files(patient: Patient) -> Iterator[Finding]:
    """Yield files with secrets that others on this machine may read or change."""
    files = sorted(set(_files()))
    wrong = False
    for path in files:
        try:
            mode = path.stat().st_mode
        except OSError:
            continue  # not here, or not ours to see
        if mode & stat.S_IWOTH:
            wrong = True
            yield bad(
                f"Everybody on this machine may change {path}, which has secrets.", f"chmod o-rwx {path}", _shown(mode)
            )
        elif mode & stat.S_IROTH and not _is_closed(path):
            wrong = True
            yield warn(
                f"Everybody on this machine may read {path}, which has secrets.", f"chmod o-rwx {path}", _shown(mode)
            )
    if not wrong:
        yield ok("Nobody else on this machine may read the files with secrets.", f"{len(files)} files")


def _files() -> Iterator[Path]:
    for name in BESIDE:
        path = Path(settings.BASE_DIR) / name
        if path.is_file():
            yield path
    if (text := os.environ.get("JOBS_SECRETS", "")) and not text.startswith("{"):
        yield Path(text)
    options = settings.DATABASES[alias()].get("OPTIONS", {})
    yield from (Path(options[name]) for name in ("sslkey", "passfile") if options.get(name))
    folder = Path(conf().secrets_folder)
    yield from (folder / secret.file for secret in list(conf().secrets.values())[:MOST] if secret.file)


def _is_closed(path: Path) -> bool:
    """Return whether a folder above it lets nobody else through."""
    return any(not folder.stat().st_mode & stat.S_IXOTH for folder in path.resolve().parents)


def _shown(mode: int) -> str:
    return stat.filemode(mode)
