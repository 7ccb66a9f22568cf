"""Mutants of alerts, objectives and changes of jobs: said once, to whom it is for, and in no other's name."""

from verification.mutants.record import NEVER_LOST, NEVER_TWICE, PERMITTED, mutant

KEEPING = "jobs/alerts/keeping.py"
SENDING = "tests/alerts/test_sending.py"
KEPT = "tests/alerts/test_keeping.py"
CHANGES = "tests/alerts/changes/test_reading.py"
FLAPS = (f"{KEPT}::test_what_goes_on_and_off_twenty_times_says_two_things",)

MUTANTS = (
    mutant(
        "alerts: resolved only when it has stayed good",
        NEVER_TWICE,
        FLAPS,
        (KEEPING, "elif now - alert.last_seen_at >= GOOD_FOR:", "else:"),
    ),
    mutant(
        "alerts: what is good again is resolved, though nothing is wrong",
        NEVER_LOST,
        (
            "tests/alerts/test_watching.py::test_what_is_good_again_is_resolved_and_after_that_nothing_is_asked_of_alerts",
        ),
        ("jobs/alerts/watcher.py", "if not found and not self._any_open:", "if not found:"),
    ),
    mutant(
        "alerts: what comes back soon is the same",
        NEVER_TWICE,
        FLAPS,
        (KEEPING, "before = lately.get(condition.key)", "before = None"),
    ),
    mutant(
        "alerts: what is silenced is said to nobody",
        PERMITTED,
        (f"{KEPT}::test_a_silenced_one_says_nothing_and_when_the_silence_ends_it_is_said",),
        (KEEPING, "any(one.fits(alert.fingerprint) for one in silences)", "False"),
    ),
    mutant(
        "alerts: what stays after it came back is said",
        NEVER_LOST,
        (f"{KEPT}::test_what_has_come_back_and_stays_is_said_again",),
        (KEEPING, "if was_silenced or stays else []", "if was_silenced else []"),
    ),
    mutant(
        "alerts: a destination gets one thing after the other",
        NEVER_TWICE,
        (f"{SENDING}::test_of_one_alert_a_destination_gets_one_thing_after_the_other",),
        ("jobs/models/destination.py", "waiting.exclude(Exists(earlier))", "waiting"),
    ),
    mutant(
        "alerts: what is sent is signed",
        PERMITTED,
        (f"{SENDING}::test_a_webhook_gets_a_cloud_event_with_a_signature",),
        ("jobs/targets/http/posting.py", "        **signed(url.origin, message, now, body),\n", ""),
    ),
    mutant(
        "alerts: no webhook is sent unsigned",
        PERMITTED,
        (f"{SENDING}::test_a_webhook_may_lead_only_where_jobs_may_and_is_signed",),
        ("jobs/alerts/sinks.py", "if not is_signed(request.url):", "if False:"),
    ),
    mutant(
        "alerts: people answer for those of their queues only",
        PERMITTED,
        ("tests/rights/test_matrix.py::test_rest_answers_as_it_is_written",),
        ("jobs/models/alert.py", "of_all | of_teams | (", "~Q(pk=None) | ("),
    ),
    mutant(
        "alerts: rules of administrators tell whom they name",
        PERMITTED,
        ("tests/alerts/own/test_own_rules.py::test_those_that_it_names_are_told_and_no_others_and_both_ends",),
        (KEEPING, "if not alert.is_own:", "if True:"),
    ),
    mutant(
        "objectives: what is beyond the edge is late, and nothing else",
        NEVER_LOST,
        ("tests/objectives/test_counting.py::test_the_figures_count_as_looking_at_each_start_does",),
        ("jobs/models/rollups/budgets.py", "delay_digest[i][1] > wanted.place", "delay_digest[i][1] >= wanted.place"),
    ),
    mutant(
        "objectives: it burns while both windows see it",
        NEVER_TWICE,
        ("tests/objectives/test_burning.py::test_a_fast_burn_is_told_while_both_windows_see_it",),
        ("jobs/objectives/burning.py", " and self.rate(window.short) >= least", ""),
    ),
    mutant(
        "changes: what commits late is not passed by",
        NEVER_LOST,
        (f"{CHANGES}::test_the_horizon_waits_for_whoever_has_an_id_and_has_not_committed",),
        ("jobs/alerts/changes/horizon.py", "seen.fence is not None and oldest >= seen.fence", "seen.fence is not None"),
    ),
    mutant(
        "changes: the position is where the batch ended",
        NEVER_LOST,
        (f"{CHANGES}::test_much_is_read_in_bounded_batches_and_nothing_is_left_out",),
        ("jobs/alerts/changes/reading.py", 'come._replace(starts=starts[-1]["id"])', "upto"),
    ),
    mutant(
        "changes: one batch after the other",
        NEVER_TWICE,
        (f"{CHANGES}::test_one_batch_after_the_other_is_due",),
        ("jobs/models/destination.py", "waiting.exclude(Q(Exists(batches), event=Delivery.CHANGES))", "waiting"),
    ),
)
