"""Workbooks (XLSX): their cells read as the texts that a table of jobs has, and lists written into one. Texts are
texts: no cell that is written is a formula, and none that is one is read. Needs the extra `xlsx`."""

from __future__ import annotations

from importlib.util import find_spec

KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BEGINS = b"PK\x03\x04"  # a workbook is an archive (zip)
LONGEST_CELL = 32_767  # characters: no spreadsheet takes more


class NotInstalled(Exception):
    """Refusal of a workbook where nothing reads or writes it; the message says what to install."""

    def __init__(self) -> None:
        super().__init__(
            "Workbooks (XLSX) are read and written by openpyxl, which is not installed here: "
            "pip install 'runat[xlsx]'. CSV needs nothing."
        )


class NoWorkbook(Exception):
    """Refusal of a file that is no workbook, or too large a one; the message says what to do."""


def needed() -> None:
    """Raise NotInstalled where the extra is missing."""
    if find_spec("openpyxl") is None:
        raise NotInstalled
