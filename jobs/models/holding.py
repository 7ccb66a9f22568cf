"""Conditions on what holds a job: one bit each of its column `holds`."""

from __future__ import annotations

from django.db.models import BigIntegerField, F, Func, Q, Value
from django.db.models.expressions import Col, Combinable
from django.db.models.lookups import GreaterThan

from jobs.states import Hold


def bit_is_set(hold: Hold) -> Combinable | Q:
    """Return the condition that any of these holds the job."""
    return Q(GreaterThan(Bits(F("holds"), int(hold)), 0))


class Bits(Func):
    """The bits of a column that are in the mask."""

    template = "(%(expressions)s)"
    arg_joiner = " & "
    output_field = BigIntegerField()

    def __init__(self, column: F | Col, mask: int) -> None:
        super().__init__(column, Value(mask))
