"""The jobs that a list asks for, and an operation on all of them: by filters that have been read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from jobs.conf import conf
from jobs.models import Job, Worker
from jobs.models.querysets import FEW, JobQuerySet
from jobs.models.querysets.looks import Parts, Way
from jobs.models.querysets.within import is_narrow
from jobs.rights import Reach
from jobs.rights.reach import reach_of_team
from jobs.states import Hold, State

LOOKUPS = {
    "id": "pk",
    "queue": "queue",
    "target": "target",
    "name": "name",
    "key": "key",
    "batch": "batch_id",
    "run_at_after": "run_at__gte",
    "run_at_before": "run_at__lt",
    "created_at_after": "created_at__gte",
    "created_at_before": "created_at__lt",
    "finished_at_after": "finished_at__gte",
    "finished_at_before": "finished_at__lt",
}
FREE, HELD = "no", "any"  # beside the names of what holds jobs
MOMENTS = tuple(name for name in LOOKUPS if name.endswith(("_after", "_before")))
# All filters, in the order in which an address has them. What else a list's address says is of its pages.
FILTERS = (
    *("id", "state", "queue", "target", "name", "key", "label", "team", "worker", "failure", "q", "later_than", "held"),
    *("no_live_worker", "batch", *MOMENTS),
)
THESE = "ids"  # beside them, of an operation on jobs that were chosen one by one


def matching(jobs: JobQuerySet, wanted: Mapping[str, Any], now: datetime, *, by_index: bool = True) -> JobQuerySet:
    """Return the jobs that a query string asks for. A statement for the id or each label in `q`, for the living workers
    and for a team, where these are asked for. Not `by_index`: a part of the jobs, to which something else leads."""
    if wanted.get("state"):
        jobs = jobs.in_state(wanted["state"])
    jobs = jobs.labelled(wanted.get("label", {}), by_index=by_index)
    if text := wanted.get("q"):
        # As below: whatever else is asked for, the id of any job is an id.
        is_id = Job.objects.order_by().with_id(text) is not None
        jobs = jobs.filter(pk=int(text)) if is_id else jobs.search(text, by_index=by_index)[0]
    if "team" in wanted:
        jobs = jobs.within(reach_of_team(wanted["team"]))
    if "later_than" in wanted:
        jobs = jobs.later_than(timedelta(seconds=wanted["later_than"]), now)
    if "held" in wanted:
        jobs = _held(jobs, wanted["held"])
    if wanted.get("no_live_worker"):
        alive = list(Worker.objects.alive(now, conf().patience).values_list("session", "queues"))
        jobs = jobs.without_worker({name for _, names in alive for name in names}, {session for session, _ in alive})
    if "worker" in wanted:
        jobs = jobs.started_by(wanted["worker"])
    if "failure" in wanted:
        jobs = jobs.failed_with(wanted["failure"])
    if wanted.keys() & {"finished_at_after", "finished_at_before"}:
        jobs = jobs.final()
    if THESE in wanted:
        jobs = jobs.filter(pk__in=wanted[THESE])
    return jobs.filter(**{LOOKUPS[name]: value for name, value in wanted.items() if name in LOOKUPS})


def kept(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the filters as a row keeps them: as JSON, in one form."""
    found: dict[str, Any] = {}
    for name in (*FILTERS, THESE):
        value = wanted.get(name)
        if value is None or value is False or value in ("", [], {}):
            continue
        if name in MOMENTS:
            value = value.isoformat()
        elif name in ("state", THESE):
            value = sorted({int(one) for one in value})
        found[name] = value
    return found


def wanted_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the filters that a row keeps, as they were checked."""
    found = dict(row)
    if "state" in found:
        found["state"] = [State(value) for value in found["state"]]
    return found | {name: datetime.fromisoformat(found[name]) for name in MOMENTS if name in found}


def address_of(row: Mapping[str, Any]) -> str:
    """Return the query string of the list that shows what a row's filters find."""
    pairs: list[tuple[str, str]] = []
    for name in FILTERS:
        if name not in row:
            continue
        value = row[name]
        if name == "state":
            pairs.append((name, ",".join(str(State(one).label) for one in value)))
        elif name == "label":
            pairs += [(name, f"{key}:{text}") for key, text in sorted(value.items())]
        else:
            pairs.append((name, "true" if value is True else str(value)))
    return urlencode(pairs, safe=":,")


def _held(jobs: JobQuerySet, by: str) -> JobQuerySet:
    if by == FREE:
        return jobs.awaiting_start()
    return jobs.held(next((hold for hold in Hold if hold.words == by), None))


def narrow(wanted: Mapping[str, Any], reach: Reach, now: datetime) -> list[Parts]:
    """Return jobs among which are all that a query string asks for, in parts to which indexes lead: those of which
    there are few at most times first."""
    everything = Job.objects.order_by()
    states = wanted.get("state") or ()
    found: list[Parts] = []
    if "id" in wanted:
        found.append([everything.filter(pk=wanted["id"])])
    if "batch" in wanted:
        found.append([everything.filter(batch_id=wanted["batch"])])
    if wanted.get("label"):
        found += _of_few(everything.labelled(wanted["label"]))
    if list(states) == [State.PENDING] and "later_than" in wanted:
        found.append([everything.waiting_longer_than(timedelta(seconds=wanted["later_than"]), now)])
    if "held" in wanted:
        free, held = everything.parts_in_state([State.PENDING])
        found.append([free if wanted["held"] == FREE else held])
    if states and FEW.issuperset(states):
        found.append(everything.parts_in_state(states))
    elif wanted.get("no_live_worker"):
        found.append(everything.parts_in_state([State.PENDING, State.RUNNING]))
    if text := wanted.get("q"):
        one = everything.with_id(text)
        if one is not None:
            found.append([one])
        else:
            for label in everything.labels_in(text)[0]:
                found += _of_few(everything.labelled(label))
    if reach.own_only:
        found.append([everything.created_by(reach.user_id)])
    return found


def _of_few(labelled: JobQuerySet) -> list[Parts]:
    """Return these jobs, unless there are so many that their index would be read for nothing."""
    return [] if labelled.are_many_labelled() else [[labelled]]


def ways(wanted: Mapping[str, Any]) -> list[Way]:
    """Return the jobs of each stretch of time that a query string asks for, and that an index has in its order."""
    found = []
    for column, jobs in (("finished_at", Job.objects.final()), ("run_at", Job.objects.all())):
        ends = {LOOKUPS[name]: wanted[name] for name in (f"{column}_after", f"{column}_before") if name in wanted}
        if ends:
            found.append(Way(column, jobs.filter(**ends)))
    return found


def is_indexed(wanted: Mapping[str, Any], reach: Reach) -> bool:
    """Return whether an index leads to the jobs that a query string asks for, or all are asked for. One leads to those
    that a user has created, and none to those of his teams."""
    asked = wanted.keys() & {"state", "label", "key", "team", "worker", "failure", "q", "later_than", "held", *LOOKUPS}
    few = wanted.get("state") and FEW.issuperset(wanted["state"])
    all_of_them = not asked and (reach.own_only or not is_narrow(reach))
    direct = asked & {"id", "batch", "label", "held"} or wanted.get("no_live_worker")
    return bool(all_of_them or few or direct or {"run_at_after", "run_at_before"} <= asked)
