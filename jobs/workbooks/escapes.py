"""Characters that XML cannot hold, as workbooks write them (ECMA-376, ST_Xstring): `_x000D_` is a carriage return."""

from __future__ import annotations

import re

UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")


def escaped(text: str) -> str:
    """Return the text as a cell of a workbook holds it."""
    return UNWRITABLE.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


def unescaped(text: str) -> str:
    """Return what the text of a cell means. Two halves of a character (UTF-16) become it; a half alone, which nothing
    could write down, U+FFFD."""
    if "_x" not in text:
        return text
    meant = ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    return meant.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
