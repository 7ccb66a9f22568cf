"""Bounds of a workbook, before anybody reads it: how much it is unpacked, how many parts, rows, columns and cells it
has, and no DOCTYPE. A small archive may hold gigabytes, and XML may grow by its own entities."""

from __future__ import annotations

import zlib
from typing import NoReturn
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile, ZipInfo

from jobs.workbooks import NoWorkbook

MIB = 1024 * 1024
MOST_PARTS = 1_000  # files in the archive
MOST_UNPACKED = 256 * MIB  # bytes of all of them
MOST_RATIO = 100  # how often its packed size one may have; those of spreadsheets have 5 to 40 times theirs
SMALL = MIB  # bytes, up to which no ratio counts
LAST_ROW = 1_048_576  # that a spreadsheet has
LAST_COLUMN = "ZZ"  # 702 columns
MOST_CELLS = 1_000_000
MOST_ELEMENTS = 4 * MOST_CELLS  # of XML: a cell has three, of a text of its own
MOST_BESIDE = 200_000  # elements of each part that holds neither cells nor their texts: those are read whole
DEEPEST = 100
OF_CELLS = ("worksheet", "sst")  # root elements of what is read piece by piece
AT_A_TIME = 64 * 1024
BROKEN = "This is no workbook that can be read; save it anew as XLSX, or as CSV in UTF-8, and choose that file."


def check(archive: ZipFile) -> None:
    """Look at all parts of a workbook. Raises NoWorkbook for what is too much, or can grow."""
    parts = archive.infolist()
    if len(parts) > MOST_PARTS:
        _too_much(f"This workbook has {len(parts):,} parts; {MOST_PARTS:,} are read at most.")
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MOST_UNPACKED:
        _too_much(
            f"Unpacked, this workbook has {unpacked / MIB:,.0f} MiB; {MOST_UNPACKED / MIB:,.0f} are read at most."
        )
    for part in parts:
        if part.flag_bits & 1:
            raise NoWorkbook("This workbook is protected by a password; save it without one.")
        if part.file_size > max(SMALL, MOST_RATIO * part.compress_size):
            _too_much(f"A part of this workbook is unpacked to more than {MOST_RATIO} times its size.")
    budget = _Budget()
    for part in parts:
        _scan(archive, part, budget)


def _too_much(said: str) -> NoReturn:
    raise NoWorkbook(f"{said} Bring it in parts, or as CSV in UTF-8.")


class _Budget:
    """Elements and cells of all parts so far."""

    def __init__(self) -> None:
        self.elements = self.cells = 0


def _scan(archive: ZipFile, part: ZipInfo, budget: _Budget) -> None:
    """Read through a part. What is not XML ends where it stops being that, as it will for whoever reads it next."""
    scan = _Scan(budget)
    try:
        with archive.open(part) as file:
            while piece := file.read(AT_A_TIME):
                scan.parser.Parse(piece, False)
    except expat.ExpatError:
        return
    except (BadZipFile, EOFError, NotImplementedError, zlib.error):
        raise NoWorkbook(BROKEN) from None


class _Scan:
    """Expat with handlers that count."""

    def __init__(self, budget: _Budget) -> None:
        self.budget, self.depth, self.own, self.has_cells = budget, 0, 0, False
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.ordered_attributes = False
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._doctype

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = name[name.find(" ") + 1 :]
        if self.depth == 0:
            self.has_cells = name in OF_CELLS
        self.depth += 1
        self.own += 1
        self.budget.elements += 1
        if name == "c":
            self._cell(attributes.get("r", ""))
        elif name == "row":
            self._row(attributes.get("r", ""))
        if self.depth > DEEPEST:
            raise NoWorkbook(BROKEN)
        if self.budget.elements > MOST_ELEMENTS or (not self.has_cells and self.own > MOST_BESIDE):
            _too_much("This workbook has too much in it beside its cells.")

    def _cell(self, place: str) -> None:
        self.budget.cells += 1
        if self.budget.cells > MOST_CELLS:
            _too_much(f"This workbook has more than {MOST_CELLS:,} cells.")
        if place[len(LAST_COLUMN) :][:1].isalpha():
            raise NoWorkbook(f"There is a cell in {place[:20]}, behind column {LAST_COLUMN}; take it out.")

    def _row(self, number: str) -> None:
        if number and not (number.isdecimal() and len(number) < 10 and int(number) <= LAST_ROW):
            raise NoWorkbook(f"There is a row {number[:20]}; a workbook has {LAST_ROW:,} at most.")

    def _end(self, name: str) -> None:
        del name
        self.depth -= 1

    def _doctype(self, *of: object) -> None:
        del of
        raise NoWorkbook("A DOCTYPE in a workbook may grow without end, and is not read; save it anew as XLSX.")
