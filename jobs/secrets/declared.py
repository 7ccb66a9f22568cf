"""Secrets that operators have declared in JOBS_SECRETS: where a worker finds each, and who may use it."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from jobs import named_entries
from jobs.named_entries import Entry, NamedEntries
from jobs.receivers import receiver
from jobs.secrets.cleaning import SHORTEST

SETTING = "JOBS_SECRETS"
# A variable of another name may be a setting of ours, such as SECRET_KEY or DATABASE_URL: no entry can name one.
VARIABLE = r"^RUNAT_SECRET_[A-Za-z0-9_]+$"
FILE = r"^[A-Za-z0-9_-][A-Za-z0-9._-]*$"
LONGEST = 65_536  # bytes of a file
WRONG = {
    "variable": "write the name of a variable that begins with RUNAT_SECRET_; no other is read",
    "file": "write the name of a file in the folder JOBS_SECRETS_FOLDER, without a path",
}

Names = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(strict=False)]


class Unreadable(ValueError):
    """Refusal of a secret whose value is not here, or is none; the text says why, and never the value."""


class DeclaredSecret(Entry):
    """Secret that payloads may refer to by its name."""

    #: Variable of the worker's environment that holds it.
    variable: Annotated[str, Field(pattern=VARIABLE)] | None = None
    #: File in JOBS_SECRETS_FOLDER that holds it.
    file: Annotated[str, Field(pattern=FILE)] | None = None
    #: Targets whose jobs may have it.
    targets: Annotated[Names, Field(min_length=1)]
    #: Hosts that it may be sent to, as JOBS_HTTP_ALLOW writes them: for the target `http`.
    hosts: Names = ()
    #: Teams whose jobs may have it; empty: any, and those of no team.
    teams: Names = ()
    #: True: it may be sent without TLS.
    plain_http: bool = False

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        if (self.variable is None) is (self.file is None):
            raise ValueError("give one of variable and file: where a worker finds it")
        if "http" in self.targets and not self.hosts:
            raise ValueError("give the hosts that the target http may send it to")
        for host in self.hosts:
            receiver(host)
        return self

    def value(self, folder: str) -> str:
        """Return it, as this process finds it now. Raises Unreadable."""
        text = self._of_variable() if self.variable is not None else self._of_file(folder)
        if len(text) < SHORTEST:
            raise Unreadable(f"has {len(text)} characters, and needs {SHORTEST}: a shorter one cannot be hidden")
        if not text.isprintable() and any(c == "\0" or "\ud800" <= c <= "\udfff" for c in text):
            raise Unreadable("is no text: it has a character NUL, or bytes that are no UTF-8")
        return text

    def _of_variable(self) -> str:
        if (text := os.environ.get(self.variable or "")) is None:
            raise Unreadable(f"is not here: set {self.variable} for this worker")
        return text

    def _of_file(self, folder: str) -> str:
        whole = Path(folder).resolve()
        try:
            path = (whole / str(self.file)).resolve(strict=True)
            found = path.stat()
            if not path.is_relative_to(whole) or not stat.S_ISREG(found.st_mode):
                raise Unreadable(f"is no file of its own in {folder}")
            if found.st_size > LONGEST:
                raise Unreadable(f"has {found.st_size:,} bytes; {LONGEST:,} at most")
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is no text"
            raise Unreadable(f"cannot be read: put it into {folder}/{self.file} of this worker ({why})") from None
        return text.removesuffix("\n").removesuffix("\r")


def parsed(entries: object) -> dict[str, DeclaredSecret]:
    """Return secrets by name. Raises ValueError with a sentence for each entry that is wrong."""
    example = '{"stripe": {"variable": "RUNAT_SECRET_STRIPE", "targets": ["http"], "hosts": ["api.stripe.com"]}}'
    return named_entries.parsed(SETTING, DeclaredSecret, entries, example, _why)


def _why(error: Mapping[str, Any]) -> str:
    if error["type"] == "string_pattern_mismatch":
        return WRONG[error["loc"][-1]]
    if error["type"] == "extra_forbidden":
        return f"there is no such field; known are {', '.join(DeclaredSecret.model_fields)}"
    return named_entries.plainly(str(error["msg"]))


class Secrets(NamedEntries):
    """Secrets by name."""

    def entries(self, found: object) -> Any:
        return parsed(found)
