import pytest

from jobs.checks import check_settings


def test_the_defaults_pass():
    assert check_settings(None) == []


@pytest.mark.parametrize(
    ("name", "value", "identifier"),
    [
        ("JOBS_MIN_PREPARE_TIME", 0.5, "jobs.E001"),
        ("JOBS_MAX_DELAY_TIME", 0, "jobs.E002"),
        ("JOBS_ARM_LEAD", 10, "jobs.E003"),
        ("JOBS_LOOK_AHEAD", 0.2, "jobs.E004"),
        ("JOBS_HEARTBEAT_PATIENCE", 9, "jobs.E005"),
        ("JOBS_MAX_DELAY_TIME", 19, "jobs.W001"),
    ],
)
def test_what_cannot_work_is_refused_with_a_remedy(settings, name, value, identifier):
    setattr(settings, name, value)
    found = {message.id: message for message in check_settings(None)}
    assert identifier in found
    assert found[identifier].hint
