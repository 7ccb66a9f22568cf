"""Writes jobs/client/shapes.py from the OpenAPI document: `python -m tests.client.shapes_of`, then `ruff format` it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[2] / "jobs" / "client" / "shapes.py"
HEAD = '''"""Bodies of requests and answers of REST, for type checkers. Made of its OpenAPI document by tests/client/shapes_of.py,
and compared with it by a test."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, TypedDict
'''
ASKED = ("NewJob", "PatchedEditJob")
SHOWN = ("Other", "AwaitedRun", "Attempt", "Audit", "Job", "JobDetail", "Worker", "Limit", "CreatedJobs", "Mistake")
DOCS = {
    "NewJob": "Fields that a job is created from; `target` must be there. Each with its help.",
    "PatchedEditJob": "Fields of a job that has not started that an edit may change, each as a whole.",
    "Other": "Job that is named by another, and how it is.",
    "AwaitedRun": "Run of another schedule that a job waits for.",
    "Attempt": "Start of a job, from the ledger.",
    "Audit": "Line of a job's audit: what somebody asked of it, and why.",
    "Job": "Job as it is listed. `state` is a number, `state_name` its word.",
    "JobDetail": "Job with its starts, its audit and what it waits for.",
    "Worker": "Worker, as it is now.",
    "Limit": "Rules of a queue or key.",
    "CreatedJobs": "Answer to a request that creates many.",
    "Mistake": "Field of a body that is wrong, and how.",
}
NAMES = {"PatchedEditJob": "JobChanges"}


def document() -> dict[str, Any]:
    """Return the OpenAPI document as REST answers with it."""
    from drf_spectacular.generators import SchemaGenerator  # noqa: PLC0415 - Django must be ready

    found: dict[str, Any] = json.loads(json.dumps(SchemaGenerator().get_schema(request=None, public=True), default=str))
    return found


def source(schema: Mapping[str, Any]) -> str:
    """Return the text of the module."""
    return "\n\n".join([HEAD, *("\n".join(_class(name, schema)) for name in (*ASKED, *SHOWN))]) + "\n"


def _class(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    component = schema["components"]["schemas"][name]
    asked, helps = name in ASKED, name == "NewJob"
    base = "Job" if name == "JobDetail" else "TypedDict"
    inherited = schema["components"]["schemas"]["Job"]["properties"] if base == "Job" else {}
    required = component.get("required", ())
    partial = asked or not set(component["properties"]) <= set(required)
    yield f"class {NAMES.get(name, name)}({base}{', total=False' if partial else ''}):"
    yield f'    """{DOCS[name]}"""\n'
    for field, said in component["properties"].items():
        if field in inherited:
            continue
        kind = type_of(said, schema, asked=asked)
        help_text = said.get("description", "").split("\n\n")[0]
        yield f"    {field}: Annotated[{kind}, {_text(help_text)}]" if helps else f"    {field}: {kind}"


def _text(text: str) -> str:
    """Return a literal of the text, in parts that fit into a line."""
    parts: list[str] = [""]
    for word in text.split(" "):
        if len(parts[-1]) + len(word) > 90:
            parts.append("")
        parts[-1] += f"{word} "
    parts[-1] = parts[-1].rstrip()
    return " ".join(json.dumps(part, ensure_ascii=False) for part in parts)


def type_of(said: Mapping[str, Any], schema: Mapping[str, Any], *, asked: bool) -> str:
    """Return the annotation of what a property says."""
    if "$ref" in said:
        return _named(said["$ref"].rsplit("/", 1)[1], schema, asked=asked)
    for several in ("allOf", "oneOf", "anyOf"):
        if several in said:
            parts = [type_of(one, schema, asked=asked) for one in said[several]]
            return " | ".join(sorted(dict.fromkeys(_of_literals(parts)), key=lambda part: part == "None"))
    if "enum" in said:
        return f"Literal[{', '.join(json.dumps(value) for value in said['enum'])}]"
    kinds = said.get("type", "any")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    return " | ".join(_plain(kind, said, schema, asked=asked) for kind in kinds)


def _of_literals(parts: list[str]) -> list[str]:
    """Return these without the words that any text has in it."""
    return [part for part in parts if not (part.startswith('Literal["') and any(p.startswith("str") for p in parts))]


def _plain(kind: str, said: Mapping[str, Any], schema: Mapping[str, Any], *, asked: bool) -> str:
    match kind:
        case "string":
            return "str | datetime" if asked and said.get("format") == "date-time" else "str"
        case "array":
            return f"list[{type_of(said['items'], schema, asked=asked)}]"
        case "object":
            return f"dict[str, {type_of(said.get('additionalProperties', {}), schema, asked=asked)}]"
    return {"integer": "int", "number": "float", "boolean": "bool", "null": "None", "any": "Any"}[kind]


def _named(name: str, schema: Mapping[str, Any], *, asked: bool) -> str:
    """Return the name of a component; of words those that may be asked for, and the type of those that are shown, since
    another release may have more of them."""
    component = schema["components"]["schemas"][name]
    if "enum" not in component:
        return "None" if component.get("type") == "null" else NAMES.get(name, name)
    values = [value for value in component["enum"] if value is not None]
    if not values:
        return "None"
    return f"Literal[{', '.join(map(json.dumps, values))}]" if asked else type(values[0]).__name__


if __name__ == "__main__":
    import django

    django.setup()
    FILE.write_text(source(document()), encoding="utf-8")
