"""Bundles: none of their jobs is lost, each is dealt with for itself, and no worker has all of them."""

from verification.mutants.record import NEVER_LOST, ON_TIME, mutant

WAITING = "jobs/worker/arm/waiting_jobs.py"
STRATEGY = "jobs/worker/receive/strategy.py"
PREFETCH = "jobs/worker/receive/prefetch.py"
BUNDLES = "jobs/publishing/bundles.py"
RECEIVED = "tests/worker/receive/test_bundles.py"
PUT_OFF = "tests/worker/receive/test_put_off.py"
PUBLISHED = "tests/publishing/test_bundles.py"

MUTANTS = (
    mutant(
        "bundle: who waits for a slot is told of a free one",
        ON_TIME,
        ("tests/worker/arm/test_gathering.py::test_it_is_told_of_a_freed_slot_only_when_it_waits_for_one",),
        ("jobs/worker/arm/armer.py", "        if self._starved:\n            self.wake()", "        pass"),
    ),
    mutant(
        "bundle: its message is acknowledged with the last of it",
        NEVER_LOST,
        (f"{RECEIVED}::test_it_is_acknowledged_once_when_the_last_of_it_has_been_dealt_with",),
        (WAITING, "self._others = [None] * (jobs - 1)", "self._others = [None] * 0"),
    ),
    mutant(
        "bundle: a part that is handed back has a message of its own",
        NEVER_LOST,
        (f"{RECEIVED}::test_of_a_part_that_is_handed_back_another_message_is_made",),
        (STRATEGY, "len(jobs) < held.jobs]", "False]"),
    ),
    mutant(
        "bundle: of which a part was dealt with it does not go back whole",
        NEVER_LOST,
        (f"{RECEIVED}::test_of_a_part_that_is_handed_back_another_message_is_made",),
        (STRATEGY, "if len(jobs) == held.jobs]", "if jobs]"),
    ),
    mutant(
        "bundle: a part is dealt with when the broker has it",
        NEVER_LOST,
        (f"{RECEIVED}::test_a_part_that_the_broker_does_not_take_goes_out_later",),
        (
            STRATEGY,
            "        try:\n            send_each(parts, self._send_on)",
            "        [delivery.acknowledge() for part in parts for _, delivery, _ in part]\n"
            "        try:\n            send_each(parts, self._send_on)",
        ),
    ),
    mutant(
        "bundle: passed on, it is dealt with when the broker has it",
        NEVER_LOST,
        ("tests/worker/arm/test_handoff.py::test_what_the_broker_does_not_take_stays_and_goes_nowhere_any_more",),
        (
            "jobs/worker/arm/handoff.py",
            "        hops = max(waiting.hops for waiting in together) + 1",
            "        hops = max(waiting.hops for waiting in together) + 1\n        together[-1].acknowledge()\n"
            "        [one.acknowledge() for one in together[:-1]]",
        ),
    ),
    mutant(
        "bundle: not while a worker of before lives",
        NEVER_LOST,
        (f"{PUBLISHED}::test_while_a_worker_of_before_lives_nobody_gets_bundles",),
        (BUNDLES, "crew is None or not crew.all_take_bundles", "crew is None"),
    ),
    mutant(
        "bundle: refused twice, all of it is listed again",
        NEVER_LOST,
        (f"{PUBLISHED}::test_a_queue_that_refuses_bundles_gives_all_their_jobs_back",),
        (
            "jobs/scheduler/dispatcher.py",
            "Job.objects.unmark([listed.id for bundle in refused for listed in bundle])",
            "Job.objects.unmark([bundle[0].id for bundle in refused])",
        ),
    ),
    mutant(
        "bundle: of late ones all that did not go out are listed again",
        NEVER_LOST,
        (f"{PUBLISHED}::test_of_late_jobs_in_bundles_what_did_not_go_out_is_given_back",),
        (
            "jobs/publishing/late.py",
            "for bundle in left for listed in bundle]",
            "for bundle in left for listed in bundle[:1]]",
        ),
    ),
    mutant(
        "bundle: no worker holds more due ones than keep it busy",
        ON_TIME,
        (f"{RECEIVED}::test_due_bundles_are_no_more_than_keep_the_slots_busy",),
        (PREFETCH, "if self._latest > 1 and base:", "if False:"),
    ),
    mutant(
        "bundle: what came beyond that goes back",
        ON_TIME,
        (f"{RECEIVED}::test_what_the_broker_gave_beyond_that_goes_back_for_others",),
        (STRATEGY, "if self._prefetch.is_exceeded and not held.ahead:", "if False:"),
    ),
    mutant(
        "bundle: those that wait for a limit do not count as due",
        ON_TIME,
        (f"{PUT_OFF}::test_due_ones_of_others_stay_here_beside_them",),
        (PREFETCH, "self.let_go(due=1, due_jobs=jobs)", "self.let_go()"),
    ),
    mutant(
        "bundle: those that wait for a limit keep no others from coming",
        ON_TIME,
        (f"{PUT_OFF}::test_bundles_that_wait_for_a_limit_are_held_beside_those_that_are_due",),
        (STRATEGY, "self._prefetch.set_aside(held.jobs)", "pass"),
    ),
    mutant(
        "bundle: of which some are due it is due",
        ON_TIME,
        (f"{PUT_OFF}::test_one_of_which_some_are_due_still_is_due_until_they_have_been_dealt_with",),
        (WAITING, "if len(put_off) > len(self._others):", "if put_off:"),
    ),
    mutant(
        "bundle: a job that waits for a limit says so",
        ON_TIME,
        ("tests/worker/arm/test_parking.py::test_one_that_waits_for_the_answer_of_another_needs_no_slot_and_says_so",),
        (
            "jobs/worker/arm/taking.py",
            "            waiting.put_off()\n            self._again",
            "            self._again",
        ),
    ),
    mutant(
        "bundle: what is due together is dealt out",
        ON_TIME,
        (f"{PUBLISHED}::test_every_worker_gets_several_bundles_and_what_is_due_together_is_dealt_out",),
        (BUNDLES, "round_of[hand::hands]", "round_of[hand * size : (hand + 1) * size]"),
    ),
    mutant(
        "bundle: of a crowd only what others want is passed on",
        ON_TIME,
        ("tests/worker/arm/test_arming.py::test_of_a_crowd_only_what_others_want_is_passed_on",),
        ("jobs/worker/arm/armer.py", 'and not self._is_wanted(self._waiting.last_queue or "")', "and False"),
    ),
)
