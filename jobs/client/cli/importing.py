"""Import of a file of jobs: looked at as a whole, then created in one operation, or none."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from jobs import workbooks
from jobs.cells import digest_of, file_key
from jobs.client.cli import exits
from jobs.client.cli.asking import WrongUsage
from jobs.client.cli.door import Door
from jobs.client.cli.output import Output
from jobs.client.refused import Refused

CSV, NDJSON = "text/csv", "application/x-ndjson"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
OF_JOBS = "jobs."  # how the fields of one of many are called
LINE = "Line "  # how a sentence about one of them begins


def bring(options: Mapping[str, Any], door: Door, output: Output) -> int:
    """Create the jobs of a file; with `dry_run` say what would come of it."""
    content = _content(options["file"])
    zone, only_good, dry_run = options["time_zone"], options["only_good"], options["dry_run"]
    key = file_key(digest_of(content, (zone or "UTC").strip()), uuid.uuid4().hex if options["again"] else None)
    asked = {"time_zone": zone, "partial": only_good, "preview": dry_run}
    try:
        said, is_new = door.import_jobs(
            content, kind_of(content), idempotency_key=options["idempotency_key"] or key, **asked
        )
    except Refused as refused:
        if output.as_json or not _is_of_rows(refused):
            raise
        lines = _lines((name, one) for name, sentences in refused.problems.items() for one in sentences)
        output.say("\n".join(["Nothing was created.", *lines, *_unsaid(refused.more.get("wrong", 0), lines)]))
        return exits.REFUSED
    wrong = said.get("wrong", 0)
    lines = _lines((one["field"], one["message"]) for one in said.get("errors", ()))
    output.one(said, [_head(said, is_new, dry_run=dry_run), *lines, *_unsaid(wrong, lines)])
    return exits.REFUSED if wrong else exits.DONE


def kind_of(content: bytes) -> str:
    """Return what a file is, by how it begins."""
    if content.startswith(workbooks.BEGINS):
        return workbooks.KIND
    return NDJSON if content.removeprefix(BYTE_ORDER_MARK).lstrip().startswith(b"{") else CSV


def _content(path: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise WrongUsage(f"{path} cannot be read ({error}); name a file of jobs.") from None


def _head(said: Mapping[str, Any], is_new: bool, *, dry_run: bool) -> str:
    ids = said["ids"]
    wrong = said.get("wrong", 0)
    if dry_run:
        return f"{len(ids) - wrong:,} of {len(ids):,} rows are good jobs; nothing was created."
    made = [one for one in ids if one is not None]
    span = f"{made[0]} to {made[-1]}" if len(made) > 1 else str(made[0])
    what = "created" if is_new else "created of this file before, and none now (--again creates them once more)"
    left = f" {wrong:,} rows are wrong." if wrong else ""
    return f"{len(made):,} {'job was' if len(made) == 1 else 'jobs were'} {what}: {span}.{left}"


def _is_of_rows(refused: Refused) -> bool:
    return bool(refused.problems) and all(name.startswith(OF_JOBS) for name in refused.problems)


def _lines(mistakes: Iterable[tuple[str, str]]) -> list[str]:
    return list(_placed(mistakes))


def _placed(mistakes: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield each mistake with its line and its column."""
    for field, message in mistakes:
        _, number, column = (*field.split(".", 2), "")[:3]
        line, colon, sentence = message.partition(": ")
        if not (colon and line.startswith(LINE)):
            line, sentence = f"Job {number}", message
        yield f"  {line}{f', {column}' if column and column != 'body' else ''}: {sentence}"


def _unsaid(wrong: int, lines: list[str]) -> list[str]:
    """Return what is said of wrong rows that no line names."""
    return [f"  And more: {wrong:,} rows are wrong in all."] if wrong > len(lines) else []
