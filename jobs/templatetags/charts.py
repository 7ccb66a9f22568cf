"""Tag and filter for small charts."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, TypeVar

from django import template
from django.utils.safestring import SafeString

from jobs.web.sparkline import Spark, drawn

register = template.Library()
T = TypeVar("T")


@register.simple_tag
def sparkline(spark: Spark | None) -> SafeString:
    """Draw it; nothing where there is none."""
    return SafeString("") if spark is None else drawn(spark)


@register.filter
def of(name: Hashable, things: Mapping[Any, T]) -> T | None:
    """Return what has this name; None where nothing has."""
    return things.get(name)
