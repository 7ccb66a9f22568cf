"""A worker that takes no jobs: over its limits, or drained."""

from verification.mutants.record import NEVER_LOST, ON_TIME, mutant

ARMER = "jobs/worker/arm/armer.py"
STRATEGY = "jobs/worker/receive/strategy.py"
SLOTS = "jobs/worker/run/slots.py"
HEARTBEAT = "jobs/worker/process/heartbeat.py"
LIMITS = "jobs/nodes/thresholds.py"
QUERIES = "jobs/models/querysets/workers.py"
ACKNOWLEDGING = "jobs/worker/receive/acks.py"

MUTANTS = (
    mutant(
        "refusing: what waits is handed back",
        ON_TIME,
        (
            "tests/worker/arm/test_arming.py::test_a_worker_that_refuses_hands_back_what_waits_and_what_comes_and_ends_what_runs",
        ),
        (ARMER, "if self._slots.refusing and len(self._waiting):", "if False:"),
    ),
    mutant(
        "refusing: no slot is free",
        ON_TIME,
        ("tests/worker/test_slots.py::test_while_the_node_refuses_no_slot_is_free_however_many_are",),
        (SLOTS, "return 0 if self.refusing else self.limit - self._taken", "return self.limit - self._taken"),
    ),
    mutant(
        "refusing: the consumer stops before anything goes back",
        ON_TIME,
        ("tests/worker/receive/test_strategy.py::test_a_worker_that_refuses_stops_consuming_before_it_hands_back",),
        (STRATEGY, "        self.follow()  # first: or they come back here\n", ""),
    ),
    mutant(
        "refusing: a stopping worker does not consume again",
        NEVER_LOST,
        ("tests/worker/receive/test_strategy.py::test_one_that_takes_jobs_again_consumes_again_but_not_when_it_stops",),
        (
            STRATEGY,
            "if self._leaving or not self._open or consumer is None or self._consumer.blueprint.state != RUN:",
            "if self._leaving or not self._open:",
        ),
    ),
    mutant(
        "refusing: what goes back leaves the prefetch",
        ON_TIME,
        ("tests/worker/receive/test_strategy.py::test_what_is_handed_back_leaves_room_for_others",),
        (STRATEGY, "        self._let_go(whole)\n", ""),
    ),
    mutant(
        "handed back: in its order, at the head",
        ON_TIME,
        (
            "tests/worker/receive/test_acknowledging.py::test_what_is_handed_back_is_the_next_to_be_taken_and_in_its_order",
        ),
        (ACKNOWLEDGING, "for text in kept if last else reversed(kept):", "for text in kept:"),
    ),
    mutant(
        "handed back: in the queue again",
        NEVER_LOST,
        (
            "tests/worker/receive/test_acknowledging.py::test_what_is_handed_back_is_the_next_to_be_taken_and_in_its_order",
        ),
        (ACKNOWLEDGING, "channel._do_restore_message(payload, exchange, routing_key, pipe, leftmost=last)", "pass"),
    ),
    mutant(
        "limits: not for one reading",
        ON_TIME,
        ("tests/nodes/test_thresholds.py::test_a_spike_is_nothing",),
        (LIMITS, "if self._row >= (1 if self._first else IN_A_ROW):", "if self._row >= 1:"),
    ),
    mutant(
        "limits: well below",
        ON_TIME,
        ("tests/nodes/test_thresholds.py::test_a_lull_is_nothing_either_and_just_below_the_limit_is_not_well",),
        (LIMITS, "value < self.most * WELL_BELOW", "value <= self.most"),
    ),
    mutant(
        "a drain is heard of by the heartbeat",
        ON_TIME,
        ("tests/worker/process/test_heartbeat.py::test_it_tells_of_the_node_and_hears_of_a_drain_in_one_statement",),
        (HEARTBEAT, "self._capacity.set_drain(heard.drain)", "pass"),
    ),
    mutant(
        "a drained worker stays so as another session",
        ON_TIME,
        ("tests/worker/process/test_heartbeat.py::test_whoever_was_drained_stays_so_as_another_session",),
        (HEARTBEAT, ", **self._capacity.drain._asdict()}", "}"),
    ),
    mutant(
        "heartbeat: one that was declared gone does not beat",
        NEVER_LOST,
        ("tests/worker/process/test_heartbeat.py::test_a_worker_that_was_declared_gone_goes_on_as_another_session",),
        (QUERIES, "WHERE session = %(session)s AND gone_at IS NULL", "WHERE session = %(session)s"),
    ),
)
