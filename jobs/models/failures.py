"""Failed starts in groups: of one target, with one fingerprint (jobs/fingerprints.py). Bounded, as all questions of
people who look are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from jobs.database import connection
from jobs.fingerprints import likeness
from jobs.models.attempt import Attempt
from jobs.models.job import Job
from jobs.models.querysets.within import and_in_reach
from jobs.states import State

if TYPE_CHECKING:
    from jobs.rights.reach import Reach

LOOK = 10_000  # starts that one question looks at, the newest
MOST = 100  # groups that are shown, those with the most starts
PARTS = 24  # of the time that is looked at, in each of which they are counted
LONGEST_LINE = 300  # characters of a sample's error
NO_REASON = "no reason is known"
CAN_RETRY = (State.FAILED, State.INTERRUPTED)

# The newest starts that have failed, by the index that has nothing else. Those of jobs that are in the history by now
# are not among them.
GROUPS = """
WITH looked AS MATERIALIZED (
    SELECT id, job_id, number, failure, finished_at AS ended_at FROM jobs_attempt
    WHERE failure IS NOT NULL ORDER BY id DESC LIMIT %(look)s
)
SELECT target, failure, count(*), count(DISTINCT job_id),
    count(DISTINCT job_id) FILTER (WHERE attempt = number AND state = ANY (%(states)s)),
    min(ended_at), max(ended_at), array_agg(DISTINCT queue),
    (array_agg(looked.id ORDER BY ended_at DESC, looked.id DESC))[1], min(job_id), max(job_id),
    array_agg(least(floor(extract(epoch FROM ended_at - %(since)s) / %(part)s), %(last)s)::int)
FROM looked JOIN jobs_job ON jobs_job.id = looked.job_id
WHERE ended_at >= %(since)s AND ended_at < %(until)s{filters}
GROUP BY target, failure ORDER BY count(*) DESC, max(ended_at) DESC LIMIT %(most)s
"""

# Of the newest jobs that have ended, those that failed and whose latest start has no fingerprint: one of before there
# were any, or one that SQL has ended.
UNMARKED = """
WITH looked AS MATERIALIZED (
    SELECT id, state, attempt, target, queue, labels, created_by_id, finished_at, reason FROM jobs_job
    WHERE state IN (2, 3, 4, 5, 6) AND finished_at >= %(since)s AND finished_at < %(until)s
    ORDER BY finished_at DESC LIMIT %(look)s
)
SELECT looked.id, target, queue, finished_at, left(reason, 500), (
    SELECT start.id FROM jobs_attempt AS start WHERE start.job_id = looked.id AND start.number = looked.attempt
) AS start_id
FROM looked
WHERE state = ANY (%(states)s){filters} AND NOT EXISTS (
    SELECT FROM jobs_attempt AS start
    WHERE start.job_id = looked.id AND start.number = looked.attempt AND start.failure IS NOT NULL
)
ORDER BY finished_at DESC
"""
# Whether something lies beyond what the two look at.
BEYOND = """
SELECT
    coalesce((SELECT finished_at >= %(since)s FROM jobs_attempt WHERE failure IS NOT NULL
        ORDER BY id DESC OFFSET %(look)s LIMIT 1), false),
    coalesce((SELECT true FROM jobs_job
        WHERE state IN (2, 3, 4, 5, 6) AND finished_at >= %(since)s AND finished_at < %(until)s
        ORDER BY finished_at DESC OFFSET %(look)s LIMIT 1), false)
"""


@dataclass(frozen=True)
class Group:
    """Starts of a target that failed alike. `failure`: their fingerprint; of those that are not `marked` what their
    reasons have in common. `can_retry`: jobs that are still as this failure has left them. `over_time`: how many ended
    in each part of the time that was looked at. `job_id` and `error` are of a sample, the last."""

    target: str
    failure: str
    marked: bool
    starts: int
    jobs: int
    can_retry: int
    first_at: datetime
    last_at: datetime
    queues: tuple[str, ...]
    ids: tuple[int, int]
    over_time: tuple[int, ...]
    start_id: int | None = None
    job_id: int = 0
    number: int = 0
    error: str = ""


@dataclass(frozen=True)
class Failures:
    """Groups of what failed between two moments, those with the most starts first. `cut`: older starts of this time
    were not looked at; `cut_unmarked`: nor older ends, for starts without a fingerprint; `more`: there are others."""

    since: datetime
    until: datetime
    groups: list[Group] = field(default_factory=list)
    cut: bool = False
    cut_unmarked: bool = False
    more: bool = False


Tell = Callable[[list[Any]], list[Any]]  # leaves out of sentences what their reader does not see


def failures(
    since: datetime,
    until: datetime,
    *,
    reach: Reach,
    tell: Tell = list,
    queue: str | None = None,
    target: str | None = None,
) -> Failures:
    """Return the groups of what failed in this time, of the jobs within this reach. Four statements, beside what
    `tell` asks."""
    condition, values = and_in_reach(reach)
    for name, value in (("queue", queue), ("target", target)):
        if value is not None:
            condition += f" AND {name} = %({name})s"
            values[name] = value
    values |= {"since": since, "until": until, "look": LOOK, "most": MOST + 1, "last": PARTS - 1}
    values |= {"states": [int(state) for state in CAN_RETRY], "part": (until - since).total_seconds() / PARTS}
    with connection.cursor() as cursor:
        cursor.execute(GROUPS.format(filters=condition), values)
        groups = [_marked(*row) for row in cursor.fetchall()]
        cursor.execute(UNMARKED.format(filters=condition), values)
        groups += _unmarked(cursor.fetchall(), since, until, tell)
        cursor.execute(BEYOND, values)
        cut, cut_unmarked = cursor.fetchone()
    groups.sort(key=lambda one: (-one.starts, -one.last_at.timestamp()))
    return Failures(since, until, _with_samples(groups[:MOST], tell), cut, cut_unmarked, len(groups) > MOST)


def _marked(target: str, failure: str, *facts: Any) -> Group:
    starts, jobs, can_retry, first, last, queues, sample, lowest, highest, parts = facts
    ids, over_time = (lowest, highest), _counted(parts)
    return Group(target, failure, True, starts, jobs, can_retry, first, last, tuple(queues), ids, over_time, sample)


class _Unmarked(NamedTuple):
    job_id: int
    target: str
    queue: str
    ended_at: datetime
    reason: str
    start_id: int | None


def _unmarked(rows: Sequence[tuple[Any, ...]], since: datetime, until: datetime, tell: Tell) -> list[Group]:
    """Group these by their targets and by what their reasons have in common."""
    ends = [_Unmarked(*row) for row in rows]
    texts = list(dict.fromkeys(one.reason for one in ends))
    said = {
        text: likeness(job.reason) for text, job in zip(texts, tell([Job(reason=text) for text in texts]), strict=True)
    }
    alike: dict[tuple[str, str], list[_Unmarked]] = {}
    for one in ends:
        alike.setdefault((one.target, said[one.reason] or NO_REASON), []).append(one)
    part = (until - since) / PARTS
    return [
        Group(
            target,
            failure,
            marked=False,
            starts=len(same),
            jobs=len(same),
            can_retry=len(same),
            first_at=same[-1].ended_at,
            last_at=same[0].ended_at,
            queues=tuple(sorted({one.queue for one in same})),
            ids=(min(one.job_id for one in same), max(one.job_id for one in same)),
            over_time=_counted(min(int((one.ended_at - since) / part), PARTS - 1) for one in same),
            start_id=same[0].start_id,
            job_id=same[0].job_id,
        )
        for (target, failure), same in alike.items()
    ]


def _counted(parts: Iterable[int]) -> tuple[int, ...]:
    counted = Counter(parts)
    return tuple(counted[part] for part in range(PARTS))


def _with_samples(groups: list[Group], tell: Tell) -> list[Group]:
    """Return the groups with what the ledger says of their samples."""
    ids = [one.start_id for one in groups if one.start_id is not None]
    starts = {
        start.pk: start for start in tell(list(Attempt.objects.filter(pk__in=ids).only("job_id", "number", "error")))
    }
    return [_with_sample(one, starts.get(one.start_id)) for one in groups]


def _with_sample(group: Group, start: Attempt | None) -> Group:
    if start is None:
        return group
    line = start.error.strip().partition("\n")[0][:LONGEST_LINE]
    return replace(group, job_id=start.job_id, number=start.number, error=line)
