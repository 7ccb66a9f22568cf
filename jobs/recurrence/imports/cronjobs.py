"""CronJobs of Kubernetes in YAML: one or many documents, or the list that kubectl writes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Any

import yaml

from jobs.recurrence.dialects import cron_fields
from jobs.recurrence.imports.entries import Collected, Found

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DEEPEST = 100  # levels of a document
DAY_OF_MONTH, DAY_OF_WEEK = 2, 4
PARTS = (
    cron_fields.MINUTE,
    cron_fields.HOUR,
    cron_fields.DAY_OF_MONTH,
    cron_fields.MONTH,
    cron_fields.Field("day of week", 0, 6),
)
OVERLAPS = {"Allow": "allow", "Forbid": "skip", "Replace": "cancel"}
NO_ZONE = "Without timeZone the zone of the cluster's controller counts, mostly UTC; put it into the zone field."


def cronjobs(text: str) -> Found:
    """Return the entries of all CronJobs in a text, and what is refused of them; other kinds are passed over."""
    collected = Collected()
    for line, document in _documents(text):
        if _is_deep(document):
            collected.refuse(line, document, "", "This is nested too deeply; write it flatter.")
            continue
        try:
            loader = LOADER(document)
            for node in _nodes(loader):
                _object(collected, loader, node, line)
        # ValueError: half a surrogate pair.
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            _refuse(collected, error, document, line)
    return collected.found()


def _documents(text: str) -> Iterator[tuple[int, str]]:
    """Yield each document with its first line: what is wrong in one leaves the others as they are."""
    begin, lines = 1, list[str]()
    for number, line in enumerate(text.split("\n"), 1):
        if re.match(r"(---|\.\.\.)(\s|$)", line):
            yield begin, "\n".join(lines)
            begin, lines = number, [f"   {line[3:]}" if line.startswith("---") else ""]
        else:
            lines.append(line)
    yield begin, "\n".join(lines)


def _is_deep(document: str) -> bool:
    """Return whether brackets or dashes are nested so deeply that reading them takes minutes."""
    depth = 0
    for bracket in re.findall(r"[][{}]", document):
        depth += 1 if bracket in "[{" else -1
        if depth > DEEPEST:
            return True
    return re.search(rf"(?:[-?:][ \t]+){{{DEEPEST}}}", document) is not None


def _nodes(loader: Any) -> list[Any]:
    """Return the nodes of the objects in a document, those of a list singly."""
    node = loader.get_single_node()
    if not isinstance(node, yaml.MappingNode):
        return []
    items = next((value for key, value in node.value if key.value == "items"), None)
    return items.value if isinstance(items, yaml.SequenceNode) else [node]


def _object(collected: Collected, loader: Any, node: Any, line: int) -> None:
    try:
        value = loader.construct_document(node)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        _refuse(collected, error, "", line + node.start_mark.line)
        return
    if isinstance(value, dict) and value.get("kind") == "CronJob":
        _cronjob(collected, line + node.start_mark.line, value)


def _refuse(collected: Collected, error: Exception, document: str, line: int) -> None:
    mark = getattr(error, "problem_mark", None) if document else None
    shown = document.split("\n")[mark.line] if mark and mark.line < document.count("\n") + 1 else document
    problem = getattr(error, "problem", None) or type(error).__name__
    why = f"This is no YAML ({problem}); put text with *, @ or : into quotes."
    collected.refuse(line + (mark.line if mark else 0), shown, "", why)


def _cronjob(collected: Collected, line: int, job: dict[str, Any]) -> None:
    metadata, spec = _mapping(job, "metadata"), _mapping(job, "spec")
    name = "/".join(_said(part) for part in (metadata.get("namespace"), metadata.get("name")) if part)
    schedule, policy = spec.get("schedule"), spec.get("concurrencyPolicy") or "Allow"
    zone, within = spec.get("timeZone"), spec.get("startingDeadlineSeconds")
    shown = f"CronJob {name}: {_said(schedule)}"
    if not isinstance(schedule, str):
        collected.refuse(line, shown, "schedule", 'A CronJob has a schedule in quotes; write it like "0 3 * * *".')
    elif not isinstance(policy, str) or policy not in OVERLAPS:
        why = f"“{_said(policy)}” is no policy; write Allow, Forbid or Replace."
        collected.refuse(line, shown, "concurrencyPolicy", why)
    elif within is not None and (not isinstance(within, int) or within < 0):
        why = f"“{_said(within)}” is no number of seconds; write 0 or more."
        collected.refuse(line, shown, "startingDeadlineSeconds", why)
    elif re.match(r"(CRON_)?TZ=", schedule):
        why = "The schedule holds a zone, which Kubernetes refuses too; write it as timeZone."
        collected.refuse(line, shown, "schedule", why)
    elif re.search(r"(^|[,-])7($|[,/-])", schedule.rpartition(" ")[2]):
        why = "Kubernetes has no day of the week 7; write 0 or SUN."
        collected.refuse(line, shown, "day of week", why)
    else:
        dialect, expression = _translated(schedule.strip())
        command, notes = _command(spec)
        changed = (f"{schedule} is written as {expression} here.",) if expression != schedule.strip() else ()
        collected.add(
            shown,
            line=line,
            name=name,
            dialect=dialect,
            expression=expression,
            zone=None if zone is None else _said(zone),
            command=command,
            enabled=not spec.get("suspend"),
            overlap=OVERLAPS[policy],
            # 0 is allowed there, and nothing is that punctual.
            start_within=None if within is None else max(within, 1),
            labels=_labels(metadata),
            notes=(*(() if zone else (NO_ZONE,)), *changed, *notes),
        )


def _labels(metadata: dict[str, Any]) -> dict[str, str] | None:
    """Return its labels. What is no text there, Kubernetes refuses; the rules of labels judge the rest."""
    return {_said(key): _said(value) for key, value in _mapping(metadata, "labels").items()} or None


def _translated(schedule: str) -> tuple[str, str]:
    """Return the dialect and expression that mean the same here. The library of Kubernetes takes ? for a star and a
    step behind one number, and a star with a step restricts a day field, so that one of the two will do."""
    if every := re.fullmatch(r"@every\s+(\S+)", schedule):
        return "interval", every[1]
    fields = schedule.split()
    if len(fields) != len(PARTS):
        return "cron", schedule
    fields = [re.sub(r"^[*?](/1)?(?=,|$)", "*", field) for field in fields]
    fields = [_open_step(field, part) for field, part in zip(fields, PARTS, strict=True)]
    if "*" not in (fields[DAY_OF_MONTH], fields[DAY_OF_WEEK]):
        for place in (DAY_OF_MONTH, DAY_OF_WEEK):
            low, high = PARTS[place].low, PARTS[place].high
            fields[place] = re.sub(r"(?<![^,])\*/", f"{low}-{high}/", fields[place])
    return "cron", " ".join(fields)


def _open_step(field: str, part: cron_fields.Field) -> str:
    return re.sub(r"(?<![^,])([0-9]+)/", rf"\1-{part.high}/", field.replace("?", "*"))


def _command(spec: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    template = _mapping(_mapping(_mapping(_mapping(spec, "jobTemplate"), "spec"), "template"), "spec")
    containers = template.get("containers")
    found = [one for one in containers if isinstance(one, dict)] if isinstance(containers, list) else []
    if not found:
        return "", ()
    words = [*_words(found[0].get("command")), *_words(found[0].get("args"))]
    notes = [f"It runs in a container of {_said(found[0].get('image', 'an image that is not named'))} there."]
    if len(found) > 1:
        notes.append(f"It has {len(found)} containers; the command is of the first.")
    return shlex.join(words), tuple(notes)


def _words(value: Any) -> list[str]:
    return [_said(word) for word in value] if isinstance(value, list) else []


def _said(value: Any) -> str:
    """Return a value as text; of lists and mappings their kind alone, since aliases may make them endless."""
    return type(value).__name__ if isinstance(value, list | dict | set | tuple) else str(value)


def _mapping(of: dict[str, Any], key: str) -> dict[str, Any]:
    value = of.get(key)
    return value if isinstance(value, dict) else {}
