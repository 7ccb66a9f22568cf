"""Mutants of workbooks: each bound is taken away, so that a small file may keep a process busy or fill its memory."""

from verification.mutants.record import PERMITTED, Mutant, mutant

GUARD, READING = "jobs/workbooks/guard.py", "jobs/workbooks/reading.py"
TESTS = "tests/workbooks/test_guard.py"
LOWERED, REAL = "test_each_bound_is_said", "test_a_bound_is_where_it_is_said_to_be"


def _bound(what: str, test: str, old: str, new: str, file: str = GUARD) -> Mutant:
    return mutant(f"workbooks: {what}", PERMITTED, (f"{TESTS}::{test}",), (file, old, new))


MUTANTS = (
    _bound("parts", REAL, "len(parts) > MOST_PARTS", "False"),
    _bound("unpacked", LOWERED, "unpacked > MOST_UNPACKED", "False"),
    _bound("password", "test_one_with_a_password_is_refused_and_says_so", "part.flag_bits & 1", "False"),
    _bound(
        "ways to pack",
        "test_a_part_is_packed_as_spreadsheets_pack_it",
        "part.compress_type not in (ZIP_STORED, ZIP_DEFLATED)",
        "False",
    ),
    _bound("ratio", REAL, "part.file_size > max(SMALL, MOST_RATIO * part.compress_size)", "False"),
    _bound("small parts", REAL, "max(SMALL, MOST_RATIO * part.compress_size)", "MOST_RATIO * part.compress_size"),
    _bound("piece", REAL, "given - max(scan.parser.CurrentByteIndex, 0) > LONGEST_PIECE", "False"),
    _bound("depth", REAL, "len(self.path) > DEEPEST", "False"),
    _bound("elements", LOWERED, "self.budget.elements > MOST_ELEMENTS or ", ""),
    _bound("beside", LOWERED, " or (not self.has_cells and self.own > MOST_BESIDE)", ""),
    _bound("cells", LOWERED, "self.budget.cells > MOST_CELLS", "False"),
    _bound(
        "columns",
        "test_a_column_behind_the_last_is_refused_and_not_left_out",
        "place[len(LAST_COLUMN) :][:1].isalpha()",
        "False",
    ),
    _bound("rows", REAL, " and int(number) <= LAST_ROW", ""),
    _bound(
        "numbers of rows",
        "test_a_row_whose_number_is_none_is_refused_and_says_so",
        "number.isdecimal() and len(number) < 10 and ",
        "",
    ),
    _bound("formulas", REAL, "self.formulas > MOST_FORMULAS", "False"),
    _bound(
        "shared formulas",
        "test_it_is_refused_before_the_library_writes_out_any",
        "self.written_out > MOST_WRITTEN_OUT",
        "False",
    ),
    _bound(
        "shared formulas that follow",
        "test_what_comes_of_shared_formulas_has_a_bound",
        "                self._write_out(length)\n",
        "                pass\n",
    ),
    _bound("text", REAL, "self.text > LONGEST_TEXT or ", ""),
    _bound("formula", REAL, " or (self.formula and self.text - self.before_formula > LONGEST_FORMULA)", ""),
    _bound(
        "DOCTYPE",
        "test_no_part_has_a_doctype_whatever_it_is_called",
        "        self.parser.StartDoctypeDeclHandler = self._doctype\n",
        "",
    ),
    _bound("places", "test_rows_together_have_a_bound", "places > MOST_PLACES or ", "", READING),
    _bound("characters", "test_rows_together_have_a_bound", " or characters > MOST_CHARACTERS", "", READING),
)
