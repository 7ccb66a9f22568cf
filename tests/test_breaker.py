"""What has failed is left alone for a while, and then asked again."""

from jobs.breaker import Breaker


def test_it_is_open_from_a_failure_until_its_seconds_are_over():
    now = [100.0]
    breaker = Breaker(5.0, lambda: now[0])
    assert not breaker.open
    breaker.trip()
    assert breaker.open
    now[0] = 104.9
    assert breaker.open
    now[0] = 105.0
    assert not breaker.open, "asked again"
    breaker.trip()
    now[0] = 109.9
    assert breaker.open, "counted from the last failure"
