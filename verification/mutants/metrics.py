"""Mutants of the metrics: who may read them."""

from verification.mutants.record import PERMITTED, mutant

PAGE = "jobs/monitor/metrics_page.py"
WHO = ("tests/monitor/test_metrics.py",)

MUTANTS = (
    mutant(
        "metrics: who sees some teams does not read them",
        PERMITTED,
        WHO,
        (PAGE, "if not reach_of(request.user).is_whole:", "if False:"),
    ),
    mutant(
        "metrics: a proxy that nobody has named lets nobody in",
        PERMITTED,
        WHO,
        (PAGE, "is_behind_unnamed_proxy(request) or ", ""),
    ),
)
