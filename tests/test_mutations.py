"""The mutants still fit the code: `make mutants`, which takes long, says whether the tests notice them."""

from __future__ import annotations

import pytest

from launcher.home import CHECKOUT
from verification.mutants import MUTANTS


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_its_texts_stand_once_and_its_tests_exist(mutant):
    for edit in mutant.edits:
        assert (CHECKOUT / edit.file).read_text().count(edit.old) == 1, edit
        assert edit.old != edit.new
    for tests in mutant.tests:
        file, _, name = tests.partition("::")
        assert f"def {name}(" in (CHECKOUT / file).read_text() if name else (CHECKOUT / file).exists(), tests
