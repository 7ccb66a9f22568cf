"""The doubles notice when Celery is not as they are."""

import kombu.common
import pytest

from tests.worker.celery_doubles import Pool, Qos, TaskConsumer, like


def test_a_method_that_the_real_one_does_not_have_is_refused():
    with pytest.raises(AttributeError, match="increment_at_once"):

        @like(kombu.common.QoS)
        class Double:
            def increment_at_once(self):
                """It was never there, or is no more."""


@pytest.mark.parametrize(
    "call",
    [
        lambda: TaskConsumer().cancel("now"),
        lambda: Qos().increment_eventually(n=1, by="hand"),
        lambda: Pool().apply_async(print, (), accepted=print),
    ],
)
def test_a_call_that_the_real_one_would_not_take_fails(call):
    with pytest.raises(TypeError, match="argument"):
        call()
