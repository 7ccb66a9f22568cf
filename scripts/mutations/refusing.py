"""A worker that takes no jobs: over its limits, or drained."""

from scripts.mutations.record import NEVER_LOST, ON_TIME, mutant

ARMING = "jobs/worker/arming/__init__.py"
INTAKE = "jobs/worker/inbox/intake.py"
SLOTS = "jobs/worker/slots.py"
HEARTBEAT = "jobs/worker/life/heartbeat.py"
LIMITS = "jobs/nodes/limits.py"
QUERIES = "jobs/models/querysets/workers.py"
ACKNOWLEDGING = "jobs/worker/inbox/acknowledging.py"
ARMING_TESTS = ("tests/worker/arming",)
INTAKE_TESTS = ("tests/worker/inbox/test_intake.py",)
HEARTBEAT_TESTS = ("tests/worker/life/test_heartbeat.py",)
LIMIT_TESTS = ("tests/nodes/test_limits.py",)
HAND_BACK_TESTS = ("tests/worker/inbox/test_acknowledging.py",)

MUTANTS = (
    mutant(
        "refusing: what waits is handed back",
        ON_TIME,
        ARMING_TESTS,
        (ARMING, "if self._slots.refusing and len(self._waiting):", "if False:"),
    ),
    mutant(
        "refusing: no slot is free",
        ON_TIME,
        ("tests/worker/test_slots.py",),
        (SLOTS, "return 0 if self.refusing else self.limit - self._taken", "return self.limit - self._taken"),
    ),
    mutant(
        "refusing: the consumer stops before anything goes back",
        ON_TIME,
        INTAKE_TESTS,
        (INTAKE, "        self.follow()  # first: or they come back here\n", ""),
    ),
    mutant(
        "refusing: a stopping worker does not consume again",
        NEVER_LOST,
        INTAKE_TESTS,
        (
            INTAKE,
            "if self._leaving or not self._open or consumer is None or self._consumer.blueprint.state != RUN:",
            "if self._leaving or not self._open:",
        ),
    ),
    mutant(
        "refusing: what goes back leaves the prefetch",
        ON_TIME,
        INTAKE_TESTS,
        (INTAKE, "            self._hold(-sum(ahead for _, ahead in back))\n", ""),
    ),
    mutant(
        "handed back: in its order, at the head",
        ON_TIME,
        HAND_BACK_TESTS,
        (ACKNOWLEDGING, "for text in kept if last else reversed(kept):", "for text in kept:"),
    ),
    mutant(
        "handed back: in the queue again",
        NEVER_LOST,
        HAND_BACK_TESTS,
        (ACKNOWLEDGING, "channel._do_restore_message(payload, exchange, routing_key, pipe, leftmost=last)", "pass"),
    ),
    mutant(
        "limits: not for one reading",
        ON_TIME,
        LIMIT_TESTS,
        (LIMITS, "if self._row >= (1 if self._first else IN_A_ROW):", "if self._row >= 1:"),
    ),
    mutant(
        "limits: well below", ON_TIME, LIMIT_TESTS, (LIMITS, "value < self.most * WELL_BELOW", "value <= self.most")
    ),
    mutant(
        "a drain is heard of by the heartbeat",
        ON_TIME,
        HEARTBEAT_TESTS,
        (HEARTBEAT, "self._node.told(heard.drain)", "pass"),
    ),
    mutant(
        "a drained worker stays so as another session",
        ON_TIME,
        HEARTBEAT_TESTS,
        (HEARTBEAT, ", **self._node.drain._asdict()}", "}"),
    ),
    mutant(
        "heartbeat: one that was declared gone does not beat",
        NEVER_LOST,
        HEARTBEAT_TESTS,
        (QUERIES, "WHERE session = %(session)s AND gone_at IS NULL", "WHERE session = %(session)s"),
    ),
)
