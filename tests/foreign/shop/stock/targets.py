"""What the shop has RunAt start."""

from jobs.targets import target
from stock.models import Count


@target("stock.count")
def count(by: str) -> None:
    Count.objects.create(by=by)
