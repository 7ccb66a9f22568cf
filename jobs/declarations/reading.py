"""Reads declarations of schedules out of TOML. Everything that is wrong is told at once, with its entry and field."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path

from jobs import exactjson
from jobs.declarations.declaration import Declaration, Refused, problems_of

ENTRIES = "schedule"  # [[schedule]]
LARGEST = 10_000_000  # bytes


def read(path: Path) -> list[Declaration]:
    """Read a file. Raises Refused."""
    try:
        if path.stat().st_size > LARGEST:
            raise Refused([f"{path} has more than {LARGEST:,} bytes; divide it."])
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise Refused([f"There is no file {path}; give the path of one, or set JOBS_SCHEDULES to it."]) from None
    except UnicodeDecodeError:
        raise Refused([f"{path} is no UTF-8; save it as that."]) from None
    except OSError as error:
        raise Refused([f"{path} cannot be read: {error.strerror}; give the path of a file."]) from None
    return parse(text, str(path))


def parse(text: str, where: str) -> list[Declaration]:
    """Return the declarations of this text. Raises Refused."""
    try:
        # The numbers of a payload arrive as they are written.
        whole = tomllib.loads(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise Refused([f"{where} is no TOML: {error}; mend it there."]) from None
    problems = [
        f"{where} has '{name}', which means nothing; write each schedule under [[{ENTRIES}]]."
        for name in whole
        if name != ENTRIES
    ]
    entries = whole.get(ENTRIES, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Refused([*problems, f"{where} has '{ENTRIES}' that is no list; write [[{ENTRIES}]] above each."])
    declared_in = Path(where).name
    found = [Declaration(declared_in, number, exactjson.with_floats(one)) for number, one in enumerate(entries, 1)]
    problems += problems_of(found)
    if problems:
        raise Refused(problems)
    return found
