"""Export of all jobs that a filter finds, into a file or a pipe."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any, BinaryIO

from jobs import workbooks
from jobs.cells import defused
from jobs.client.cli import exits
from jobs.client.cli.asking import WrongUsage
from jobs.client.cli.door import Door
from jobs.client.cli.output import Output, jsoned
from jobs.client.shapes import Job
from jobs.workbooks import writing

COLUMNS = tuple(Job.__annotations__)


def export(options: Mapping[str, Any], door: Door, output: Output) -> int:
    """Write each job as a line."""
    found = door.jobs(" ".join(options["filter"]), history=options["history"], limit=options["limit"])
    if options["format"] == "xlsx":
        number = _as_workbook(found, options["to"])
    else:
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
    with _file(to) as raw:
        file = TextIOWrapper(raw, encoding="utf-8", newline="")
        yield file
        file.detach()  # which writes what it holds, and leaves it open


@contextmanager
def _file(to: str) -> Iterator[BinaryIO]:
    """Yield a file that has its name only when it is whole."""
    path = Path(to)
    if path.exists():
        raise WrongUsage(f"{to} is there already; name another file.")
    unfinished = path.with_name(f"{path.name}.part")
    try:
        with unfinished.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)
    except OSError as error:
        raise WrongUsage(f"{to} cannot be written ({error}); name another file.") from None
    finally:
        unfinished.unlink(missing_ok=True)


def _as_workbook(jobs: Iterable[Mapping[str, Any]], to: str | None) -> int:
    if to is None:
        raise WrongUsage("A workbook is no text for standard output; name a file by --to.")
    try:
        with _file(to) as file:
            return writing.write(file, "jobs", COLUMNS, ((job.get(column) for column in COLUMNS) for job in jobs))
    except (workbooks.NotInstalled, writing.TooLong) as error:
        raise WrongUsage(str(error)) from None


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
