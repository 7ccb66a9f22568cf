"""0046: a new installation removes what is old, one that was there before does not; on the way back no batch names a job
that is gone."""

import pytest

from tests.early import early_database
from tests.migrations.steps import ask, to

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE, AFTER = "0045", "0050"  # which makes the index on its way back that 0049 needs there
MADE = {
    "job": "INSERT INTO jobs_job (target, payload, run_at) VALUES ('demo.noop', '{}', now())",
    "log": "INSERT INTO jobs_workerlog (action, client, at) VALUES ('QUERYLIST', 'beat', now())",
    "audit": "INSERT INTO jobs_audit (subject, name, verb, reason, at) VALUES ('queue', 'mail', 'pause', '', now())",
}


@pytest.fixture(scope="module", autouse=True)
def _early(django_db_setup, django_db_blocker):
    with early_database(BEFORE, django_db_blocker):
        yield


@pytest.fixture(autouse=True)
def _before():
    """Each begins with the installation of the release before."""
    to(BEFORE)
    ask("INSERT INTO jobs_installation DEFAULT VALUES ON CONFLICT DO NOTHING")


def is_on():
    ((on,),) = ask("SELECT retention_on_at IS NOT NULL FROM jobs_installation")
    return on


def test_a_new_installation_has_it_on():
    to(AFTER)
    assert is_on()


@pytest.mark.parametrize("made", MADE)
def test_one_that_was_there_before_has_it_off(made):
    ask(MADE[made])
    to(AFTER)
    assert not is_on()


def test_a_batch_whose_last_job_was_removed_does_not_name_it_any_more():
    to(AFTER)
    ask("INSERT INTO jobs_batch (name, callback_id) VALUES ('books', 1000)")
    to(BEFORE)
    assert ask("SELECT callback_id FROM jobs_batch") == [(None,)]
    to(AFTER)
    assert ask("SELECT callback_id FROM jobs_batch") == [(None,)]
