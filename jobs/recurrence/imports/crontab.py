"""Crontab files: of a user, and of the system, whose lines name a user before the command."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jobs.calendars import zones
from jobs.recurrence.imports.entries import Collected, Found

VARIABLE = re.compile(r"""\s*["']?([A-Za-z_]\w*)["']?\s*=\s*(.*?)\s*""")
#: A comment above a line is its name, but not a heading of columns nor a line that was switched off.
NO_NAME = re.compile(r"[0-9*@]|m\s+h\s|min\w*\s+hour|[^\w]*$", re.IGNORECASE)
LONGEST_NAME = 100
DEBIAN = "CRON_TZ counts in cronie; Debian's cron takes the zone of its machine whatever it says. Look which one ran."
NO_ZONE = (
    "The file names no zone: cron took this line's time in the zone of its machine. See that the zone field has it."
)
TZ_IS_OF_THE_COMMAND = "TZ is set for the command only; no cron starts earlier or later for it."
MAIL = "Cron mailed what the command wrote; here it is kept with the job."


def user_crontab(text: str) -> Found:
    """Return the entries of a user's crontab (`crontab -l`), and what is refused of it."""
    return _read(text, system=False)


def system_crontab(text: str) -> Found:
    """Return the entries of a system's crontab (/etc/crontab, /etc/cron.d), and what is refused of it."""
    return _read(text, system=True)


def _read(text: str, *, system: bool) -> Found:
    collected = Collected()
    variables: dict[str, str] = {}
    notes: tuple[str, ...] = (NO_ZONE,)
    comment = ""
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            comment = line.lstrip("# \t")
            continue
        if match := VARIABLE.fullmatch(line):
            variables[match[1]] = _unquoted(match[2])
            notes = tuple(_notes(variables))
            if match[1] == "CRON_TZ" and variables["CRON_TZ"] and zones.new_problems(variables["CRON_TZ"]):
                collected.refuse(number, line, "zone", f"{zones.UNKNOWN} The lines below it are refused for it.")
        else:
            _entry(collected, number, line, comment, zone=variables.get("CRON_TZ") or None, notes=notes, system=system)
        comment = ""
    return collected.found()


def _entry(
    collected: Collected,
    number: int,
    line: str,
    comment: str,
    *,
    zone: str | None,
    notes: tuple[str, ...],
    system: bool,
) -> None:
    fields = 1 if line.startswith("@") else 5
    parts = line.split(None, fields + system)
    if len(parts) <= fields + system:
        form = f"{'a nickname' if fields == 1 else 'five fields'}, {'a user, ' if system else ''}a command"
        missing = "command" if len(parts) >= fields else ""
        collected.refuse(number, line, missing, f"This line ends too early; write {form}.")
        return
    command, stdin = _command(parts[-1])
    if system:
        notes = (*notes, f"It runs as the user {parts[fields]} there.")
    if stdin:
        notes = (*notes, "Cron gives the command what is behind % as its input; give it to the target as an argument.")
    collected.add(
        line,
        line=number,
        name=_name(comment, command),
        dialect="cron",
        expression=" ".join(parts[:fields]),
        zone=zone,
        command=command,
        stdin=stdin,
        notes=notes,
    )


def _command(text: str) -> tuple[str, str]:
    """Return a command and its input: the first % ends it, further ones are line ends of the input, \\% is a %."""
    command, *lines = re.split(r"(?<!\\)%", text)
    return command.strip().replace(r"\%", "%"), "\n".join(lines).replace(r"\%", "%")


def _name(comment: str, command: str) -> str:
    if comment and not NO_NAME.match(comment):
        return comment[:LONGEST_NAME]
    words = [word for word in command.split() if "=" not in word]
    return words[0].rpartition("/")[2][:LONGEST_NAME] if words else ""


def _notes(variables: dict[str, str]) -> Iterator[str]:
    yield DEBIAN if variables.get("CRON_TZ") else NO_ZONE
    if "TZ" in variables:
        yield TZ_IS_OF_THE_COMMAND
    if variables.get("MAILTO"):
        yield MAIL
    # Names alone: values are secrets often enough.
    if others := sorted(variables.keys() - {"CRON_TZ", "TZ", "MAILTO"}):
        yield f"The file sets {', '.join(others)} for the command; set them at the target."


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value
