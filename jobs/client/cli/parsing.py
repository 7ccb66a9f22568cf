"""Words of the command line: what can be said."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from jobs.client.cli.asking import add_fields
from jobs.client.cli.completing import SHELLS

MOST_LISTED = 50  # jobs, where nobody says how many
OF_JOBS = (
    "list",
    "show",
    "create",
    "edit",
    "cancel",
    "retry",
    "run-now",
    "reschedule",
    "wait",
    "tail",
    "import",
    "export",
)
OF_PLACES = ("queues", "workers")
HELPS = {
    "list": "list jobs, the newest first",
    "show": "show a job with its starts and its audit",
    "create": "create a job",
    "edit": "change a job that has not started",
    "cancel": "cancel jobs that have not started; ask those that run to stop",
    "retry": "start failed, interrupted, cancelled or skipped jobs again",
    "run-now": "start pending jobs at once instead of at their time",
    "reschedule": "move a job that has not started to another time",
    "wait": "wait until a job has ended; exits with 0 if it is completed then",
    "tail": "follow a job until it ends: its states, starts, progress and what its target says",
    "import": "create all jobs of a table or of lines of JSON, or none",
    "export": "write all jobs that a filter finds, as JSON, CSV or a workbook",
    "queues": "list the queues that workers take from or that have limits",
    "workers": "list the workers",
}
COMPLETION = "completion"
COMPLETES = "write what a shell reads to complete these words"
FORMATS = ("ndjson", "csv", "xlsx")
FILTER = "as in the list's search: queue:pay state:failed late:>1s label.team:payroll invoice (docs/finding.md)"


class Intermixed(ArgumentParser):
    """Parser that takes options also between words: `list --limit 5 queue:pay`, which argparse of itself does not."""

    _is_within = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        if self._is_within or self._subparsers is not None:  # which argparse cannot mix
            return super().parse_known_args(args, namespace)
        self._is_within = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._is_within = False


def add_verbs(parser: ArgumentParser, verbs: tuple[str, ...]) -> Any:
    """Add these verbs, each with its words, and the one that writes what a shell reads. Returns what takes others."""
    kind = type("VerbParser", (Intermixed, type(parser)), {})
    several: Any = parser.add_subparsers(dest="verb", metavar="VERB", required=True, parser_class=kind)
    for verb in verbs:
        one = several.add_parser(verb, help=HELPS[verb], description=f"{HELPS[verb][0].upper()}{HELPS[verb][1:]}.")
        add_words(one, verb)
    one = several.add_parser(COMPLETION, help=COMPLETES, description=f"{COMPLETES[0].upper()}{COMPLETES[1:]}.")
    one.add_argument("shell", nargs="?", choices=SHELLS, default=SHELLS[0], help=f"which shell; {SHELLS[0]}")
    return several


def add_words(parser: ArgumentParser, verb: str) -> None:
    """Add the words of one verb."""
    _WORDS[verb](parser)
    parser.add_argument("--json", action="store_true", help="print JSON: an object, or one a line for several")


def _list(parser: ArgumentParser) -> None:
    parser.add_argument("filter", nargs="*", metavar="FILTER", help=FILTER)
    parser.add_argument(
        "--limit", type=_count, default=MOST_LISTED, metavar="N", help=f"at most so many; {MOST_LISTED}"
    )
    parser.add_argument("--history", action="store_true", help="those that are over and have left the table of jobs")


def _export(parser: ArgumentParser) -> None:
    parser.add_argument("filter", nargs="*", metavar="FILTER", help=FILTER)
    parser.add_argument("--limit", type=_count, metavar="N", help="at most so many; all")
    parser.add_argument("--history", action="store_true", help="those that are over and have left the table of jobs")
    parser.add_argument("--format", choices=FORMATS, default="ndjson", help="what is written; ndjson")
    parser.add_argument("--to", metavar="FILE", help="it must not be there yet; standard output, if not given")


def _import(parser: ArgumentParser) -> None:
    parser.add_argument(
        "file", metavar="FILE", help="CSV, a workbook (XLSX) or a JSON object a line (docs/tables.md); - standard input"
    )
    parser.add_argument("--time-zone", metavar="ZONE", help="of times that name none, such as Europe/Berlin")
    parser.add_argument("--only-good", action="store_true", help="create those that are good, instead of none")
    parser.add_argument("--again", action="store_true", help="also when this file was brought before")
    parser.add_argument("--idempotency-key", metavar="KEY", help="by which its jobs are created once; made of the file")
    add_dry_run(parser)


def _show(parser: ArgumentParser) -> None:
    _id(parser)


def _create(parser: ArgumentParser) -> None:
    parser.add_argument("target", nargs="?", metavar="TARGET", help="the registered name of what is called")
    _arguments(parser)
    parser.add_argument(
        "--from", dest="from_file", metavar="FILE", help="a JSON object of its fields; - standard input"
    )
    add_fields(parser, editing=False)
    parser.add_argument("--idempotency-key", metavar="KEY", help="repeated with the same key it creates nothing twice")
    add_dry_run(parser)


def _edit(parser: ArgumentParser) -> None:
    _id(parser)
    _arguments(parser)
    parser.add_argument("--from", dest="from_file", metavar="FILE", help="a JSON object of changes; - standard input")
    add_fields(parser, editing=True)
    parser.add_argument(
        "--if-version", type=_id_of, metavar="VERSION", help="only if it is of this version; that which is read before"
    )
    _reason(parser)
    add_dry_run(parser)


def _several(parser: ArgumentParser) -> None:
    parser.add_argument("ids", nargs="+", type=_id_of, metavar="ID", help="of jobs, one after the other")
    _reason(parser)
    add_dry_run(parser)


def _run_now(parser: ArgumentParser) -> None:
    parser.add_argument("ids", nargs="+", type=_id_of, metavar="ID", help="of jobs, one after the other")
    add_dry_run(parser)


def _reschedule(parser: ArgumentParser) -> None:
    _id(parser)
    parser.add_argument("run_at", metavar="TIME", help="the new time: ISO 8601 with a zone, 2026-12-31T23:59:00Z")
    _reason(parser)
    add_dry_run(parser)


def _wait(parser: ArgumentParser) -> None:
    _id(parser)
    parser.add_argument("--timeout", type=_seconds, metavar="SECONDS", help="how long at most; without end")


def _nothing(parser: ArgumentParser) -> None:
    return None


def _id(parser: ArgumentParser) -> None:
    parser.add_argument("id", type=_id_of, metavar="ID", help="of the job")


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "arguments", nargs="*", metavar="NAME=TEXT|NAME:=JSON", help="arguments of the target: name=Ada month:=11"
    )


def _reason(parser: ArgumentParser) -> None:
    parser.add_argument("--reason", default="", help="why, for those who look at the job later")


def add_dry_run(parser: ArgumentParser) -> None:
    """Add the option by which nothing is changed."""
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and change nothing")


def _id_of(text: str) -> int:
    return _whole(text, low=0)


def _count(text: str) -> int:
    return _whole(text, low=1)


def _whole(text: str, *, low: int) -> int:
    number = int(text)
    if not low <= number < 2**63:
        raise ValueError(text)
    return number


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < float("inf"):
        raise ValueError(text)
    return seconds


# What argparse says of a wrong one: "invalid whole number value: 'x'".
_id_of.__name__ = _count.__name__ = "whole number"
_seconds.__name__ = "number of seconds"

_WORDS: dict[str, Any] = {
    "list": _list,
    "show": _show,
    "create": _create,
    "edit": _edit,
    "cancel": _several,
    "retry": _several,
    "run-now": _run_now,
    "reschedule": _reschedule,
    "wait": _wait,
    "tail": _wait,
    "import": _import,
    "export": _export,
    "queues": _nothing,
    "workers": _nothing,
}
