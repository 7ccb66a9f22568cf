"""Calls that mypy is to let pass, and those that it is to refuse: each of these ends with what is wrong."""

from datetime import UTC, datetime

from jobs import schedule
from jobs.targets import Context, target

AT = datetime(2099, 1, 1, tzinfo=UTC)


@target("typed.payroll")
def payroll(context: Context, month: int, dry: bool = False) -> None: ...


@target("typed.report")
async def report(name: str) -> str:
    return name


def right() -> int:
    payroll.schedule(11, run_at=AT, queue="reports")
    payroll.schedule(month=11, dry=True, run_at="2099-01-01T00:00:00Z", labels={"a": "b"}, idempotency_key="k")
    report.schedule(name="x")
    return schedule("typed.payroll", {"month": 11}, run_at=AT, max_attempts=2).id


def wrong() -> None:
    payroll.schedule()  # "month"
    payroll.schedule(month="11", run_at=AT)  # incompatible type "str"
    payroll.schedule(mnth=11)  # "mnth"
    payroll.schedule(11, run_at=5)  # incompatible type "int"
    report.schedule(name="x", max_attempts="2")  # incompatible type "str"
    schedule("typed.payroll", queu="x")  # "queu"
