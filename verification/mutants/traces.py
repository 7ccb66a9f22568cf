"""Mutants of the traces of creators, and of the spans of attempts that nobody waits for."""

from verification.mutants.record import ACCEPTED, ON_TIME, PERMITTED, mutant

CALLERS = "tests/api/test_traceparent.py"
SPANS = "tests/traces/test_spans.py"
OUTBOX = "tests/traces/test_outbox.py"

MUTANTS = (
    mutant(
        "traces: a repeat of a request has another trace",
        ACCEPTED,
        (f"{CALLERS}::test_a_repeat_with_another_trace_is_the_same_request",),
        ("jobs/rules/asked.py", '("idempotency_key", "traceparent")', '("idempotency_key",)'),
    ),
    mutant(
        "traces: a header that cannot be read loses no job",
        ACCEPTED,
        (f"{CALLERS}::test_one_that_cannot_be_read_counts_as_none",),
        ("jobs/traceparent.py", "return value if _GOOD.fullmatch(value) else None", "return value"),
    ),
    mutant(
        "traces: a span is linked to the job's creator",
        PERMITTED,
        (f"{SPANS}::test_it_is_linked_to_the_trace_of_the_creator_and_is_no_child_of_it",),
        ("jobs/traces/spans.py", "links=[] if started.traceparent is None else", "links=[] if True else"),
    ),
    mutant(
        "traces: spans that wait have a bound",
        ON_TIME,
        (f"{OUTBOX}::test_what_does_not_fit_is_dropped_and_counted",),
        ("jobs/traces/outbox.py", "if len(self._waiting) >= MOST:", "if False:"),
    ),
    mutant(
        "traces: no end waits for the collector",
        ON_TIME,
        (f"{OUTBOX}::test_jobs_start_and_end_while_the_collector_does_not_answer",),
        (
            "jobs/traces/__init__.py",
            "outbox.put(_light(event, event.end))",
            "(make or exporter)().export([span_of(event)])",
        ),
    ),
    mutant(
        "traces: a process that ends does not wait for the collector",
        ON_TIME,
        (f"{OUTBOX}::test_a_process_that_ends_does_not_wait_for_a_collector_that_does_not_answer",),
        ("jobs/traces/outbox.py", "self._thread.join(within)", "self._thread.join(100)"),
    ),
)
