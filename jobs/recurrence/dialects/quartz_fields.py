"""Fields as Quartz writes them, and EventBridge after it: a step may stand behind one number, and runs to the end."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from jobs.recurrence.rule import BadExpression

MONTH_NAMES = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
MONTHS = {name: number for number, name in enumerate(MONTH_NAMES, 1)}
ITEM = re.compile(r"(?P<first>\*|\w+)?(?:-(?P<last>\w+))?(?:/(?P<step>\w+))?")


@dataclass(frozen=True)
class Field:
    """Part of an expression: what people call it, the numbers it may have, and how a dialect writes them."""

    name: str
    low: int
    high: int
    names: Mapping[str, int] = field(default_factory=dict)
    #: Whether a range may run over the end: FRI-MON.
    wraps: bool = False
    #: Whether `/15` is the step of a star that was left out.
    bare_step: bool = False
    #: Whether a step may stand behind a name: Quartz reads MON-FRI/2, and runs on each of the five days.
    steps_of_names: bool = True

    def bad(self, why: str) -> BadExpression:
        return BadExpression(why, self.name)


def numbers(part: Field, text: str) -> frozenset[int]:
    """Return the numbers that this text of a field means. Raises BadExpression."""
    return frozenset(number for item in text.split(",") for number in _of_item(part, item))


def number(part: Field, text: str) -> int:
    """Return the number that a name or digits mean. Raises BadExpression where the field has no such number."""
    if text in part.names:
        return part.names[text]
    if not re.fullmatch(r"[0-9]{1,4}", text):
        raise part.bad(f"“{text}” is no {part.name}; write {_what(part)}.")
    value = int(text)
    if not part.low <= value <= part.high:
        raise part.bad(f"{value} is no {part.name}; write {_what(part)}.")
    return value


def split(text: str, names: tuple[str, ...], *, optional: int = 0) -> list[str]:
    """Return the fields of an expression, which must be as many as there are names, less those that are optional."""
    found = text.split()
    if len(names) - optional <= len(found) <= len(names):
        return found
    wanted = f"{len(names) - optional} or {len(names)}" if optional else str(len(names))
    raise BadExpression(f"This expression has {len(found)} fields; write {wanted}: {', '.join(names)}.")


def _of_item(part: Field, item: str) -> Iterator[int]:
    match = ITEM.fullmatch(item)
    if not item or not match or (match["first"] is None and (not part.bare_step or match["last"] or not match["step"])):
        raise part.bad(f"“{item}” is no {part.name}; write {_what(part)}; several with commas between them.")
    first, last, step = match["first"] or "*", match["last"], match["step"]
    if first == "*":
        if last:
            raise part.bad(f"“{item}” begins a range with a star; write * alone, or a range such as 1-5.")
        return iter(range(part.low, part.high + 1, _step(part, step)))
    if step and not part.steps_of_names and not (first.isdigit() and (last or "0").isdigit()):
        raise part.bad(
            f"“{item}” has a step behind a name, which Quartz does not read; write the days or months in numbers."
        )
    begin = number(part, first)
    end = number(part, last) if last else (part.high if step else begin)
    span = part.high - part.low + 1
    if end < begin and not part.wraps:
        raise part.bad(
            f"“{first}-{last}” of the {part.name} runs backwards; write {first}-{part.high},{part.low}-{last}."
        )
    end += span if end < begin else 0
    return ((value - part.low) % span + part.low for value in range(begin, end + 1, _step(part, step)))


def _step(part: Field, text: str | None) -> int:
    if text is None:
        return 1
    if not re.fullmatch(r"[0-9]{1,4}", text) or not 1 <= int(text) <= part.high:
        raise part.bad(f"The step {text} of the {part.name} is not among 1 to {part.high}; write one of these.")
    return int(text)


def _what(part: Field) -> str:
    named = f", a name such as {next(iter(part.names))}" if part.names else ""
    return f"a number from {part.low} to {part.high}{named}, a range, or a step such as {part.low}/2"
