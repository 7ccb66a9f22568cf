"""Export of all jobs that a filter finds, into a file or a pipe."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from jobs.cells import defused
from jobs.client.cli import exits
from jobs.client.cli.asking import WrongUsage
from jobs.client.cli.door import Door
from jobs.client.cli.output import Output, jsoned
from jobs.client.shapes import Job

COLUMNS = tuple(Job.__annotations__)


def export(options: Mapping[str, Any], door: Door, output: Output) -> int:
    """Write each job as a line."""
    found = door.jobs(" ".join(options["filter"]), history=options["history"], limit=options["limit"])
    with _open(options["to"], output.out) as file:
        number = _as_csv(found, file) if options["format"] == "csv" else _as_json(found, file)
    if options["to"]:
        output.one({"jobs": number, "file": options["to"]}, [f"{number:,} jobs are in {options['to']}."])
    return exits.DONE


@contextmanager
def _open(to: str | None, out: IO[str]) -> Iterator[IO[str]]:
    """Yield where to write: a file that has its name only when it is whole, or standard output."""
    if to is None:
        yield out
        return
    path = Path(to)
    if path.exists():
        raise WrongUsage(f"{to} is there already; name another file.")
    unfinished = path.with_name(f"{path.name}.part")
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise WrongUsage(f"{to} cannot be written ({error}); name another file.") from None
    unfinished.rename(path)


def _as_json(jobs: Iterable[Mapping[str, Any]], file: IO[str]) -> int:
    number = 0
    for job in jobs:
        file.write(f"{jsoned(job)}\n")
        number += 1
    return number


def _as_csv(jobs: Iterable[Mapping[str, Any]], file: IO[str]) -> int:
    writer = csv.writer(file, lineterminator="\r\n")  # RFC 4180
    writer.writerow(COLUMNS)
    number = 0
    for job in jobs:
        writer.writerow([safe(job.get(column)) for column in COLUMNS])
        number += 1
    return number


def safe(value: Any) -> str:
    """Return a cell that no spreadsheet takes for a formula: numbers are numbers, and text that begins like a formula
    has an apostrophe before it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return jsoned(value)
    return defused(value) if isinstance(value, str) else str(value)
