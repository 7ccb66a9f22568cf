"""Mutants of the doctor: it changes nothing, shows no secret, and one check that fails stops no other."""

from verification.mutants.record import PERMITTED, mutant

PATIENT = "jobs/doctor/patient.py"
EXAMINATION = "jobs/doctor/examination.py"
TESTS = "tests/doctor/test_examination.py"

MUTANTS = (
    mutant(
        "doctor: it cannot write",
        PERMITTED,
        (f"{TESTS}::test_a_check_cannot_change_anything",),
        (PATIENT, '    "transaction_read_only": "on",\n', ""),
    ),
    mutant(
        "doctor: its settings end with the check",
        PERMITTED,
        (f"{TESTS}::test_the_session_is_as_before",),
        (PATIENT, "transaction.set_rollback(True)", "pass"),
    ),
    mutant(
        "doctor: what a check says has no secrets",
        PERMITTED,
        (f"{TESTS}::test_no_secret_is_shown",),
        (EXAMINATION, 'masked(" ".join(part.split()))', '" ".join(part.split())'),
    ),
    mutant(
        "doctor: a check that fails stops no other",
        PERMITTED,
        (f"{TESTS}::test_a_check_that_raises_stops_no_other",),
        (EXAMINATION, "except Exception as error:", "except ValueError as error:"),
    ),
)
