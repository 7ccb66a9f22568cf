"""A database that refuses: each job is started once, and its end is recorded, whichever statement failed.

The errors are the server's own: triggers raise them with the SQLSTATE of the real thing, and PostgreSQL itself refuses
connections beyond the limit of a role.
"""

from __future__ import annotations

import pytest
from django.db import connection

from jobs.models import Attempt, Job
from jobs.states import State
from tests.integration.conftest import EXACTLY_ONCE, all_final, database_url, wait_for

pytestmark = [pytest.mark.processes]

ACQUIRE, FINISH = "OLD.state = 0 AND NEW.state = 1", "OLD.state = 1 AND NEW.state = 2"
LEDGER = "NEW.number = 1"
SERIALIZATION, DEADLOCK, DISK_FULL = "40001", "40P01", "53100"

# Each job's trigger: the statement that fails, with what, and how often. A worker tries an acquisition three times, and
# one time more where the first was together with others.
FAULTS = {
    "serialization": ("BEFORE UPDATE ON jobs_job", ACQUIRE, SERIALIZATION, 1),
    "deadlock": ("BEFORE INSERT ON jobs_attempt", LEDGER, DEADLOCK, 1),
    "commit": ("AFTER UPDATE ON jobs_job DEFERRABLE INITIALLY DEFERRED", ACQUIRE, SERIALIZATION, 1),
    "disk full": ("BEFORE INSERT ON jobs_attempt", LEDGER, DISK_FULL, 2),
    "disk full for long": ("BEFORE INSERT ON jobs_attempt", LEDGER, DISK_FULL, 4),
    "end: serialization": ("BEFORE UPDATE ON jobs_job", FINISH, SERIALIZATION, 1),
    "end: deadlock": ("BEFORE UPDATE ON jobs_attempt", "OLD.outcome IS NULL", DEADLOCK, 1),
    "end: commit": ("AFTER UPDATE ON jobs_job DEFERRABLE INITIALLY DEFERRED", FINISH, SERIALIZATION, 1),
    "end: disk full": ("BEFORE UPDATE ON jobs_job", FINISH, DISK_FULL, 4),
}
# A sequence counts on when its transaction is rolled back.
RAISE = """
CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval(TG_ARGV[0]) <= TG_ARGV[2]::int THEN
        RAISE EXCEPTION 'fault at %', TG_NAME USING ERRCODE = TG_ARGV[1];
    END IF;
    RETURN NEW;
END $$
"""


def sql(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def faults(transactional_db):
    """Make the statements of a job fail."""
    made = []
    sql(RAISE)

    def make(job_id, when, condition, errcode, times):
        constraint = "CONSTRAINT" if "DEFERRED" in when else ""
        column = "job_id" if "jobs_attempt" in when else "id"
        sql(f"CREATE SEQUENCE fault_{job_id}")
        made.append(f"fault_{job_id}")
        sql(
            f"CREATE {constraint} TRIGGER fault_{job_id} {when} FOR EACH ROW"
            f" WHEN (NEW.{column} = {job_id} AND {condition})"
            f" EXECUTE FUNCTION fault('fault_{job_id}', '{errcode}', '{times}')"
        )

    yield make
    sql("DROP FUNCTION fault CASCADE")
    for sequence in made:
        sql(f"DROP SEQUENCE {sequence}")


@pytest.fixture
def role(transactional_db):
    """A role that PostgreSQL can refuse, which a superuser is not."""
    name = f"{connection.settings_dict['NAME']}_limited"
    sql(f"CREATE ROLE {name} LOGIN PASSWORD 'limited' IN ROLE {connection.settings_dict['USER']}")
    yield name
    sql(f"DROP ROLE {name}")


def test_a_database_that_refuses(cluster, bodies, faults, role):
    cluster.environment["JOBS_HEARTBEAT_PATIENCE"] = "60"  # hearts fail, too, while there is no connection
    cluster.beat()
    _, _, server = database_url().partition("@")
    bodies.launch("w1", slots=len(FAULTS), DATABASE_URL=f"postgresql://{role}:limited@{server}")
    cluster.ready("w1")

    failing = {bodies.create(3, "patient", name, seconds=0): name for name in FAULTS}
    for job_id, name in failing.items():
        faults(job_id, *FAULTS[name])
    wait_for(lambda: all_final(*failing), "the jobs with failing statements to end")
    for job in Job.objects.filter(pk__in=failing):
        name = failing[job.pk]
        assert (name, job.state) == (name, State.COMPLETED)
        assert (name, cluster.log("w1").count(f"fault at fault_{job.pk}\\n")) == (name, FAULTS[name][3])
        assert job.deliveries > 1 or name != "disk full for long", "not started, and listed again"

    ends = bodies.create(0.5, "patient", "ends without a connection", seconds=1.5)
    due = [bodies.create(1.5, "patient", f"due without a connection {n}", seconds=0) for n in range(3)]
    wait_for(lambda: "ends without a connection" in bodies.entered(), "the body")
    sql(f"ALTER ROLE {role} CONNECTION LIMIT 0")
    sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{role}'")
    refusal = f'too many connections for role "{role}"'
    wait_for(lambda: cluster.log("w1").count(refusal) > 2 * len(due), "connections to be refused")
    sql(f"ALTER ROLE {role} CONNECTION LIMIT -1")
    wait_for(lambda: all_final(ends, *due), "the jobs without a connection to end")

    assert set(Job.objects.values_list("state", flat=True)) == {State.COMPLETED}
    assert set(bodies.entered().values()) == {1}
    assert Attempt.objects.count() == Job.objects.count() == len(bodies.entered()), EXACTLY_ONCE
