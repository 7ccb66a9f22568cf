"""What a workbook may be: each bound is lowered here, so that harmless files are beyond it."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZIP_STORED, ZipFile

import pytest

from jobs.workbooks import NoWorkbook, guard, reading
from launcher.home import CHECKOUT
from tests.workbooks.test_rows import book


def refused(content: bytes, says: str) -> None:
    with pytest.raises(NoWorkbook, match=says):
        reading.read(content)


ROWS = [["a", "b", "c"]] * 20


@pytest.mark.parametrize(
    ("bound", "value", "says"),
    [
        ("MOST_PARTS", 3, r"has \d+ parts; 3 are read at most. Bring it in parts, or as CSV"),
        ("MOST_UNPACKED", 1024, "Unpacked, this workbook has"),
        ("MOST_CELLS", 59, "more than 59 cells"),
        ("MOST_ELEMENTS", 50, "too much in it beside its cells"),
        ("MOST_BESIDE", 5, "too much in it beside its cells"),
        ("MOST_BESIDE", 75, "too much in it beside its cells"),  # styles: 47 elements, and their attributes
        ("DEEPEST", 2, "save it anew as XLSX"),
        ("LAST_ROW", 19, "There is a row 20; a workbook has 19 at most"),
    ],
)
def test_each_bound_is_said(monkeypatch: pytest.MonkeyPatch, bound: str, value: int, says: str) -> None:
    content = book(*ROWS)
    assert len(list(reading.read(content).rows)) == 20
    monkeypatch.setattr(guard, bound, value)
    refused(content, says)


def test_a_part_that_grows_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "MOST_RATIO", 2)
    content = book(*ROWS)
    reading.read(content)  # small ones may
    monkeypatch.setattr(guard, "SMALL", 100)
    refused(content, "unpacked to more than 2 times its size")


def test_a_column_behind_the_last_is_refused_and_not_left_out() -> None:
    assert next(reading.read(book(["a"], ZZ1="x")).rows).cells[-1] == "x"
    refused(book(["a"], AAA1="x"), "There is a cell in AAA1, behind column ZZ")


@pytest.mark.parametrize("name", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml", "xl/any.bin"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_no_part_has_a_doctype_whatever_it_is_called(name: str, encoding: str) -> None:
    text = '<!DOCTYPE a [<!ENTITY b "harmless">]><a>&b;</a>'
    refused(_with_part(book(["a"]), name, text.encode(encoding)), "A DOCTYPE in a workbook may grow without end")


def test_pictures_beside_the_cells_are_no_harm() -> None:
    content = _with_part(book(["a"]), "xl/media/image1.png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    assert [row.cells for row in reading.read(content).rows] == [["a"]]


SHEET = "xl/worksheets/sheet1.xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def sheet_of(cells: str, after: str = "") -> bytes:
    """Return a workbook with one row of these cells, as XML."""
    text = f'<worksheet xmlns="{MAIN}"><sheetData><row r="1">{cells}</row></sheetData>{after}</worksheet>'
    return _with_part(book(["a"]), SHEET, text.encode())


@pytest.mark.parametrize(
    "cell",
    [
        '<c t="inlineStr"><is><t>12345</t></is></c>',
        '<c t="inlineStr"><is><r><t>123</t></r><r><t>45</t></r></is></c>',
        '<c t="inlineStr"><is><r><t>123</t></r><c/><f/><r><t>45</t></r></is></c>',
        '<c t="str"><v>12345</v></c>',
        "<c><f>12</f><v>345</v></c>",
        '<any t="str"><v>12345</v></any>',
    ],
)
def test_a_text_has_a_bound_however_it_is_parted(monkeypatch: pytest.MonkeyPatch, cell: str) -> None:
    whole = sheet_of(cell * 3, after="<any>1234567890</any>")
    monkeypatch.setattr(guard, "LONGEST_TEXT", 5)
    assert len(list(reading.read(whole).rows)) == 1
    monkeypatch.setattr(guard, "LONGEST_TEXT", 4)
    refused(whole, "A text or a formula of this workbook is longer than any that a cell holds")


def test_a_shared_text_has_the_bound_too(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = book(["abcde", "fghij"])
    monkeypatch.setattr(guard, "LONGEST_TEXT", 5)
    assert next(reading.read(whole).rows).cells == ["abcde", "fghij"]
    monkeypatch.setattr(guard, "LONGEST_TEXT", 4)
    refused(whole, "longer than any that a cell holds")


def test_a_formula_has_a_bound_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = sheet_of("<c><f>A1+1</f><v>1234567890</v></c>" * 2)
    monkeypatch.setattr(guard, "LONGEST_FORMULA", 4)
    assert len(next(reading.read(whole).rows).unreadable) == 2
    monkeypatch.setattr(guard, "LONGEST_FORMULA", 3)
    refused(whole, "longer than any that a cell holds")


def test_a_sheet_has_so_many_formulas_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = book(["=A2"] * 5)
    monkeypatch.setattr(guard, "MOST_FORMULAS", 5)
    reading.read(whole)
    monkeypatch.setattr(guard, "MOST_FORMULAS", 4)
    refused(whole, "more than 4 formulas; paste their values")


FIRST, NEXT = '<f t="shared" si="0">B1+1</f>', '<f t="shared" si="0"/>'  # four characters


def formulas(*given: str) -> bytes:
    """Return a workbook with these formulas, one in each cell of its row."""
    return sheet_of("".join(f'<c r="{column}1">{one}</c>' for column, one in zip("ABCD", given, strict=False)))


@pytest.mark.parametrize(
    ("given", "characters"),
    [
        ((FIRST, NEXT, NEXT), 12),
        ((FIRST, FIRST.replace("0", "1"), NEXT), 12),
        ((NEXT, FIRST, NEXT), 8),  # the first has none to follow yet
        ((FIRST.replace(' si="0"', ""), FIRST.replace('"0"', '""'), *2 * [NEXT.replace(' si="0"', "")]), 16),
        (("<f>B1+1</f>",) * 3, 0),
    ],
)
def test_what_comes_of_shared_formulas_has_a_bound(
    monkeypatch: pytest.MonkeyPatch, given: tuple[str, ...], characters: int
) -> None:
    """The library writes each out for its cell, which takes a microsecond a character."""
    whole = formulas(*given)
    monkeypatch.setattr(guard, "MOST_WRITTEN_OUT", characters)
    assert len(next(reading.read(whole).rows).unreadable) == len(given)
    monkeypatch.setattr(guard, "MOST_WRITTEN_OUT", characters - 1)
    if characters:
        refused(
            whole, rf"shares of formulas has more than {characters - 1} characters; paste their values\. Bring it in"
        )


def test_it_is_refused_before_the_library_writes_out_any(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> Any:
        raise AssertionError("It was written out.")

    monkeypatch.setattr("openpyxl.formula.translate.Translator.translate_formula", fail)
    monkeypatch.setattr(guard, "MOST_WRITTEN_OUT", 11)
    refused(formulas(FIRST, NEXT, NEXT), "paste their values")


def _with_parts(number: int) -> bytes:
    """Return a workbook of so many parts."""
    file = io.BytesIO(book(["a"]))
    with ZipFile(file, "a") as archive:
        for one in range(number - len(archive.infolist())):
            archive.writestr(f"xl/media/{one}.txt", "")
    return file.getvalue()


# As large as a bound is, in files of a few hundred kilobytes that do no harm to anybody, and one more.
AS_IT_IS: dict[str, tuple[Callable[[int], bytes], int, str]] = {
    "MOST_PARTS": (_with_parts, guard.MOST_PARTS, "parts; 1,000 are read at most"),
    "MOST_RATIO": (
        lambda n: _with_part(book(["a"]), "xl/any.txt", b"a" * n),
        guard.SMALL,
        "unpacked to more than 100 times its size",
    ),
    "LAST_ROW": (
        lambda n: _with_part(book(["a"]), SHEET, f'<a xmlns="{MAIN}"><row r="{n}"/></a>'.encode()),
        guard.LAST_ROW,
        "There is a row 1048577; a workbook has 1,048,576 at most",
    ),
    "DEEPEST": (
        lambda n: sheet_of("", after="<any>" * (n - 1) + "</any>" * (n - 1)),
        guard.DEEPEST,
        "save it anew as XLSX",
    ),
    "LONGEST_TEXT": (
        lambda n: sheet_of(f'<c t="inlineStr"><is><t>{"x" * n}</t></is></c>'),
        guard.LONGEST_TEXT,
        "longer than any that a cell holds",
    ),
    "LONGEST_FORMULA": (
        lambda n: sheet_of(f'<c r="A1"><f>{"1" * n}</f></c>'),
        guard.LONGEST_FORMULA,
        "longer than any that a cell holds",
    ),
    "MOST_FORMULAS": (
        lambda n: sheet_of("<c><f>1</f></c>" * 2, after="<f/>" * (n - 2)),
        guard.MOST_FORMULAS,
        "more than 10,000 formulas",
    ),
    "LONGEST_PIECE": (
        lambda n: _with_part(book(["a"]), "xl/any.xml", b"<a><!--" + b"x" * (n - 8) + b"--></a>", ZIP_STORED),
        guard.LONGEST_PIECE,
        "too much in it beside its cells",
    ),
}


@pytest.mark.parametrize("bound", AS_IT_IS)
def test_a_bound_is_where_it_is_said_to_be(bound: str) -> None:
    made, most, says = AS_IT_IS[bound]
    reading.read(made(most))
    refused(made(most + 2 * guard.AT_A_TIME if bound == "LONGEST_PIECE" else most + 1), says)


def test_those_that_take_long_to_reach_are_as_the_page_says() -> None:
    said = (CHECKOUT / "docs" / "tables.md").read_text()
    for words in (
        f"unpacked to {guard.MOST_UNPACKED // guard.MIB} MiB at most",
        f"{guard.MOST_CELLS:,} cells",
        f"{guard.MOST_WRITTEN_OUT:,} characters of formulas that cells share",
    ):
        assert words in said, words
    assert (guard.MOST_ELEMENTS, guard.MOST_BESIDE) == (8 * guard.MOST_CELLS, guard.MOST_CELLS // 2)
    assert (reading.MOST_PLACES, reading.MOST_CHARACTERS) == (10 * guard.MOST_CELLS, guard.MOST_UNPACKED)


def test_one_with_a_password_is_refused_and_says_so() -> None:
    content = bytearray(book(["a"]))
    content[content.index(b"PK\x01\x02") + 8] |= 1  # the flag of its first part
    refused(bytes(content), "protected by a password; save it without one")


@pytest.mark.parametrize("number", ["x", "1.5", "-1", "1234567890"])
def test_a_row_whose_number_is_none_is_refused_and_says_so(number: str) -> None:
    text = f'<worksheet xmlns="{MAIN}"><sheetData><row r="{number}"/></sheetData></worksheet>'
    refused(_with_part(book(["a"]), SHEET, text.encode()), f"There is a row {number}; a workbook has")


def test_whatever_is_in_a_row_is_a_cell() -> None:
    refused(sheet_of('<any r="AAA1"><v>1</v></any>'), "There is a cell in AAA1, behind column ZZ")


def test_a_piece_of_a_part_has_a_bound_and_the_part_itself_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "AT_A_TIME", 64)
    monkeypatch.setattr(guard, "LONGEST_PIECE", 640)
    assert len(list(reading.read(book(*ROWS)).rows)) == 20
    assert len(list(reading.read(sheet_of("", after="<any>" + "x" * 2000 + "</any>")).rows)) == 0
    refused(sheet_of("", after="<!--" + "x" * 2000 + "-->"), "too much in it beside its cells")


@pytest.mark.parametrize("way", [ZIP_BZIP2, ZIP_LZMA])
def test_a_part_is_packed_as_spreadsheets_pack_it(way: int) -> None:
    refused(_with_part(book(["a"]), "xl/any.xml", b"<a/>", way), "save it anew as XLSX")


def test_an_encoding_that_nobody_knows_is_a_refusal() -> None:
    refused(_with_part(book(["a"]), "xl/any.xml", b"<?xml version='1.0' encoding='none-such'?><a/>"), "save it anew")


def test_an_archive_of_a_later_version_is_a_refusal() -> None:
    content = bytearray(book(["a"]))
    content[content.index(b"PK\x01\x02") + 6] = 99  # the version that its first part asks for
    refused(bytes(content), "save it anew as XLSX")


@pytest.mark.parametrize(("bound", "value"), [("MOST_PLACES", 702), ("MOST_CHARACTERS", 3)])
def test_rows_together_have_a_bound(monkeypatch: pytest.MonkeyPatch, bound: str, value: int) -> None:
    whole = book(["ab"], ["ab"], ZZ2="")  # ZZ: 702 places, and the first row's one
    assert [row.cells[0] for row in reading.read(whole).rows] == ["ab", "ab"]
    monkeypatch.setattr(reading, bound, value)
    rows = reading.read(whole).rows
    next(rows)
    with pytest.raises(NoWorkbook, match=r"The rows of this workbook are too much\. Bring it in parts, or as CSV"):
        next(rows)


def _with_part(content: bytes, name: str, text: bytes, way: int = ZIP_DEFLATED) -> bytes:
    """Return the workbook with this part in the place of the one of its name, or beside the others."""
    file = io.BytesIO()
    with ZipFile(io.BytesIO(content)) as before, ZipFile(file, "w", ZIP_DEFLATED) as after:
        parts: dict[str, Any] = {part: before.read(part) for part in before.namelist()}
        for part, told in {**parts, name: text}.items():
            after.writestr(part, told, way if part == name else ZIP_DEFLATED)
    return file.getvalue()
