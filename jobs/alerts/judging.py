"""Judges the platform by its facts: pure, but for settings. No sentence has numbers that change from turn to turn; that
of an overload has those of the forecast, which is asked each minute."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from urllib.parse import urlencode

from jobs.alerts import conditions as of
from jobs.alerts.conditions import Condition
from jobs.alerts.facts import Facts
from jobs.alerts.overload import address
from jobs.conf import conf
from jobs.objectives.burning import Pace
from jobs.objectives.standing import Standing

START_BEAT = "Start one on any host: celery -A project beat"
START_WORKER = "Start one: celery -A project worker -P threads -c 5 -n w1@%h -Q {}"
FEWEST_FAILED = 5
SHARE_FAILED = 0.2


def judge(facts: Facts, now: datetime) -> list[Condition]:
    """Return what is wrong."""
    return [*_processes(facts, now), *_starts(facts, now), *_ends(facts)]


def of_budgets(standings: Iterable[Standing]) -> list[Condition]:
    """Return which error budgets burn too fast, or are spent."""
    return [one for standing in standings for one in _budget(standing)]


def database_away(error: str) -> Condition:
    """Return what is wrong while nobody can ask."""
    remedy = "See that it runs where DATABASE_URL points, and can be written to."
    return Condition(of.DATABASE, f"The database does not answer: {error}", remedy)


def _processes(facts: Facts, now: datetime) -> Iterator[Condition]:
    if not facts.led:
        yield Condition(of.NO_LEADER, "No beat is leading: no job will be published.", START_BEAT, link="/")
    if not facts.broker_answers:
        yield Condition(
            of.BROKER,
            "The broker does not answer: no job reaches a worker.",
            "See that it runs where BROKER_URL points. The jobs are safe in the table and go out when it is back.",
            link="/",
        )
    for name, offset in facts.clocks_off:
        words = "behind" if offset > 0 else "ahead"
        yield Condition(
            of.CLOCK,
            f"The clock of worker {name} is {words} of the database's.",
            "Jobs still start on time, since its timers are corrected; let NTP set the clock of its host.",
            subject=name,
            kind="worker",
            link="/",
        )
    for queue in facts.backlog:
        if queue.oldest <= now and queue.queue not in facts.served and not facts.all_stopped:
            yield Condition(
                of.NO_WORKER,
                f"No worker takes from queue {queue.queue}, where jobs are due.",
                START_WORKER.format(queue.queue),
                subject=queue.queue,
                kind="queue",
                link=_jobs(queue=queue.queue, state="pending"),
            )


def _starts(facts: Facts, now: datetime) -> Iterator[Condition]:
    limit = conf().max_delay_time
    for queue in facts.backlog:
        if queue.oldest <= now - timedelta(seconds=limit) and not facts.all_stopped:
            yield Condition(
                of.BACKLOG,
                f"Jobs of queue {queue.queue} have waited for more than {limit:g} s.",
                "More slots or workers, or see what they wait for: the page of each says it.",
                subject=queue.queue,
                kind="queue",
                link=_jobs(queue=queue.queue, state="pending", later_than=f"{limit:g}"),
            )
    for name, _ in facts.started_late:
        yield Condition(
            of.LATE,
            f"Jobs of queue {name} started more than {limit:g} s late.",
            "More slots, or fewer jobs at the same moment. The page of each late job says why it was.",
            subject=name,
            kind="queue",
            link=_jobs(queue=name, later_than=f"{limit:g}", sort="delay"),
        )
    for ahead in facts.overloads if not facts.all_stopped else ():
        yield Condition(
            of.OVERLOAD,
            f"Queue {ahead.queue}: {ahead.text}",
            f"Spread or move what is planned, on the page of the forecast, or start a worker: {ahead.command}",
            subject=ahead.queue,
            kind="queue",
            link=address(ahead),
        )
    for name, _ in facts.missed:
        yield Condition(
            of.MISSED,
            f"Times of the schedule '{name}' have no run.",
            "Its page says why of each, and starts them now where that is wanted.",
            subject=name,
            kind="schedule",
            link="/admin/jobs/occurrence/",
        )


def _ends(facts: Facts) -> Iterator[Condition]:
    figures = facts.figures
    if figures.failed >= FEWEST_FAILED and figures.failed >= SHARE_FAILED * figures.ends:
        yield Condition(
            of.FAILED,
            "Many of the jobs of the last ten minutes have failed.",
            "The page of each says why.",
            link=_jobs(state="failed"),
        )
    if facts.interrupted:
        yield Condition(
            of.INTERRUPTED,
            "Jobs were interrupted and wait for a decision.",
            "A worker vanished after the start, so what was done is not known. Look at each, then press confirm done, "
            "confirm failed or retry on its page.",
            link=_jobs(state="interrupted"),
        )


PACES = {
    Pace.FAST: (of.BURNS_FAST, "burns its error budget fast"),
    Pace.SLOW: (of.BURNS, "burns its error budget too fast for it to last"),
    Pace.SPENT: (of.SPENT, "has spent its error budget"),
}


def _budget(standing: Standing) -> Iterator[Condition]:
    row = standing.objective
    for pace, (rule, what) in PACES.items():
        if pace in standing.burning.too_fast:
            yield Condition(
                rule,
                f"The {row} {what}: {standing.sentence}",
                "The page of objectives leads to what was late, with the cause of each.",
                subject=row.name,
                kind=row.kind,
                link=f"/objectives/#objective-{row.pk}",
            )


def _jobs(**filters: str) -> str:
    return f"/jobs/?{urlencode(filters)}"
