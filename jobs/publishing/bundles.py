"""Bundles: one message for many jobs of one queue, where so many are listed together that messages would cost more than
the jobs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence

from jobs.models import Worker
from jobs.models.querysets import Listed

Bundle = Sequence[Listed]  # one job or more, of one queue, soonest first

DENSE = 200  # jobs of one queue that are listed together; fewer have a message each
MOST = 100  # jobs in one bundle
SHARES = 8  # bundles for each worker at least: none is to have nothing while another has many
SPREAD = 2  # bundles for each worker over which jobs that are due one after the other are dealt out


def bundled(listed: Sequence[Listed]) -> list[Bundle]:
    """Divide jobs among messages, soonest first: each has its own, but in a queue of which DENSE and more are listed,
    if all workers there are take bundles. There those that are due one after the other are dealt out to several
    bundles, as to the players of a game: else one worker would have all that is due in one moment. Asks for the
    workers, if anything is dense; raises what the database raises then."""
    dense = {queue for queue, jobs in Counter(one.queue for one in listed).items() if jobs >= DENSE}
    crew = Worker.objects.crew() if dense else None
    if crew is None or not crew.all_take_bundles:
        return [(one,) for one in listed]
    queues: defaultdict[str, list[Listed]] = defaultdict(list)
    bundles: list[Bundle] = []
    for one in listed:
        if one.queue in dense:
            queues[one.queue].append(one)
        else:
            bundles.append((one,))
    for queue, jobs in queues.items():
        bundles += _dealt_out(jobs, crew.of(queue))
    return sorted(bundles, key=lambda bundle: bundle[0].run_at)


def size_of(bundles: Collection[Bundle]) -> int:
    """Return how many jobs are in these bundles together."""
    return sum(len(bundle) for bundle in bundles)


def _dealt_out(jobs: Sequence[Listed], workers: int) -> list[Bundle]:
    size = min(max(len(jobs) // (workers * SHARES), 1), MOST)
    hands = workers * SPREAD
    bundles: list[Bundle] = []
    for start in range(0, len(jobs), size * hands):
        round_of = jobs[start : start + size * hands]
        bundles += [round_of[hand::hands] for hand in range(min(hands, len(round_of)))]
    return bundles
