"""What an operation does to a job is what the verb of one job does: the same row, the same line in the audit."""

import pytest
from django.core.exceptions import ValidationError

from jobs import transitions
from jobs.models import Audit, Job, Limit, Occurrence, Turn, Verb
from jobs.models.audit import Change
from jobs.states import Hold, State
from tests.conftest import NOW, seconds
from tests.transitions.operations.conftest import carry
from tests.transitions.schedules import life
from tests.transitions.steps import again, in_state

pytestmark = pytest.mark.django_db
LATER = NOW + seconds(7200)
PARTED = {"id", "created_at", "created_by_id", "idempotency_key", "idempotency_digest"}


def row(job, *, without=()):
    seen = again(job)
    names = {field.attname for field in Job._meta.concrete_fields} - PARTED - set(without)
    return {name: getattr(seen, name) for name in names}


def audited(job):
    last = Audit.objects.filter(job=job).latest("id")
    return {
        name: getattr(last, name)
        for name in (
            "subject",
            "name",
            "verb",
            "by_id",
            "by_name",
            "reason",
            "at",
            "from_state",
            "to_state",
            "before",
            "after",
        )
    }


def plain(make_job):
    return make_job()


def soon(make_job):
    return make_job(3)


def far(make_job):
    return make_job(86_400)


def approved(make_job):
    job = make_job()
    Job.objects.filter(pk=job.pk).update(approved_at=NOW)
    return job


def to_be_approved(make_job):
    job = make_job()
    Job.objects.filter(pk=job.pk).update(holds=Hold.APPROVAL)
    return job


def late_and_held(make_job):
    job = make_job()
    Job.objects.filter(pk=job.pk).update(holds=Hold.PERSON, run_at=NOW - seconds(90), not_before=NOW - seconds(60))
    return job


def in_line(make_job):
    Limit.objects.get_or_create(kind="queue", name="busy", defaults={"paused_at": NOW})
    job = make_job(queue="busy")
    Job.objects.filter(pk=job.pk).update(holds=Hold.QUEUE, run_at=NOW - seconds(90), waited_for="Its queue.")
    return job


def with_turn(make_job):
    job = make_job(queue="slow")
    Turn.objects.create(job_id=job.pk, kind="queue", name="slow", given_at=NOW, expires_at=NOW + seconds(60))
    return job


def of_state(state, **more):
    def make(make_job):
        job = in_state(make_job, state)
        Job.objects.filter(pk=job.pk).update(**more)
        return job

    make.__name__ = state.label
    return make


PENDING = (plain, soon, far, approved, to_be_approved, late_and_held, in_line, with_turn)
ENDED = tuple(of_state(state) for state in (State.FAILED, State.CANCELLED, State.SKIPPED, State.INTERRUPTED))
OVERDUE = of_state(State.CANCELLED, run_at=NOW - seconds(60))
ASKED = {
    Verb.CANCEL: ((*PENDING, of_state(State.RUNNING)), transitions.cancel, {}, {}),
    Verb.RESCHEDULE: (PENDING, transitions.reschedule, {"run_at": LATER}, {"run_at": LATER}),
    Verb.RUN_NOW: (PENDING, transitions.run_now, {}, {}),
    Verb.RETRY: ((*ENDED, OVERDUE), transitions.retry, {}, {}),
    Verb.CONFIRM_DONE: ((ENDED[3],), transitions.confirm_done, {}, {}),
    Verb.CONFIRM_FAILED: ((ENDED[3],), transitions.confirm_failed, {}, {}),
}


@pytest.mark.parametrize(
    ("verb", "make"),
    [(verb, make) for verb, (kinds, *_) in ASKED.items() for make in kinds],
    ids=lambda one: getattr(one, "__name__", str(one)),
)
def test_the_job_is_as_if_somebody_had_asked_for_it_alone(make_job, begin, grace, published, verb, make):  # noqa: PLR0917
    _, single, alone, many = ASKED[verb]
    one, other = make(make_job), make(make_job)
    assert row(one) == row(other)
    published.clear()
    assert single(one.pk, now=NOW, reason="They are wrong.", by=grace, **alone).done
    sent = [listed._replace(id=0) for listed in published]
    published.clear()
    operation = carry(begin(verb, {"ids": [other.pk]}, **many))
    assert (operation.done, operation.refused, operation.outcome) == (1, {}, "done")
    assert row(other) == row(one)
    assert audited(other) == audited(one)
    assert [listed._replace(id=0) for listed in published] == sent
    assert Turn.objects.filter(job_id=one.pk).count() == Turn.objects.filter(job_id=other.pk).count()
    noted = Audit.objects.filter(job=other).latest("id")
    assert (noted.operation_id, noted.version) == (operation.pk, again(other).version)


def test_jobs_move_to_another_queue(make_job, begin):
    jobs = [make_job(), make_job()]
    operation = carry(begin(Verb.EDIT, queue="slow"))
    assert operation.done == 2
    assert {again(job).queue for job in jobs} == {"slow"}
    assert {row.after["queue"] for row in Audit.objects.filter(operation_id=operation.pk)} == {"slow"}


@pytest.mark.parametrize(("by", "expected"), [(3600, 3660), (-30, 30), (-7200, 0)])
def test_each_moves_by_as_much_and_none_into_the_past(make_job, begin, by, expected):
    job = make_job(60)
    carry(begin(Verb.RESCHEDULE, by_seconds=by))
    assert again(job).run_at == NOW + seconds(expected)


def test_a_job_at_the_end_of_time_moves_no_further(make_job, begin):
    job = make_job(60)
    end = NOW.replace(year=9999, month=12, day=1)
    Job.objects.filter(pk=job.pk).update(run_at=end)
    operation = carry(begin(Verb.RESCHEDULE, by_seconds=86_400 * 60))
    assert operation.refused == {"its time would be beyond the year 9999": 1}
    assert again(job).run_at == end


@pytest.mark.parametrize(
    ("verb", "more", "field"),
    [
        (Verb.APPROVE, {}, "verb"),
        (Verb.RESCHEDULE, {}, "run_at"),
        (Verb.RESCHEDULE, {"run_at": LATER, "by_seconds": 5}, "run_at"),
        (Verb.RESCHEDULE, {"run_at": NOW - seconds(60)}, "run_at"),
        (Verb.RESCHEDULE, {"by_seconds": 0}, "by_seconds"),
        (Verb.RESCHEDULE, {"by_seconds": 86_400 * 5000}, "by_seconds"),
        (Verb.EDIT, {"queue": "no queue"}, "queue"),
        (Verb.EDIT, {}, "queue"),
        (Verb.RETRY, {}, "verb"),  # there is nothing to retry
    ],
)
def test_what_cannot_be_is_refused_before_it_begins(make_job, begin, verb, more, field):
    make_job()
    with pytest.raises(ValidationError) as refused:
        begin(verb, **more)
    assert set(refused.value.message_dict) == {field}


def test_the_jobs_that_wait_for_it_are_skipped_and_a_schedule_goes_on(make_job, begin):
    first = make_job()
    waiting = make_job(waits_for=[first.pk])
    operation = carry(begin(Verb.CANCEL, {"ids": [first.pk]}))
    assert (operation.done, again(waiting).state) == (1, State.SKIPPED)


def test_a_run_of_a_schedule_is_written_down_as_skipped_by_a_person_and_the_next_is_made(begin, grace):
    schedule = life.make()
    run = life.next_job(schedule)
    carry(begin(Verb.CANCEL, {"ids": [run.pk]}))
    noted = Occurrence.objects.get(job_id=run.pk)
    assert (noted.cause, noted.by_id, noted.why) == ("person", grace.pk, "They are wrong.")
    assert life.next_job(schedule).pk != run.pk


def test_the_operation_itself_is_in_the_audit(make_job, begin):
    make_job()
    operation = begin(Verb.CANCEL, {"queue": "default"})
    noted = Audit.objects.get(subject="operation")
    assert (noted.name, noted.verb, noted.reason) == (str(operation.pk), Change.CREATE, "They are wrong.")
    assert noted.after["wanted"] == {"queue": "default"}
