"""Verdict: what is wrong, worst first, each with what to do. No sentence has ticking numbers: they are read aloud."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.clock import BUDGET
from jobs.conf import conf
from jobs.models.installation import COMMAND, REMEDY
from jobs.models.querysets.overviews import FIGURES_LIMIT
from jobs.monitor.problem import LATE, Link, Problem, job_name, to_count, to_each, to_jobs, to_pages
from jobs.monitor.snapshot import Snapshot
from jobs.monitor.words import NAMED, counted, listed, named, verb_s
from jobs.states import Hold
from jobs.web.addresses import here

START_BEAT = "celery -A project beat"
START_WORKER = "celery -A project worker -P threads -c 5 -n w1@%h"


@dataclass(frozen=True)
class Verdict:
    """The first thing to read. `level` is that of the worst problem, or good."""

    level: str
    headline: str
    problems: tuple[Problem, ...]

    @property
    def links(self) -> tuple[Link, ...]:
        """Return those of the headline, which says the first problem."""
        return self.problems[0].links if self.problems else ()


def judge(seen: Snapshot) -> Verdict:
    """Return the verdict on a snapshot."""
    problems = (*_stopped(seen), *_late(seen), *_troubled(seen))
    problems = tuple(sorted(problems, key=lambda p: p.level != "bad"))
    if not problems:
        return Verdict("good", f"All well: {_all_well(seen)}", ())
    more = len(problems) - 1
    return Verdict(problems[0].level, problems[0].what + (f" And {more} more:" if more else ""), problems)


def _stopped(seen: Snapshot) -> list[Problem]:
    found = []
    if seen.restored:
        found.append(Problem("bad", seen.restored.what, REMEDY, COMMAND))
    found += [Problem(*stop.problem) for stop in seen.stops]
    if seen.leader.absent:
        found.append(
            Problem("bad", "No beat is leading: no job will be published.", "Start one on any host:", START_BEAT)
        )
    if not seen.broker_reachable:
        found.append(
            Problem(
                "bad",
                "The broker does not answer: no job reaches a worker.",
                "See that it runs where BROKER_URL points. The jobs are safe in the table and go out when it is back.",
            )
        )
    if not seen.alive:
        found.append(Problem("bad", "No worker is alive: no job will start.", "Start one on any host:", START_WORKER))
    elif not seen.taking:
        remedy = f"{_why_none(seen)} Resume one, relieve its host, or start another on a host with room:"
        found.append(Problem("bad", "All workers refuse jobs: none will start.", remedy, START_WORKER))
    return found


def _late(seen: Snapshot) -> list[Problem]:
    found = []
    unserved = [q for q in seen.queues if q.pending and not q.slots]
    if unserved and seen.taking:
        queues = named("queue", [q.name for q in unserved])
        found.append(
            Problem(
                "bad" if any(q.overdue for q in unserved) else "warn",
                f"No worker takes from {queues}, where jobs wait.",
                "Start a worker for it:",
                f"{START_WORKER.replace('w1', unserved[0].name)} -Q {','.join(q.name for q in unserved)}",
                to_each((q.name for q in unserved), "queue"),
            )
        )
    if seen.overdue_count:
        overdue = to_count(seen.overdue_count, state="pending", later_than=LATE)
        what = f"{counted(seen.overdue_count, 'is', 'are')} overdue."
        found.append(Problem("bad", what, _why_overdue(seen), links=(overdue,)))
    if seen.leader.unpublished:
        count = "" if seen.leader.listed is None else f" {seen.leader.listed}"
        found.append(
            Problem(
                "warn",
                f"The last window's{count} jobs are not all published yet.",
                "The broker is slow or away; the beat goes on trying. Its log says more.",
            )
        )
    return found


def _why_overdue(seen: Snapshot) -> str:
    if seen.restored or seen.leader.absent or not seen.broker_reachable or not seen.taking:
        return "They start as soon as the above is repaired."
    if any(stop.has_begun for stop in seen.stops):
        return "They start when everything goes on."
    if all(q.slots == 0 for q in seen.queues if q.overdue):
        return "They start as soon as a worker takes from their queue."
    if seen.busy >= seen.slots:
        return f"All {seen.slots} slots are busy: start another worker, or give one more slots."
    return "They are published again within the next windows. If they stay, open one: its page says what it waits for."


def _troubled(seen: Snapshot) -> list[Problem]:
    found = []
    silent = [w.name for w in seen.workers if w.status == "silent"]
    gone = [w.name for w in seen.workers if w.status == "gone"]
    off = [w.name for w in seen.alive if abs(w.offset_ms) > BUDGET * 1000]
    if seen.taking:
        found += _refusing(seen)
    if silent:
        patience = conf().heartbeat_patience
        remedy = (
            f"After {patience:g} s of silence it counts as gone, and what it runs as interrupted. Look at its host."
        )
        what = f"{named('Worker', silent)} missed a heartbeat."
        found.append(Problem("warn", what, remedy, links=to_each(silent, "worker")))
    if gone:
        remedy = "What it ran is interrupted. If it was stopped on purpose, this note leaves after ten minutes."
        what = f"{named('Worker', gone)} vanished without a good-bye."
        found.append(Problem("warn", what, remedy, links=to_each(gone, "worker")))
    if off:
        remedy = "Jobs still start on time, since its timers are corrected; let NTP set the clock of its host."
        whose = named("worker", off)
        what = f"The clock of {whose} is off." if len(off) == 1 else f"The clocks of {whose} are off."
        found.append(Problem("warn", what, remedy, links=to_each(off, "worker")))
    found += _zones_differ(seen)
    foreign = [w for w in seen.alive if w.foreign]
    if foreign:
        remedy = (
            f"{foreign[0].name}: {foreign[0].foreign}. They go back, late. Give each installation a BROKER_URL "
            "of its own: another database number or virtual host."
        )
        names = [w.name for w in foreign]
        what = f"{named('Worker', names)} get{verb_s(foreign)} another installation's messages."
        found.append(Problem("warn", what, remedy, links=to_each(names, "worker")))
    figures = seen.figures
    if seen.interrupted:
        found.append(_undecided(seen))
    found += _needs_a_person(seen)
    if figures.failed:
        among = f"among the last {FIGURES_LIMIT:,} that ended" if figures.cut else "in the last hour"
        remedy = "Open one below: its page says why. Failures has them in groups."
        what = f"{counted(figures.failed, 'has', 'have')} failed {among}."
        in_groups = Link("failed", here("/failures/?span=1h"))
        found.append(Problem("warn", what, remedy, links=(to_count(figures.failed, state="failed"), in_groups)))
    limit = conf().max_delay_time
    if figures.high is not None and figures.high > limit * 1000:
        remedy = "More slots, or fewer jobs at the same moment. The page of each late job says why it was."
        what = f"A job of the last hour started more than {limit:g} s late."
        found.append(Problem("warn", what, remedy, links=(to_jobs("A job", later_than=f"{limit:g}", sort="delay"),)))
    return found


def _zones_differ(seen: Snapshot) -> list[Problem]:
    """Return the problem of processes that know different time zones: they open one calendar at different times."""
    if len(seen.zones) < 2:
        return []
    uses = "; ".join(f"{listed(names[:NAMED], len(names))} {release}" for release, names in seen.zones.items())
    remedy = (
        "Install the same package tzdata for all of them and start them again: until then one calendar may open at "
        "different times."
    )
    workers = {w.name for w in seen.workers}
    shown = [name for names in seen.zones.values() for name in names[:NAMED] if name in workers]
    what = f"Processes use different releases of the time zones: {uses}."
    return [Problem("warn", what, remedy, links=to_each(shown, "worker"))]


def _needs_a_person(seen: Snapshot) -> list[Problem]:
    """Return what waits for a person's word, and what does not end."""
    found = []
    for limit in seen.paused[:NAMED]:
        by = f" by {limit.by}" if limit.by else ""
        what = f"{limit.what.capitalize()} is paused{by}{f': {limit.reason}' if limit.reason else '.'}"
        remedy = "Its jobs wait. Resume a queue in its row below, a key under its limits in the admin."
        found.append(Problem("warn", what, remedy, links=(to_jobs(limit.name, **{limit.kind: limit.name}),)))
    if len(seen.paused) > NAMED:
        more = f"{len(seen.paused) - NAMED} more queues or keys are paused."
        found.append(Problem("warn", more, "The limits of queues and keys in the admin say which."))
    late = seen.held.get(Hold.PERSON.words, 0)
    if late:
        what = f"{counted(late, 'is', 'are')} later than wanted, and held."
        remedy = "Release or cancel each on its page."
        found.append(Problem("warn", what, remedy, links=(to_count(late, held=Hold.PERSON.words),)))
    beyond = [job for job in seen.running if job.beyond_deadline]
    if beyond:
        names = [job_name(job) for job in beyond]
        what = f"{named('Job', names)} run{verb_s(beyond)} beyond {'its' if len(beyond) == 1 else 'their'} deadline."
        remedy = (
            "A thread ends only by itself: its target asks for its deadline too seldom. Its slot is taken until then."
        )
        found.append(Problem("warn", what, remedy, links=to_pages(beyond)))
    return found


def _refusing(seen: Snapshot) -> list[Problem]:
    """Return problems of workers that take no jobs, while others do."""
    drained = [w.name for w in seen.alive if w.refusing and w.drained]
    full = [w for w in seen.alive if w.refusing and not w.drained]
    found = []
    if full:
        remedy = (
            f"{full[0].name}: {full[0].refusing}. It goes on by itself when its host has room; others run the jobs."
        )
        names = [w.name for w in full]
        what = f"{named('Worker', names)} refuse{verb_s(full)} jobs."
        found.append(Problem("warn", what, remedy, links=to_each(names, "worker")))
    if drained:
        what = f"{named('Worker', drained)} {'is' if len(drained) == 1 else 'are'} drained."
        remedy = "What runs there ends there. Resume it in its row below when it may take jobs again."
        found.append(Problem("warn", what, remedy, links=to_each(drained, "worker")))
    return found


def _why_none(seen: Snapshot) -> str:
    first = seen.alive[0]
    return f"{first.name}: {first.refusing}."


def _undecided(seen: Snapshot) -> Problem:
    """Interrupted jobs stay here until a person has said what became of them, however old they are."""
    names = [job_name(job) for job in seen.interrupted]
    these = listed(names, seen.interrupted_count)
    lost = counted(seen.interrupted_count, "was interrupted and waits", "were interrupted and wait")
    what = f"{lost} for a decision: {these}."
    remedy = (
        "A worker vanished after the start, so what was done is not known. Look at each, then press confirm done, "
        "confirm failed or retry on its page, with the reason."
    )
    how_many = to_count(seen.interrupted_count, state="interrupted")
    return Problem("warn", what, remedy, links=(how_many, *to_pages(seen.interrupted)))


def _all_well(seen: Snapshot) -> str:
    alive = len(seen.taking)
    workers = f"{alive} worker{'s' if alive != 1 else ''} with {seen.slots} slots"
    return f"{workers}, and nothing is due." if not seen.due_next else f"{workers}, ready for what is due next."
