"""What a test has a beat do."""

from jobs.scheduler.leader import Leader


def lead(now):
    leader = Leader("second")
    assert leader.lead(now)
    leader.step_down()
