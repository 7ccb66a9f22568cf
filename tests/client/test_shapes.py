"""Types of the client: those of REST's OpenAPI document, and the help of each field that of the one list."""

from __future__ import annotations

import ast

from jobs import rules
from jobs.client import shapes
from jobs.client.cli.asking import ASKED, EDITABLE
from jobs.transitions import editing
from tests.client.shapes_of import FILE, document, source


def test_the_types_are_those_of_the_openapi_document():
    made = ast.unparse(ast.parse(source(document())))

    assert ast.unparse(ast.parse(FILE.read_text(encoding="utf-8"))) == made, (
        "REST has changed: python -m tests.client.shapes_of, then ruff format jobs/client/shapes.py"
    )


def test_a_change_of_the_document_is_noticed():
    changed = document()
    changed["components"]["schemas"]["Job"]["properties"]["queue"] = {"type": "integer"}

    assert ast.unparse(ast.parse(source(changed))) != ast.unparse(ast.parse(FILE.read_text(encoding="utf-8")))


def test_options_are_made_of_the_one_list_of_fields():
    assert set(ASKED) == set(rules.ASKED)
    assert set(EDITABLE) == set(editing.EDITABLE)
    for name, field in rules.ASKED.items():
        if name != "run_at":  # REST says what "now" is
            assert ASKED[name].__metadata__[0].startswith(field.help), name


def test_a_program_can_read_the_fields_that_it_gets():
    assert shapes.JobDetail.__required_keys__ >= shapes.Job.__required_keys__
