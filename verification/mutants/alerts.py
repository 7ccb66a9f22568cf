"""Mutants of alerts: said once, to whom it is for, and in no other's name."""

from verification.mutants.record import NEVER_LOST, NEVER_TWICE, PERMITTED, mutant

KEEPING = "jobs/alerts/keeping.py"
SENDING = "tests/alerts/test_sending.py"
KEPT = "tests/alerts/test_keeping.py"
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
        ("jobs/models/alert.py", "shared | of_queues | (", "~Q(pk=None) | ("),
    ),
)
