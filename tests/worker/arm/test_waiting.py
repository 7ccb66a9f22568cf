"""What waits on a worker: soonest first, each job once, each message acknowledged when its job is dealt with."""

from jobs.worker.arm.waiting_jobs import LOOK, Delivery, Waiting, WaitingJobs


class Message:
    def __init__(self, hops=0):
        self.acknowledged, self.hops = 0, hops
        self.delivery = Delivery(self.acknowledge, lambda *handed: None)

    def acknowledge(self):
        self.acknowledged += 1


def waiting(job_id, run_at, message=None, version=1):
    message = message or Message()
    return Waiting(job_id, version, run_at, "default", message.hops, (message.delivery,))


def ids(found):
    return [one.job_id for one in found]


def test_the_soonest_come_first_and_as_many_as_asked_for():
    jobs = WaitingJobs()
    for job_id, run_at in ((1, 30.0), (2, 10.0), (3, 20.0), (4, 10.0)):
        jobs.add(waiting(job_id, run_at))
    assert jobs.next_at == 10.0
    assert ids(jobs.take(20.0, 2)) == [2, 4]
    assert ids(jobs.take(20.0, 9)) == [3]
    assert ids(jobs.take(20.0, 9)) == []
    assert (len(jobs), jobs.next_at) == (1, 30.0)


def test_when_nothing_waits_the_next_is_never():
    assert WaitingJobs().next_at == float("inf")


def test_a_job_delivered_twice_waits_once_and_both_messages_are_acknowledged():
    jobs, first, again = WaitingJobs(), Message(), Message()
    jobs.add(waiting(1, 10.0, first))
    jobs.add(waiting(1, 10.0, again))
    (one,) = jobs.take(10.0, 9)
    one.acknowledge()
    assert (len(jobs), first.acknowledged, again.acknowledged) == (0, 1, 1)


def test_another_version_of_a_job_is_another_message():
    jobs = WaitingJobs()
    jobs.add(waiting(1, 10.0))
    jobs.add(waiting(1, 20.0, version=2))
    assert len(jobs) == 2


def test_passed_on_are_those_that_would_wait_longest_and_have_not_been_sent_around():
    jobs = WaitingJobs()
    for job_id, run_at, hops in ((1, 10.0, 0), (2, 11.0, 0), (3, 12.0, 4), (4, 13.0, 3), (5, 99.0, 0)):
        jobs.add(waiting(job_id, run_at, Message(hops=hops)))
    assert ids(jobs.take_last(20.0, 2, fewer_hops_than=4)) == [4, 2]
    assert ids(jobs.take_last(20.0, 9, fewer_hops_than=4)) == [1]
    assert ids(jobs.take(100.0, 9)) == [3, 5]


def test_what_is_due_later_can_be_taken_out_and_the_rest_waits_on():
    jobs = WaitingJobs()
    for job_id, run_at in ((1, 30.0), (2, 10.0), (3, 20.0), (4, 40.0)):
        jobs.add(waiting(job_id, run_at))
    assert ids(jobs.take_after(20.0)) == [1, 4]
    assert (len(jobs), jobs.next_at) == (2, 10.0)
    jobs.add(waiting(1, 15.0))
    assert ids(jobs.take(99.0, 9)) == [2, 1, 3]


def test_what_is_passed_on_out_of_a_crowd_is_found_by_a_look_at_some_of_it():
    jobs = WaitingJobs()
    for job_id in range(20_000):
        jobs.add(waiting(job_id, 10.0 if job_id < 10_000 else 99.0))
    seen = 0

    class Counted(list):
        def __getitem__(self, place):
            nonlocal seen
            found = super().__getitem__(place)
            seen += len(found) if isinstance(place, slice) else 1
            return found

    jobs._heap = Counted(jobs._heap)
    assert jobs.more_than(50, 10.0)
    gone = jobs.take_last(10.0, 50, 9)
    assert len(gone) == 50
    assert seen < 20 * LOOK, "of twenty thousand"
    left = jobs.take(10.0, 20_000)
    assert sorted(ids(left + gone)) == list(range(10_000))
    assert (len(jobs), jobs.next_at) == (10_000, 99.0)


def test_one_that_was_passed_on_and_comes_back_waits_again():
    jobs = WaitingJobs()
    jobs.add(waiting(1, 10.0))
    jobs.add(waiting(2, 10.0))
    assert ids(jobs.take_last(10.0, 1, 9)) == [2]
    jobs.add(waiting(2, 10.0))
    assert ids(jobs.take(10.0, 9)) == [1, 2]
    assert (len(jobs), jobs.next_at) == (0, float("inf"))
