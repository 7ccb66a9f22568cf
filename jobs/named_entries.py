"""A setting that has several entries by names that an operator gives them: JSON, or the path of a file with it.

Nothing here needs Django to be set up.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from jobs.setting_kinds import Setting

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Entry(BaseModel):
    """Base of the entries of such settings: JSON as it is, what is unknown is refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


E = TypeVar("E", bound=Entry)


def parsed(setting: str, kind: type[E], entries: object, example: str, why: Callable[[Any], str]) -> dict[str, E]:
    """Return the entries by name. `why` says what is wrong by an error of pydantic's. Raises ValueError with a sentence
    for each that is wrong."""
    if not isinstance(entries, dict):
        raise ValueError(f"{setting} must be a JSON object of names, such as {example}.")
    found, wrong = {}, []
    for name, entry in entries.items():
        if not NAME.fullmatch(name):
            wrong.append(f"{setting} names {name[:100]!r}; use letters, digits, dots, dashes and underscores.")
            continue
        try:
            found[name] = kind.model_validate(entry)
        except ValidationError as error:
            wrong += [f"{setting} is wrong at {_place(name, one)}: {why(one)}." for one in error.errors()]
    if wrong:
        raise ValueError(" ".join(wrong))
    return found


def plainly(message: str) -> str:
    """Return pydantic's words as the end of a sentence of ours."""
    message = message.removeprefix("Value error, ")
    return f"{message[0].lower()}{message[1:]}"


def _place(name: str, error: Mapping[str, Any]) -> str:
    return ".".join([name, *(str(part) for part in error["loc"])])


def _once(setting: str, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for number, (name, _) in enumerate(pairs) if name in dict(pairs[:number]))
        raise ValueError(f"{setting} has '{twice}' twice; leave one of them out.")
    return found


@dataclass(frozen=True, kw_only=True)
class NamedEntries(Setting):
    """Entries by name."""

    default: Mapping[str, Any] = field(default_factory=dict)
    shown: str = "empty: off"

    def entries(self, found: object) -> Any:
        """Return what this JSON says. Raises ValueError with a sentence for each entry that is wrong."""
        raise NotImplementedError

    def read(self, text: str) -> Any:
        if not text.startswith("{"):
            try:
                text = Path(text).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                why = getattr(error, "strerror", None) or "it is no text"
                raise ValueError(
                    f"{self.name} is '{text}', a file that cannot be read ({why}); give JSON or such a file."
                ) from None
        try:
            found = json.loads(text, object_pairs_hook=partial(_once, self.name))
        except json.JSONDecodeError as error:
            raise ValueError(
                f"{self.name} is no JSON (line {error.lineno}, column {error.colno}: {error.msg}); mend it there."
            ) from None
        return self.entries(found)
