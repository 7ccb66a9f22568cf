"""Bounds of a workbook, before anybody reads it: how much it is unpacked, how many parts, rows, columns, cells and
formulas it has, how long their texts are, how much comes of formulas that cells share, and no DOCTYPE. A small archive
may hold gigabytes, and XML may grow by its own entities."""

from __future__ import annotations

from typing import NoReturn
from xml.parsers import expat
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from jobs.workbooks import LONGEST_CELL, NoWorkbook

MIB = 1024 * 1024
MOST_PARTS = 1_000  # files in the archive
MOST_UNPACKED = 256 * MIB  # bytes of all of them
MOST_RATIO = 100  # how often its packed size one may have; those of spreadsheets have 5 to 40 times theirs
SMALL = MIB  # bytes, up to which no ratio counts
LAST_ROW = 1_048_576  # that a spreadsheet has
LAST_COLUMN = "ZZ"  # 702 columns
MOST_CELLS = 1_000_000
MOST_ELEMENTS = 8 * MOST_CELLS  # of XML, and their attributes: a cell has seven, of a text of its own
MOST_BESIDE = 500_000  # those of each part that holds neither cells nor their texts: such parts are read whole
DEEPEST = 100
LONGEST_TEXT = 8 * LONGEST_CELL  # characters of a cell in XML: `_x000D_` is one, and there may be a formula beside it
LONGEST_FORMULA = 8_192  # characters, as spreadsheets have it
MOST_FORMULAS = 10_000  # of a sheet
MOST_WRITTEN_OUT = 1_000_000  # characters of a sheet's shared formulas, each written out for its cell: seconds
LONGEST_PIECE = MIB  # bytes of a tag or comment: a parser begins it anew with each piece of the file
SHARED = "shared"
OF_CELLS = ("worksheet", "sst")  # root elements of what is read piece by piece
AT_A_TIME = 64 * 1024
BROKEN = "This is no workbook that can be read; save it anew as XLSX, or as CSV in UTF-8, and choose that file."
BESIDE = "This workbook has too much in it beside its cells."


def check(archive: ZipFile) -> None:
    """Look at all parts of a workbook. Raises NoWorkbook for what is too much, or can grow, and what the library
    raises for an archive that is broken."""
    parts = archive.infolist()
    if len(parts) > MOST_PARTS:
        too_much(f"This workbook has {len(parts):,} parts; {MOST_PARTS:,} are read at most.")
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MOST_UNPACKED:
        too_much(f"Unpacked, this workbook has {unpacked / MIB:,.0f} MiB; {MOST_UNPACKED / MIB:,.0f} are read at most.")
    for part in parts:
        if part.flag_bits & 1:
            raise NoWorkbook("This workbook is protected by a password; save it without one.")
        if part.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise NoWorkbook(BROKEN)
        if part.file_size > max(SMALL, MOST_RATIO * part.compress_size):
            too_much(f"A part of this workbook is unpacked to more than {MOST_RATIO} times its size.")
    budget = _Budget()
    for part in parts:
        _scan(archive, part, budget)


def too_much(said: str) -> NoReturn:
    """Raise NoWorkbook with what to do about a workbook that is too large."""
    raise NoWorkbook(f"{said} Bring it in parts, or as CSV in UTF-8.")


class _Budget:
    """Elements, with their attributes, and cells of all parts so far."""

    def __init__(self) -> None:
        self.elements = self.cells = 0


def _scan(archive: ZipFile, part: ZipInfo, budget: _Budget) -> None:
    """Read through a part. What is not XML ends where it stops being that, as it will for whoever reads it next."""
    scan = _Scan(budget)
    given = 0
    try:
        with archive.open(part) as file:
            while piece := file.read(AT_A_TIME):
                scan.parser.Parse(piece, False)
                given += len(piece)
                if given - max(scan.parser.CurrentByteIndex, 0) > LONGEST_PIECE:
                    too_much(BESIDE)
    except expat.ExpatError:
        return


class _Scan:
    """Expat with handlers that count."""

    def __init__(self, budget: _Budget) -> None:
        self.budget, self.path, self.own, self.has_cells = budget, list[str](), 0, False
        self.cell = self.formula = 0  # how deep the one begins that is open
        self.text = self.before_formula = self.formulas = 0
        self.shared: dict[str | None, int] = {}  # characters of each shared formula, by its number
        self.sharing: tuple[str | None, ...] = ()  # the number of the one that is open, where it is the first of it
        self.written_out = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.ordered_attributes = False
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.StartDoctypeDeclHandler = self._doctype

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = name[name.find(" ") + 1 :]
        if not self.path:
            self.has_cells = name in OF_CELLS
        is_cell = name == "c" or self.path[-1:] == ["row"]  # readers take whatever is in a row for a cell
        self.path.append(name)
        self.own += 1 + len(attributes)
        self.budget.elements += 1 + len(attributes)
        if name == "row":
            self._row(attributes.get("r", ""))
        elif name == "f":
            self._formula(attributes)
        if is_cell:
            self._cell(attributes.get("r", ""))
        if (is_cell or name == "si") and not self.cell:
            self.cell, self.text = len(self.path), 0
        if len(self.path) > DEEPEST:
            raise NoWorkbook(BROKEN)
        if self.budget.elements > MOST_ELEMENTS or (not self.has_cells and self.own > MOST_BESIDE):
            too_much(BESIDE)

    def _cell(self, place: str) -> None:
        self.budget.cells += 1
        if self.budget.cells > MOST_CELLS:
            too_much(f"This workbook has more than {MOST_CELLS:,} cells.")
        if place[len(LAST_COLUMN) :][:1].isalpha():
            raise NoWorkbook(f"There is a cell in {place[:20]}, behind column {LAST_COLUMN}; take it out.")

    def _row(self, number: str) -> None:
        if number and not (number.isdecimal() and len(number) < 10 and int(number) <= LAST_ROW):
            raise NoWorkbook(f"There is a row {number[:20]}; a workbook has {LAST_ROW:,} at most.")

    def _formula(self, attributes: dict[str, str]) -> None:
        self.formulas += 1
        if self.formulas > MOST_FORMULAS:
            too_much(f"A sheet of this workbook has more than {MOST_FORMULAS:,} formulas; paste their values.")
        self.formula, self.before_formula = len(self.path), self.text
        self.sharing = ()
        if attributes.get("t") == SHARED:
            number = attributes.get("si")
            if length := self.shared.get(number, 0):
                self._write_out(length)
            else:
                self.sharing = (number,)

    def _write_out(self, characters: int) -> None:
        self.written_out += characters
        if self.written_out > MOST_WRITTEN_OUT:
            too_much(
                f"Written out for its cells, what a sheet of this workbook shares of formulas has more than "
                f"{MOST_WRITTEN_OUT:,} characters; paste their values."
            )

    def _characters(self, text: str) -> None:
        for number in self.sharing if self.formula else ():
            self.shared[number] = self.shared.get(number, 0) + len(text)
            self._write_out(len(text))
        if not self.cell:
            return
        self.text += len(text)
        if self.text > LONGEST_TEXT or (self.formula and self.text - self.before_formula > LONGEST_FORMULA):
            too_much("A text or a formula of this workbook is longer than any that a cell holds.")

    def _end(self, name: str) -> None:
        del name
        depth = len(self.path)
        if depth == self.cell:
            self.cell = 0
        if depth == self.formula:
            self.formula = 0
        self.path.pop()

    def _doctype(self, *of: object) -> None:
        del of
        raise NoWorkbook("A DOCTYPE in a workbook may grow without end, and is not read; save it anew as XLSX.")
