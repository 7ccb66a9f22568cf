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
        ("JOBS_HTTP_SIGNING_KEYS", ["a.example=whsec_too-short"], "jobs.E006"),
        ("JOBS_HTTP_SIGNING_KEYS", ["a.example=whsec_c2hvcnQ="], "jobs.E006"),
        ("JOBS_HTTP_SIGNING_KEYS", ["whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo="], "jobs.E006"),
        ("JOBS_HTTP_SIGNING_KEYS", ["https://a.example=whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo="], "jobs.E006"),
        ("JOBS_HTTP_ALLOW", ["10.1.2.3:0"], "jobs.E007"),
        ("JOBS_HTTP_ALLOW", ["localhost:80"], "jobs.W002"),
        ("JOBS_CELERY_TASKS", ["shop.tasks.send invoices"], "jobs.E010"),
        ("JOBS_CELERY_TASKS", ["celery:shop.tasks.pay"], "jobs.E010"),
        ("JOBS_CELERY_TASKS", ["jobs.run"], "jobs.E010"),
        ("JOBS_HTTP_ALLOW", ["https://hooks.internal"], "jobs.E007"),
        ("JOBS_HTTP_ALLOW", ["10.1.0.0/99"], "jobs.E007"),
        ("JOBS_HTTP_ALLOW", ["10.1.0.300"], "jobs.E007"),
        ("JOBS_HTTP_ALLOW", [""], "jobs.E007"),
        ("JOBS_FORM_CREATION_RATE", -1, "jobs.E008"),
        ("JOBS_FORM_CREATION_RATE", 0.0001, "jobs.E008"),
        ("JOBS_FORM_CREATION_RATE", 10_001, "jobs.E008"),
        ("JOBS_FORM_CREATION_RATE", float("nan"), "jobs.E008"),
        ("JOBS_NODE_MAX_CPU", 101.0, "jobs.E009"),
        ("JOBS_NODE_MAX_MEMORY", 0.5, "jobs.E009"),
        ("JOBS_NODE_MAX_MEMORY", float("nan"), "jobs.E009"),
        ("JOBS_NODE_MAX_LOAD", 0.0, "jobs.E009"),
    ],
)
def test_what_cannot_work_is_refused_with_a_remedy(settings, name, value, identifier):
    setattr(settings, name, value)
    found = {message.id: message for message in check_settings(None)}
    assert identifier in found
    assert found[identifier].hint


def test_zero_is_no_creation_limit(settings):
    settings.JOBS_FORM_CREATION_RATE = 0
    assert check_settings(None) == []


@pytest.mark.parametrize(
    "entry", ["hooks.internal", ".corp.example:8443", "10.1.2.3", "10.1.0.0/16", "fd00::/8", "[fd00::1]:443"]
)
def test_what_may_be_opened_to_http_jobs(settings, entry):
    settings.JOBS_HTTP_ALLOW = [entry]
    assert check_settings(None) == []
