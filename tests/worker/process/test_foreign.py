"""Messages of another installation go back, slowly; those of ours from before a restore are dropped."""

from uuid import uuid4

import pytest
from celery.exceptions import InvalidTaskError

from jobs.clock import steady
from jobs.events.worker.process import ForeignMessages
from jobs.installation import Identity, known
from jobs.worker.process.foreign import FIRST_PAUSE, LONGEST_PAUSE, PAUSES_ALIKE, Foreign
from jobs.worker.receive.prefetch import CHUNK
from tests.conftest import IDENTITY
from tests.worker.celery_doubles import Message
from tests.worker.conftest import take

OTHERS = Identity(uuid4(), uuid4()).mark


@pytest.fixture(autouse=True)
def _nothing_seen(monkeypatch):
    monkeypatch.setattr(Foreign, "latest", None)


def foreign(number=1, mark=OTHERS):
    return Message(installation=mark, id=f"job-{number}-v1-1")


def test_one_that_names_us_or_nobody_is_taken(strategy, taken):
    take(strategy, Message(installation=IDENTITY.mark), Message())
    assert len(taken) == 2


def test_a_foreign_one_goes_back_after_its_pause(strategy, consumer, taken):
    message = foreign()
    take(strategy, message)
    assert (taken, message.handed_back, message.acknowledged) == ([], 0, 0)
    ((pause, _, _),) = consumer.timer.calls
    assert pause == pytest.approx(FIRST_PAUSE, abs=0.01)
    consumer.timer.fire()
    assert (taken, message.handed_back, message.acknowledged) == ([], 1, 0)


def test_it_keeps_no_message_of_ours_from_coming(strategy, consumer):
    take(strategy, *(foreign(n) for n in range(10)))
    assert consumer.qos.value == 5 + CHUNK
    consumer.timer.fire()
    take(strategy, Message(installation=IDENTITY.mark))
    assert consumer.qos.value >= 5


def test_one_that_comes_again_and_again_waits_longer_each_time(strategy, consumer):
    pauses = []
    for _ in range(PAUSES_ALIKE * 8):
        take(strategy, foreign())
        pauses.append(round(consumer.timer.calls[-1][0], 2))
    assert pauses == sorted(pauses)
    assert sum(pauses[:9]) < 1.5, "seconds: of 512 messages one comes back nine times where chances are even"
    assert pauses[-1] == pytest.approx(LONGEST_PAUSE, abs=0.2)


def test_many_go_back_one_after_the_other(strategy, consumer):
    take(strategy, *(foreign(n) for n in range(200)))
    assert consumer.timer.calls[-1][0] == pytest.approx(1.0, abs=0.1), "200 a second"


def test_the_log_is_not_flooded_and_the_heartbeat_can_tell(strategy, emitted):
    take(strategy, *(foreign(n) for n in range(50)))
    assert emitted.of(ForeignMessages) == [ForeignMessages(1, OTHERS[:12], "slow")]
    assert Foreign.latest.whose == f"installation '{OTHERS[:12]}', queue 'slow'"


def test_one_of_ours_from_before_a_restore_is_dropped(strategy, consumer, taken):
    message = foreign(mark=Identity(IDENTITY.identity, uuid4()).mark)
    take(strategy, message)
    consumer.turn()
    assert (taken, message.handed_back, message.acknowledged) == ([], 0, 1)


def test_who_is_not_sure_asks_and_looks_again(strategy, consumer, taken, monkeypatch):
    asked = []
    monkeypatch.setattr(strategy, "_doubt", lambda: asked.append(True))
    monkeypatch.setattr(known, "_read_at", steady() - 60)
    message, later = foreign(mark=Identity(IDENTITY.identity, uuid4()).mark), foreign(2)
    take(strategy, message, later)
    assert asked == [True], "once a second"
    consumer.timer.fire()
    assert (message.handed_back, later.handed_back) == (1, 1)
    assert Foreign.latest is None, "nobody knows yet whether it is another's"


def test_the_latest_start_that_a_sender_knew_of_is_kept(strategy):
    take(strategy, Message(installation=IDENTITY.mark, after=500), Message(after="no number"))
    assert known.start == 500


def test_a_mark_that_is_no_text_is_no_message_of_ours(strategy):
    with pytest.raises(InvalidTaskError, match="no name of an installation"):
        take(strategy, Message(installation=["x"]))
