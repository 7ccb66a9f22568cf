"""Report of an examination: for programs as JSON, for people as lines."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jobs.doctor.finding import Finding, Verdict

FORMAT = 1  # of the JSON: grows when something that was there goes, or comes to mean something else
EXIT_CODES = {Verdict.BAD: 2, Verdict.WARN: 1, Verdict.UNKNOWN: 1, Verdict.NOTE: 0, Verdict.OK: 0}
LABEL = 9  # columns of a verdict
NAME = 22  # columns of a check's name
NARROWEST, WIDEST = 70, 140  # columns of a terminal

Paint = Callable[[Verdict, str], str]


@dataclass(frozen=True)
class Line:
    """A finding with the name of its check."""

    check: str
    finding: Finding


@dataclass(frozen=True)
class Report:
    """The findings of all checks, worst first, else in the order of the checks."""

    at: datetime
    host: str
    seconds: float
    lines: tuple[Line, ...]

    @property
    def verdict(self) -> Verdict:
        """Return the worst of all."""
        return min((line.finding.verdict for line in self.lines), key=lambda one: one.rank, default=Verdict.OK)

    @property
    def exit_code(self) -> int:
        return EXIT_CODES[self.verdict]

    @property
    def counts(self) -> dict[Verdict, int]:
        found = Counter(line.finding.verdict for line in self.lines)
        return {verdict: found[verdict] for verdict in Verdict}

    def as_json(self) -> dict[str, Any]:
        """Return what docs/doctor.md describes."""
        return {
            "format": FORMAT,
            "at": self.at.isoformat(),
            "host": self.host,
            "seconds": round(self.seconds, 3),
            "verdict": self.verdict.value,
            "exit_code": self.exit_code,
            "counts": {verdict.value: count for verdict, count in self.counts.items()},
            "findings": [
                {
                    "check": line.check,
                    "verdict": line.finding.verdict.value,
                    "sentence": line.finding.sentence,
                    "figure": line.finding.figure,
                    "remedy": line.finding.remedy,
                }
                for line in self.lines
            ],
        }

    def as_text(self, *, columns: int, paint: Paint) -> Iterator[str]:
        """Yield the lines for a terminal of so many columns; `paint` colours a text by a verdict."""
        width = min(max(columns, NARROWEST), WIDEST)
        for line in self.lines:
            yield from _written(line, width, paint)
        said = [f"{count} {verdict}" for verdict, count in self.counts.items() if count]
        checks = len({line.check for line in self.lines})
        yield ""
        yield paint(self.verdict, f"{checks} checks of {self.host} in {self.seconds:.1f} s: {', '.join(said)}.")


def _written(line: Line, width: int, paint: Paint) -> Iterator[str]:
    found = line.finding
    begin = f"{found.verdict:<{LABEL}}{line.check:<{NAME}}"
    sentence = f"{found.sentence} [{found.figure}]" if found.figure else found.sentence
    inner = width - LABEL - NAME
    first, *rest = textwrap.wrap(sentence, inner, break_on_hyphens=False) or [""]
    yield paint(found.verdict, begin) + first
    indent = " " * (LABEL + NAME)
    yield from (indent + more for more in rest)
    if found.remedy:
        wrapped = textwrap.wrap(found.remedy, inner - 3, break_on_hyphens=False, break_long_words=False)
        yield from (f"{indent}{'-> ' if number == 0 else '   '}{more}" for number, more in enumerate(wrapped))
