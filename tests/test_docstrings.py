"""Docstrings begin with a verb or a noun: lists and tooltips show only that line, to people who see nothing else."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("jobs", "launcher", "project", "verification")

PRONOUNS = (
    "that these this those it its they them their he she we us our i you your which who whoever whatever whose one ones "
    "another other others all each every both none some nobody nothing somebody same"
)
PREPOSITIONS = (
    "after as at before beside between by for from if in like of on over since than to under until while with without"
)
QUESTIONS_AND_THE_REST = (
    "how what when where whether why again also and because but false here not only or so then there true two"
)
FORBIDDEN = {*PRONOUNS.split(), *PREPOSITIONS.split(), *QUESTIONS_AND_THE_REST.split()}


def begins_wrong(docstring: str) -> bool:
    first, *others = (word.strip(".,:;`\"'()").lower() for word in docstring.split()[:2])
    return first in FORBIDDEN or (first == "the" and others == ["same"])


def violations(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and first line of each docstring that begins with a forbidden word."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        docstring = ast.get_docstring(node)
        if docstring and begins_wrong(docstring):
            yield getattr(node, "lineno", 1), docstring.splitlines()[0]


def files() -> Iterator[Path]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def test_every_docstring_begins_with_a_verb_or_a_noun():
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for path in files()
        for line, text in violations(path.read_text(encoding="utf-8"))
    ]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    "docstring",
    ["Why it waits.", "What a job is.", "`One` of them.", "The same in UTC.", "By the key.", "It: a job."],
)
def test_a_docstring_that_begins_otherwise_is_found(docstring):
    assert begins_wrong(docstring)


@pytest.mark.parametrize("docstring", ["Return the row.", "The row of a job.", "Job of the plan.", "`run`: services."])
def test_a_verb_or_a_noun_is_not(docstring):
    assert not begins_wrong(docstring)


def test_modules_classes_and_functions_are_looked_at():
    source = '"""One."""\nclass A:\n    """All."""\n    async def b():\n        """How."""\ndef c():\n    """If."""\n'

    assert sorted(violations(source)) == [(1, "One."), (2, "All."), (4, "How."), (6, "If.")]
