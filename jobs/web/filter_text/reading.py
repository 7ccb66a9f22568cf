"""Reads a filter's text. What is wrong is told with its place, all of it at once; nothing is guessed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from jobs.states import State
from jobs.web.filter_text.words import ELSEWHERE, HINTS, WORDS
from jobs.web.parsing import Unreadable

LONGEST = 2000  # characters
SEVERAL = "label"  # may be said more than once
STATES = [str(state.label) for state in State]
BY_NUMBER = {str(state.value): str(state.label) for state in State}
OPPOSITE = {"any": "no", "no": "any"}

# Quoted text, in which \\" and \\\\ stand for themselves; else whatever has no space.
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
ESCAPED = re.compile(r'\\(["\\])')
BARE = re.compile(r"\S+")
SPACE = re.compile(r"\s*")
HEAD = re.compile(r'-?(?P<word>[^\s":]*):')


class Pair(NamedTuple):
    """A filter as an address has it, and the part of the text that says it."""

    name: str
    value: str
    start: int
    end: int


class Problem(NamedTuple):
    """A part of the text that cannot be understood, and a sentence that says why."""

    start: int
    end: int
    why: str

    def sentence(self, text: str) -> str:
        return f"Column {self.start + 1}, {text[self.start : self.end][:60]!r}: {self.why}"


@dataclass(frozen=True)
class Text:
    """A text that was read: the filters that it says, in its order, and what is wrong with it."""

    pairs: tuple[Pair, ...]
    problems: tuple[Problem, ...]


class _Wrong(Exception):
    """A mistake from `start` to `end`; what follows it is read all the same."""

    def __init__(self, start: int, end: int, why: str) -> None:
        super().__init__(why)
        self.problem = Problem(start, end, why)


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the question whether the nearest of these is meant; empty where none is near."""
    near = difflib.get_close_matches(word.lower(), list(known), n=1)
    return f"did you mean {near[0]}? " if near else ""


def read(text: str) -> Text:
    """Return what a filter's text says. Words of free text are one pair, `q`, spelled in one form."""
    pairs: list[Pair] = []
    words: list[Pair] = []
    without: list[Pair] = []  # states
    problems: list[Problem] = []
    at = SPACE.match(text).end()  # type: ignore[union-attr] # fits anywhere
    while at < len(text):
        try:
            found, at, minus = _term(text, at)
        except _Wrong as wrong:
            problems.append(wrong.problem)
            at = wrong.problem.end
        else:
            for pair in found:
                (without if minus else words if pair.name == "q" else pairs).append(pair)
        at = SPACE.match(text, at).end()  # type: ignore[union-attr] # as above
    if without:
        pairs, more = _without(pairs, without)
        problems += more
    problems += _twice(pairs)
    if words:
        pairs.append(Pair("q", " ".join(pair.value for pair in words), words[0].start, words[-1].end))
    return Text(tuple(pairs), tuple(sorted(problems)))


def _term(text: str, at: int) -> tuple[list[Pair], int, bool]:
    """Return the filters of the term that begins here, where it ends, and whether they are states that are not to be.
    Raises _Wrong."""
    if text[at] == "#" or text.startswith("-#", at):
        end = BARE.match(text, at).end()  # type: ignore[union-attr] # no space is here
        number = text[at + 1 : end]
        if not (number.isascii() and number.isdecimal()):
            raise _Wrong(at, end, 'After # comes the number of a job, such as #123; for text write it in quotes: "#".')
        return [Pair("id", number, at, end)], end, False
    head = HEAD.match(text, at)
    if head is None:
        value, end = _value(text, at, at)
        if text[at] == "-":
            raise _Wrong(
                at,
                end,
                'Only states can be left out: -state:completed. For text that begins with - write quotes: "-x".',
            )
        return [Pair("q", in_quotes(value, always=text[at] == '"' and value.isdecimal()), at, end)], end, False
    return _said(text, at, head)


def _said(text: str, at: int, head: re.Match[str]) -> tuple[list[Pair], int, bool]:
    """Return what _term does, of a word with a colon."""
    minus, word = text[at] == "-", head["word"]
    value, end = _value(text, head.end(), at)
    name = word.lower()
    if name.startswith("label.") and len(word) > len("label."):
        name, value = "label", value and f"{word[len('label.') :]}:{value}"
    if why := ELSEWHERE.get(name.partition(".")[0]):
        raise _Wrong(at, end, why)
    if name not in WORDS:
        there_are = ", ".join([*HINTS, "#123"])
        raise _Wrong(
            at,
            end,
            f"There is no word {word[:40]!r}; {nearest(word, WORDS)}There are {there_are}. A label is written "
            f'label.key:value, and text with a colon in quotes: "12:30".',
        )
    if not value:
        raise _Wrong(at, end, f"Say what {word} is to be: {word}:{HINTS.get(name, 'value')}.")
    if minus and name == "held" and value.lower() in OPPOSITE:
        return [Pair(name, OPPOSITE[value.lower()], at, end)], end, False
    if minus and name != "state":
        raise _Wrong(at, end, "Only states can be left out, and held:any; say which ones you want instead.")
    try:
        return [Pair(one, said, at, end) for one, said in WORDS[name](value)], end, minus
    except Unreadable as error:
        raise _Wrong(at, end, str(error)) from None


def _value(text: str, at: int, start: int) -> tuple[str, int]:
    """Return the value that stands here, without its quotes, and where it ends. `start` of its term. Raises _Wrong."""
    if not text.startswith('"', at):
        found = BARE.match(text, at)
        return (found[0], found.end()) if found else ("", at)
    quoted = QUOTED.match(text, at)
    if quoted is None:
        raise _Wrong(at, len(text), 'The quote that begins here does not end; put " where it does.')
    end = quoted.end()
    if end < len(text) and not text[end].isspace():
        rest = BARE.match(text, end).end()  # type: ignore[union-attr] # no space is here
        raise _Wrong(start, rest, 'Put a space after the closing quote, or \\" for a quote within the text.')
    return ESCAPED.sub(r"\1", quoted[1]), end


def in_quotes(value: str, *, always: bool = False) -> str:
    """Return the value as it is written: in quotes where it could be taken for something else."""
    if value and not always and not re.search(r'[\s":\\]', value) and value[0] not in "-#":
        return value
    return '"' + re.sub(r'(["\\])', r"\\\1", value) + '"'


def _without(pairs: list[Pair], without: list[Pair]) -> tuple[list[Pair], list[Problem]]:
    """Return the pairs with the states that are left when these are not to be, and what is wrong with it."""
    said = next((pair for pair in pairs if pair.name == "state"), None)
    left, problems = STATES, []
    for pair in (*((said,) if said else ()), *without):
        names = [BY_NUMBER.get(name, name) for name in map(str.strip, pair.value.lower().split(",")) if name]
        for name in names:
            if name not in STATES:
                why = f"'{name[:40]}' is no state; {nearest(name, STATES)}There are {', '.join(STATES)}."
                problems.append(Problem(pair.start, pair.end, why))
        left = [name for name in left if (name in names) == (pair is said)]
    first = said or without[0]
    if not left and not problems:
        problems.append(Problem(first.start, first.end, "This leaves no state that a job could have; leave out fewer."))
    others = [pair for pair in pairs if pair is not said]
    return [*others, first._replace(value=",".join(left))], problems


def _twice(pairs: list[Pair]) -> list[Problem]:
    seen: set[str] = set()
    found = []
    for pair in pairs:
        if pair.name in seen and pair.name != SEVERAL:
            more = "; several states are written state:failed,interrupted" if pair.name == "state" else ""
            found.append(
                Problem(pair.start, pair.end, f"An earlier part says another {pair.name}; leave one out{more}.")
            )
        seen.add(pair.name)
    return found
