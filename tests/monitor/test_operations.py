"""`/operations/`: an action on jobs that were chosen, or on all that a filter finds, from the list to its undo."""

from __future__ import annotations

import html
import re

import pytest
from django.contrib.auth.models import Permission, User

from jobs.models import Audit, Job, Operation
from jobs.states import State
from jobs.transitions import operations
from tests.monitor.rows import SECOND, ended, pending, running, worker

pytestmark = pytest.mark.django_db
KEY = "0b7c7c0e-8a35-4d0c-9d36-3a4c8f2c2f10"


def text(response) -> str:
    return html.unescape(response.content.decode())


def hidden(page: str) -> dict[str, str]:
    """What the form that begins it sends along."""
    form = re.search(r'<form class="stacked".*?</form>', page, re.DOTALL)[0]
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))


def asked(client, query="", action="cancel", **more):
    response = client.post("/operations/new/", {"action": action, "which": "all", "filter": query, **more})
    assert response.status_code == 200, response.content
    return text(response)


def begun(client, query="", action="cancel", **more):
    page = asked(client, query, action)
    sent = {**hidden(page), "reason": "They are wrong.", "begin": "yes", **more}
    response = client.post("/operations/new/", sent)
    assert response.status_code == 302, text(response)
    return Operation.objects.get(pk=int(response["Location"].split("/")[2])), sent


@pytest.fixture
def jobs(at):
    return {
        "pending": pending(at + 600 * SECOND, queue="pay"),
        "another": pending(at + 700 * SECOND, queue="pay"),
        "running": running(at, queue="pay"),
        "failed": ended(at - SECOND, State.FAILED, queue="pay"),
        "other": pending(at + 600 * SECOND),
    }


def states(jobs):
    return {name: Job.objects.get(pk=job.pk).state for name, job in jobs.items()}


def test_a_filter_is_counted_then_it_begins_and_a_small_one_is_done_at_once(operator, jobs):
    page = asked(operator, "queue=pay")
    assert "Cancel: 3 jobs" in page
    assert "left as it is: it is failed" in page
    assert states(jobs)["pending"] == State.PENDING  # nothing is done yet
    operation, _ = begun(operator, "queue=pay")
    assert (operation.wanted, operation.total, operation.done) == ({"queue": "pay"}, 3, 2)
    operations.go_on(operation.pk, now=operation.created_at)  # the one that runs is asked alone
    found = states(jobs)
    assert (found["pending"], found["another"], found["other"]) == (State.CANCELLED, State.CANCELLED, State.PENDING)
    assert Job.objects.get(pk=jobs["running"].pk).cancel_requested_at is not None
    shown = text(operator.get(f"/operations/{operation.pk}/"))
    assert "3 of 3 cancelled" in re.sub(r"<[^>]+>", "", shown)
    assert f"/operations/{operation.pk}/" in text(operator.get("/operations/"))


def test_those_that_are_marked_in_the_list(operator, jobs):
    listed = text(operator.get("/jobs/?queue=pay"))
    assert f'name="ids" value="{jobs["pending"].pk}"' in listed
    assert 'name="filter" value="queue=pay"' in listed
    page = text(operator.post("/operations/new/", {"action": "cancel", "which": "chosen", "ids": [jobs["pending"].pk]}))
    assert "1 chosen job" in page
    operator.post("/operations/new/", {**hidden(page), "reason": "x", "begin": "yes"})
    found = states(jobs)
    assert (found["pending"], found["another"]) == (State.CANCELLED, State.PENDING)


def test_it_is_asked_for_by_a_link_too_and_a_link_begins_nothing(operator, jobs):
    answer = operator.get("/operations/new/?action=cancel&filter=queue%3Dpay&begin=yes&reason=x")
    assert answer.status_code == 200
    assert not Operation.objects.exists()


def test_a_request_that_is_sent_twice_begins_one(operator, jobs):
    operation, sent = begun(operator, "queue=pay", "reschedule", by="1 hour")
    operator.post("/operations/new/", sent)
    assert Operation.objects.get() == operation
    assert Job.objects.get(pk=jobs["pending"].pk).run_at == jobs["pending"].run_at + 3600 * SECOND


@pytest.mark.parametrize(
    ("action", "given", "title"),
    [
        ("reschedule", {"by": "2 hours"}, "Reschedule by 2 h, later"),
        ("reschedule", {"by": "-30 min"}, "Reschedule by 30 min, earlier"),
        ("reschedule", {"run_at": "2040-01-01 09:00"}, "Reschedule to 2040-01-01 09:00:00 UTC"),
        ("reschedule", {"run_at": "now"}, "Reschedule to "),
        ("move", {"queue": "slow"}, "Move to the queue slow"),
        ("run-now", {}, "Run now"),
        ("retry", {}, "Retry"),
    ],
)
def test_each_action_takes_what_it_needs(operator, jobs, action, given, title):
    operation, _ = begun(operator, "queue=pay", action, **given)
    assert title in text(operator.get(f"/operations/{operation.pk}/"))


@pytest.mark.parametrize(
    ("action", "given", "said"),
    [
        ("cancel", {"reason": ""}, "required"),
        ("reschedule", {}, "one of the two"),
        ("reschedule", {"by": "soon"}, "such as 2 hours"),
        ("reschedule", {"by": "999999999 w"}, "such as 2 hours"),
        ("reschedule", {"by": "0 s"}, "by a second at least"),
        ("reschedule", {"run_at": "whenever"}, "not a date and time"),
        ("reschedule", {"run_at": "2001-01-01 09:00"}, "in the past"),
        ("move", {"queue": "no queue"}, "A queue's name"),
        ("cancel", {"reason": "\x00"}, "Null characters"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost(operator, jobs, action, given, said):
    page = asked(operator, "queue=pay", action)
    answer = operator.post("/operations/new/", {**hidden(page), "reason": "because", "begin": "yes", **given})
    assert answer.status_code == 400
    assert said in text(answer)
    assert not Operation.objects.exists()


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"which": "all"}, "Choose what is to be done"),
        ({"action": "explode", "which": "all"}, "Choose what is to be done"),
        ({"action": "cancel", "which": "chosen"}, "You have chosen no job"),
        ({"action": "cancel", "which": "chosen", "ids": ["x", "-1"]}, "You have chosen no job"),
        ({"action": "cancel", "which": "chosen", "ids": list(range(1, 502))}, "more than 500"),
        ({"action": "cancel", "which": "all", "filter": "state=none"}, "cannot be read"),
    ],
)
def test_what_does_not_say_which_jobs_is_refused(operator, sent, said):
    answer = operator.post("/operations/new/", sent)
    assert answer.status_code == 400
    assert said in text(answer)


def test_where_there_is_nothing_to_do_no_button_is_shown(operator, jobs):
    assert "there is nothing to do" in asked(operator, "queue=none")
    page = operator.post(
        "/operations/new/", {"action": "cancel", "filter": "queue=none", "begin": "yes", "reason": "x", "key": "k"}
    )
    assert page.status_code == 400


def test_it_is_undone_from_its_page(operator, jobs):
    operation, _ = begun(operator, "queue=pay&state=pending")
    page = text(operator.get(f"/operations/{operation.pk}/undo/"))
    assert "Take back 2 jobs" in page
    answer = operator.post(f"/operations/{operation.pk}/undo/", {"reason": "", "key": "no key"})
    assert answer.status_code == 400
    assert "Say why" in text(answer)
    answer = operator.post(f"/operations/{operation.pk}/undo/", {"reason": "They were right.", "key": KEY})
    assert answer.status_code == 302
    assert states(jobs)["pending"] == State.PENDING
    undone = text(operator.get(answer["Location"]))
    assert f"Undo of operation {operation.pk}: cancel" in undone
    assert "not cancelled after all" in undone
    shown = text(operator.get(f"/operations/{operation.pk}/"))
    assert "Taken back by" in shown
    again = text(operator.get(f"/operations/{operation.pk}/undo/"))
    assert "there is nothing to take back" in again
    of_undo = text(operator.get(f"{answer['Location']}undo/"))
    assert "there is nothing to take back" in of_undo


def test_what_goes_on_is_cancelled_from_its_page(operator, jobs, monkeypatch):
    operation, _ = begun(operator, "queue=pay")
    assert operation.ended_at is None  # one is taken alone
    assert "Cancel the rest" in text(operator.get(f"/operations/{operation.pk}/"))
    answer = operator.post(f"/operations/{operation.pk}/cancel/", {"reason": "\x00"}, follow=True)
    assert "PostgreSQL cannot store" in text(answer)
    answer = operator.post(f"/operations/{operation.pk}/cancel/", follow=True)
    assert "stay as they are" in text(answer)
    answer = operator.post(f"/operations/{operation.pk}/cancel/", follow=True)
    assert "has ended already" in text(answer)


def test_the_page_follows_it(operator, jobs, client):
    operation, _ = begun(operator, "queue=pay")
    address = f"/operations/{operation.pk}/live/"
    first = operator.get(address)
    assert first.status_code == 200
    assert operator.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 304
    operations.go_on(operation.pk, now=operation.created_at)
    last = operator.get(address, headers={"If-None-Match": first["ETag"]})
    assert last.status_code == 286  # it is over: the page asks no more
    assert operator.get("/operations/999999/live/").status_code == 404
    client.logout()
    assert client.get(address).status_code == 401


def test_who_may_not_control_jobs_sees_them_and_does_nothing(operator, jobs, client):
    operation, _ = begun(operator, "queue=pay")
    viewer = User.objects.create_user("vera")
    viewer.user_permissions.set(Permission.objects.filter(codename="view_job"))
    client.force_login(viewer)
    assert 'name="ids"' not in text(client.get("/jobs/"))
    page = text(client.get(f"/operations/{operation.pk}/"))
    assert "Cancel the rest" not in page
    assert client.get("/operations/").status_code == 200
    for answer in (
        client.post("/operations/new/", {"action": "cancel", "which": "all"}),
        client.post(f"/operations/{operation.pk}/cancel/"),
        client.get(f"/operations/{operation.pk}/undo/"),
    ):
        assert answer.status_code == 403


def test_a_creator_has_no_operations(client, person, jobs):
    client.force_login(person("add_job"))
    for address in ("/operations/", "/operations/1/"):
        assert client.get(address).status_code == 403
    assert client.get("/operations/1/live/").status_code == 401


def test_an_empty_list_says_where_they_come_from(operator):
    assert "Choose jobs, or a whole filter" in text(operator.get("/operations/"))


def test_the_admin_lists_them_beside_backfills(admin_client, operator, jobs):
    operation, _ = begun(operator, "queue=pay&state=pending", "reschedule", by="1 hour")
    listed = text(admin_client.get("/admin/jobs/operation/"))
    assert f"Reschedule by 1 h, later {operation.pk}" in listed
    page = text(admin_client.get(f"/admin/jobs/operation/{operation.pk}/change/"))
    assert f"/operations/{operation.pk}/" in page
    assert admin_client.get(f"/admin/jobs/operation/{operation.pk}/cancel/").status_code == 302
    assert Audit.objects.filter(operation_id=operation.pk).count() == 2


def test_the_job_whose_id_was_searched_for_stays_the_one(operator, at):
    """Its id would be a word, once it has left for the history: of others, that nobody has seen."""
    job = ended(at - SECOND, State.FAILED)
    namesake = ended(at - SECOND, State.FAILED, name=f"again {job.pk}")
    page = asked(operator, f"q={job.pk}", "retry")
    assert "1 chosen job" in page
    Job.objects.filter(pk=job.pk).delete()
    sent = {"action": "retry", "which": "chosen", "ids": [job.pk], "reason": "They are wrong.", "begin": "yes"}
    assert f'name="ids" value="{job.pk}"' in page
    assert operator.post("/operations/new/", sent).status_code == 400
    assert Job.objects.get(pk=namesake.pk).state == State.FAILED


def test_a_form_that_is_sent_again_with_something_else_is_another_operation(operator, jobs):
    first, sent = begun(operator, "queue=pay", "move", queue="mail")
    assert operator.post("/operations/new/", sent)["Location"] == f"/operations/{first.pk}/"
    back = operator.post("/operations/new/", {**sent, "queue": "slow"})
    assert back["Location"] != f"/operations/{first.pk}/", "by the browser's way back, with the same key"
    assert Operation.objects.latest("id").arguments == {"queue": "slow"}


def looked(client, query, action="spread", **more):
    """The page as the forecast links to it."""
    response = client.get("/operations/new/", {"action": action, "which": "all", "filter": query, **more})
    assert response.status_code == 200, text(response)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", text(response)))


@pytest.fixture
def overloaded(at):
    """Nine of a second each at one moment, on two slots."""
    worker(at, slots=2, queues=["mail"])
    noon = at.replace(microsecond=0) + 3600 * SECOND
    return [pending(noon, queue="mail") for _ in range(9)]


def test_before_they_are_spread_the_page_says_from_when_to_when_and_what_the_forecast_says_afterwards(
    operator, overloaded
):
    noon = overloaded[0].run_at
    page = looked(operator, "queue=mail", over="1 min")
    assert "Spread: 9 jobs" in page
    last = noon + 480 / 9 * SECOND
    when = (
        f"from {noon:%Y-%m-%d %H:%M:%S} to {last:%Y-%m-%d %H:%M:%S}.{last.microsecond // 1000:03d} UTC. 1 of them stays"
    )
    assert f"9 jobs, due at {noon:%Y-%m-%d %H:%M:%S}, will be due {when} where it is." in page
    assert "needs 9 slots, has 2: delays up to 4 s. everything starts on time" in page
    assert "give their schedules a spread" not in page
    page = looked(operator, "queue=mail", over="2 sec")
    assert page.count("has 2: delays up to") == 2
    assert "give their schedules a spread" in page
    assert "Write how long the window is" in looked(operator, "queue=mail", over="soon")
    assert Job.objects.filter(run_at=noon).count() == 9


def test_jobs_are_spread_and_that_is_taken_back(operator, overloaded):
    noon = overloaded[0].run_at
    operation, _ = begun(operator, "queue=mail", "spread", over="90 seconds")
    assert (operation.done, operation.refused) == (8, {"its own time is not before its place in the window": 1})
    assert max(Job.objects.values_list("run_at", flat=True)) == noon + 80 * SECOND
    shown = re.sub(r"<[^>]+>", "", text(operator.get(f"/operations/{operation.pk}/")))
    assert f"Spread over 1 min 30 s from {noon:%Y-%m-%d %H:%M:%S} UTC on" in shown
    assert "8 of 9 spread, 1 left as they were" in shown
    sent = hidden(text(operator.get(f"/operations/{operation.pk}/undo/")))
    answer = operator.post(f"/operations/{operation.pk}/undo/", {**sent, "reason": "It was right."})
    undone = text(operator.get(answer["Location"]))
    assert f"Undo of operation {operation.pk}: spread" in undone
    assert set(Job.objects.values_list("run_at", flat=True)) == {noon}


def test_what_jobs_are_bound_by_is_said_before_they_are_moved(operator, overloaded, at):
    first, second, *_ = overloaded
    Job.objects.filter(pk=first.pk).update(key="one", start_within=60, approved_at=at)
    Job.objects.filter(pk=second.pk).update(deadline=60, key="other")
    page = looked(operator, "queue=mail", "reschedule", by="2 hours")
    assert "1: each may start only so long after its time: counted from the new one." in page
    assert "2: each has a key" in page
    assert "1: each was approved: the new time is to be approved again." in page
    assert "calendar" not in page
    assert "Forecast of the next 24 hours" in page


def test_a_time_beyond_the_forecast_is_no_error(operator, overloaded):
    assert "That is beyond the forecast" in looked(operator, "queue=mail", "reschedule", by="30 days")
    assert "There is no job" not in looked(operator, "queue=none", over="1 min")


def test_what_a_look_asks_the_database(operator, overloaded, django_assert_num_queries):
    # Session, user, two for the permissions; the count with its bound of time and its savepoint (4); the jobs in their
    # order, and what they are bound by; what is planned without them, schedules, how long bodies take, workers and
    # limits; and the same as it is.
    with django_assert_num_queries(20):
        looked(operator, "queue=mail", over="1 min")
