"""What a workbook may be: each bound is lowered here, so that harmless files are beyond it."""

from __future__ import annotations

import io
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from jobs.workbooks import NoWorkbook, guard, reading
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


def _with_part(content: bytes, name: str, text: bytes) -> bytes:
    """Return the workbook with this part in the place of the one of its name, or beside the others."""
    file = io.BytesIO()
    with ZipFile(io.BytesIO(content)) as before, ZipFile(file, "w", ZIP_DEFLATED) as after:
        parts: dict[str, Any] = {part: before.read(part) for part in before.namelist()}
        for part, told in {**parts, name: text}.items():
            after.writestr(part, told)
    return file.getvalue()
