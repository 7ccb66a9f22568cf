"""The terminal: progress lines, the processes' log lines under their names, and the box at the end."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from rich.console import Console
from rich.panel import Panel
from rich.rule import Rule
from rich.text import Text

COLOURS = ("cyan", "green", "magenta", "yellow", "blue", "bright_red")
NAME_WIDTH = 8
BOX_EXTRA = 6  # sides and padding
FILE_WIDTH = 500  # a file or a pipe has no edge to wrap at
LOG_LIMIT_BYTES = 20_000_000


class Screen:
    """Writes to stdout. A terminal that has gone away is no reason to stop the jobs: then it stays silent."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)
        if not self._console.is_terminal:
            self._console.width = FILE_WIDTH
        self._colours: dict[str, str] = {}

    def say(self, line: str, style: str = "") -> None:
        """Print one line of the launcher's own, not of a process."""
        self._print(Text(line, style))

    def log(self, name: str, lines: list[str]) -> None:
        """Lines of a process, each under its name."""
        colour = self._colours.setdefault(name, COLOURS[len(self._colours) % len(COLOURS)])
        for line in lines:
            self._print(Text.assemble((f"{name:<{NAME_WIDTH}} | ", colour), line))

    def box(self, title: str, lines: list[str]) -> None:
        """Print lines that must not be missed, without sides where those would break a token that is to be copied."""
        text = Text("\n".join(lines))
        if max(map(len, lines)) + BOX_EXTRA <= self._console.width:
            self._print(Panel(text, title=title, expand=False, border_style="green", padding=(1, 2)))
        else:
            for part in (Rule(title, style="green"), text, Rule(style="green")):
                self._print(part)

    def _print(self, what: Text | Panel | Rule) -> None:
        with suppress(OSError):
            self._console.print(what, crop=False, no_wrap=True, soft_wrap=True)


class LogFollower:
    """Reads what is added to a process's log.

    The processes write to files, not to us through pipes: a stopped terminal must never hold up a job.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._position = path.stat().st_size if path.exists() else 0
        self._unfinished = b""

    def new_lines(self) -> list[str]:
        """The lines completed since the last call."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._position)
                added = file.read()
        except OSError:
            return []
        self._position += len(added)
        *lines, self._unfinished = (self._unfinished + added).split(b"\n")
        if self._position > LOG_LIMIT_BYTES:
            self._rotate()
        return [line.decode(errors="replace").rstrip() for line in lines]

    def _rotate(self) -> None:
        """Keep one older part. The processes append, so they go on at the start of the emptied file."""
        shutil.copyfile(self._path, self._path.with_suffix(".log.1"))
        os.truncate(self._path, 0)
        self._position = 0
