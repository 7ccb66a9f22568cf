"""Workbooks: what is written is read as it was, what spreadsheets write is read as it is meant, formulas never."""

from __future__ import annotations

import io
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zipfile import ZipFile

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from jobs import workbooks
from jobs.workbooks import NotInstalled, NoWorkbook, reading, writing

NINE = datetime.fromisoformat("2027-01-31T09:00:00")  # no zone: a spreadsheet has none


def book(*rows: list[Any], **cells: Any) -> bytes:
    """Return a workbook as a spreadsheet saves it."""
    made = Workbook()
    for row in rows:
        made.active.append(row)
    for place, value in cells.items():
        made.active[place] = value
    return saved(made)


def saved(made: Workbook) -> bytes:
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def written(*rows: list[Any]) -> bytes:
    file = io.BytesIO()
    assert writing.write(file, "jobs", [f"c{n}" for n in range(len(rows[0]))], rows) == len(rows)
    return file.getvalue()


def texts(content: bytes) -> list[list[str]]:
    return [row.cells for row in reading.read(content).rows]


TEXTS = [
    "=1+1",
    "=HYPERLINK(A1)",
    "+1",
    "-1",
    "@x",
    "#N/A",
    "#REF!",
    "'x",
    "'=x",
    "007",
    "1e5",
    "12345678901234567890",
    "true",
    " a ",
    "\ta\n b\r\nc\r",
    "_x0041_",
    "_x_x0041_",
    "漢字 ｶﾅ \uff21 \U0001f600 é e\u0301",
    "\x01\x1f\ufffe\uffff",
    '{"a":["=1"]}',
    "2027-01-31T09:00:00Z",
    "<b>&amp;</b>",
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_a_text_and_comes_back_as_it_was(text: str) -> None:
    content = written([text])
    (cell,) = load_workbook(io.BytesIO(content)).active[2]
    assert cell.data_type == "s"
    assert b"<f>" not in ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml")
    assert texts(content)[1:] == [[text]]


def test_numbers_stay_as_they_are_written_also_those_that_no_spreadsheet_keeps() -> None:
    values = [5, -3, Decimal("0.10"), 1.5, 10**17, Decimal("12345678901234567.5"), True, False, None, {"a": [1]}]
    (row,) = texts(written([*values, "end"]))[1:]
    assert row == ["5", "-3", "0.1", "1.5", str(10**17), "12345678901234567.5", "true", "false", "", '{"a":[1]}', "end"]


def test_what_spreadsheets_make_of_cells_is_read_as_it_is_meant() -> None:
    row = [123.0, 0.5, 1e-7, NINE, NINE.replace(microsecond=250000), date(2027, 1, 31), True]
    (read,) = texts(book(row))
    assert read == ["123", "0.5", "1e-07", "2027-01-31 09:00:00", "2027-01-31 09:00:00.250000", "2027-01-31", "true"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("123.0", "123"),
        ("1.23E2", "123"),
        ("0.10000000000000001", "0.1"),
        ("1e15", "1000000000000000"),
        ("1e16", "1e+16"),
    ],
)
def test_a_fraction_that_is_a_whole_number_is_one(written: str, meant: str) -> None:
    content = _with(book([5]), "xl/worksheets/sheet1.xml", b"<v>5</v>", f"<v>{written}</v>".encode())
    assert texts(content) == [[meant]]


def test_days_are_counted_from_where_the_workbook_counts() -> None:
    made = Workbook()
    made.epoch = CALENDAR_MAC_1904
    made.active.append([NINE])
    assert texts(saved(made)) == [["2027-01-31 09:00:00"]]


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("=A1+1", "B2 is a formula (=A1+1)"),
        ("#REF!", "B2 is an error of the spreadsheet (#REF!)"),
        (time(9), "B2 is a time (09:00:00) without a day"),
        (timedelta(hours=30), "B2 is a time (1 day, 6:00:00) without a day"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_cell(value: Any, says: str) -> None:
    _, row = reading.read(book(["a", "b"], ["x", value])).rows
    assert list(row.unreadable) == [1]
    assert row.unreadable[1].startswith(says)


def test_a_text_longer_than_a_cell_is_refused_with_its_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LONGEST_CELL", 8)
    (row,) = reading.read(book(["_x0041_b", "_x0041_bc"])).rows
    assert (row.cells[0], row.unreadable) == ("Ab", {1: "B1 has 9 characters; 8 are read at most."})


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("_xD83D__xDE00_", "\U0001f600"),
        ("_xD83D_x", "\ufffdx"),
        ("_xDE00__xD83D_", "\ufffd\ufffd"),
        ("_xFEFF_a", "\ufeffa"),
    ],
)
def test_halves_of_a_character_become_it_and_one_alone_can_be_written(written: str, meant: str) -> None:
    assert texts(book([written])) == [[meant]]


def test_rows_have_the_numbers_that_the_spreadsheet_shows_and_empty_ones_are_left_out() -> None:
    content = book(["a"], C7="x", A1000="y")
    assert [(row.number, row.cells) for row in reading.read(content).rows] == [
        (1, ["a"]),
        (7, ["", "", "x"]),
        (1000, ["y"]),
    ]


def test_what_a_file_says_of_its_size_is_not_believed() -> None:
    content = _with(book(["a"], ["b"], ["c"]), "xl/worksheets/sheet1.xml", b"A1:A3", b"A1:A1")
    assert texts(content) == [["a"], ["b"], ["c"]]


def test_the_first_sheet_that_is_seen_is_read_and_the_others_are_named() -> None:
    made = Workbook()
    made.active.sheet_state = "hidden"
    made.create_sheet("jobs").append(["a"])
    made.create_sheet("notes").append(["b"])
    sheet = reading.read(saved(made))
    assert (next(sheet.rows).cells, sheet.others) == (["a"], ["notes"])


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"PK\x03\x04" + b"x" * 100, book(["a"])[:-30]])
def test_what_is_no_workbook_is_refused(content: bytes) -> None:
    with pytest.raises(NoWorkbook, match="save it anew as XLSX, or as CSV in UTF-8"):
        list(reading.read(content).rows)


def test_an_archive_of_something_else_and_a_sheet_that_breaks_off_are_refused() -> None:
    file = io.BytesIO()
    with ZipFile(file, "w") as archive:
        archive.writestr("readme.txt", "hello")
    broken = _with(book(["a"], ["b"]), "xl/worksheets/sheet1.xml", b"</sheetData>", b"</sheet>")
    for content in (file.getvalue(), broken):
        with pytest.raises(NoWorkbook, match="This is no workbook that can be read"):
            list(reading.read(content).rows)


def test_a_text_that_no_cell_holds_is_refused_and_nothing_is_left_of_it(tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(writing.TooLong, match="'c1' of row 2 has 32,768 characters"):
        written(["a", "b"], ["a", "x" * 32_768])
    assert list(tmp_path.iterdir()) == []
    assert texts(written(["x" * 32_767]))[1] == ["x" * 32_767]


def test_without_the_extra_it_says_what_to_install(monkeypatch: Any) -> None:
    monkeypatch.setattr(workbooks, "find_spec", lambda name: None)
    for do in (lambda: reading.read(book(["a"])), lambda: written(["a"])):
        with pytest.raises(NotInstalled, match=r"pip install 'runat\[xlsx\]'"):
            do()


def _with(content: bytes, name: str, old: bytes, new: bytes) -> bytes:
    """Return the workbook with one of its parts changed."""
    file = io.BytesIO()
    with ZipFile(io.BytesIO(content)) as before, ZipFile(file, "w") as after:
        for part in before.namelist():
            text = before.read(part)
            if part == name:
                assert old in text
                text = text.replace(old, new)
            after.writestr(part, text)
    return file.getvalue()
