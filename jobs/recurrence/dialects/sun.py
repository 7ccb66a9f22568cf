"""Events of the sun by the names of django-celery-beat, with a place: `sunrise 52.52 13.40`."""

from __future__ import annotations

import re

from jobs.recurrence.rule import BadExpression, Rule, Sun
from jobs.recurrence.sun import EVENTS

REMEDY = "write an event, a latitude and a longitude like sunrise 52.52 13.40"


def parse(text: str, name: str = "") -> Rule:
    """Return the rule of an event of the sun; raises BadExpression."""
    del name
    parts = text.replace(",", " ").split()
    if len(parts) != 3:
        raise BadExpression(f"An event of the sun has three parts; {REMEDY}.")
    event = parts[0].lower()
    if event not in EVENTS:
        raise BadExpression(f"“{parts[0]}” is no event of the sun; write one of {', '.join(EVENTS)}.", "event")
    return Sun(event, _degrees("latitude", parts[1], 90), _degrees("longitude", parts[2], 180))


def _degrees(field: str, text: str, most: int) -> float:
    if not re.fullmatch(r"[+-]?[0-9]{1,3}(\.[0-9]{1,12})?", text) or abs(float(text)) > most:
        raise BadExpression(f"“{text}” is no {field}; write degrees from -{most} to {most}, such as 52.52.", field)
    return float(text)
