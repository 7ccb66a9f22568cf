"""XML of strangers: a small tree with lines. What could make a reader fetch or grow something is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

DEEPEST = 100  # levels
BEFORE = "\ufeff \t\r\n"  # what may stand before a document that was copied


@dataclass
class Node:
    """Element by its local name. `line`: where it begins, from 1."""

    name: str
    line: int
    parts: list[str] = field(default_factory=list)
    children: list[Node] = field(default_factory=list)
    #: Whether its end was read.
    whole: bool = False

    @property
    def text(self) -> str:
        return "".join(self.parts)

    def all(self, name: str) -> Iterator[Node]:
        """Yield its children of this name that are whole."""
        return (child for child in self.children if child.name == name and child.whole)

    def within(self, name: str) -> Iterator[Node]:
        """Yield all of this name that stand in it somewhere and are whole."""
        for child in self.children:
            if child.name == name and child.whole:
                yield child
            yield from child.within(name)

    def said(self, name: str) -> str:
        """Return the text of its first child of this name, without the space around it; empty where there is none."""
        return next((child.text.strip() for child in self.all(name)), "")


@dataclass(frozen=True)
class Broken:
    """Place from which on a text cannot be read, and why."""

    line: int
    why: str


class _Refused(Exception):
    """XML that is not read; the message says why."""


def read(text: str) -> tuple[Node, Broken | None]:
    """Return the document, whose root is its child, as far as it can be read, and what ends it too early."""
    document = Node("", 1)
    given = text.lstrip(BEFORE)
    reader = _Reader(document, text.count("\n", 0, len(text) - len(given)))
    try:
        reader.parser.Parse(given.encode("utf-8", "replace"), True)
    except expat.ExpatError as error:
        why = expat.ErrorString(error.code)
        return document, Broken(error.lineno + reader.lines, f"This is no XML from here on ({why}); correct it there.")
    except _Refused as refused:
        return document, Broken(reader.line, str(refused))
    return document, None


class _Reader:
    """Expat with handlers that build the tree. `lines`: those before the document."""

    def __init__(self, document: Node, lines: int) -> None:
        self.open = [document]
        self.lines = lines
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._doctype

    @property
    def line(self) -> int:
        return self.parser.CurrentLineNumber + self.lines

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        del attributes
        if len(self.open) > DEEPEST:
            raise _Refused("This is nested too deeply; write it flatter.")
        node = Node(name.rpartition(":")[2], self.line)
        self.open[-1].children.append(node)
        self.open.append(node)

    def _end(self, name: str) -> None:
        del name
        self.open.pop().whole = True

    def _text(self, text: str) -> None:
        self.open[-1].parts.append(text)

    def _doctype(self, *of: object) -> None:
        del of
        raise _Refused("A DOCTYPE may name files and grow without end, and is not read; take it out.")
