"""Pages of a table of millions without counting it: an exact count of a million rows takes a second or two."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from django.core.paginator import Paginator
from django.db.models import Model, QuerySet

from jobs.models.querysets.overviews import COUNT_LIMIT


class AtLeast(int):
    """A count that was not read to its end, and says so: `over 10,000`."""

    def __str__(self) -> str:
        return f"over {int(self):,}"


if TYPE_CHECKING:
    Base = Paginator[Model]
else:
    Base = Paginator


class BoundedPaginator(Base):
    """Counts to COUNT_LIMIT and pages through as many; a filter or a search reaches the rest."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        if not isinstance(rows, QuerySet):
            return len(rows)
        count = rows.order_by().values("pk")[: COUNT_LIMIT + 1].count()
        return AtLeast(COUNT_LIMIT) if count > COUNT_LIMIT else count
