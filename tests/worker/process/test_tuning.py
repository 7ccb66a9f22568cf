"""What is asked of the kernel and of the interpreter, so that a thread that is due runs at once."""

import ctypes
import gc
import os
import platform
import sys
import threading

import pytest

from jobs.worker.process import tuning

LINUX = tuple(int(part) for part in platform.release().split(".")[:2]) if sys.platform == "linux" else (0, 0)


@pytest.fixture
def undone():
    interval = sys.getswitchinterval()
    yield
    sys.setswitchinterval(interval)
    gc.unfreeze()


def test_what_is_loaded_is_out_of_the_collectors_rounds(undone):
    tuning.tune_process()
    assert gc.get_freeze_count() > 10_000
    assert sys.getswitchinterval() == pytest.approx(tuning.SWITCH_INTERVAL)


def test_a_crowd_has_longer_turns_and_whoever_comes_after_it_the_short_ones(undone):
    tuning.tune_process()
    for crowd, interval in ((True, tuning.CROWD_INTERVAL), (False, tuning.SWITCH_INTERVAL)):
        tuning.suit(crowd=crowd)
        assert sys.getswitchinterval() == pytest.approx(interval)


def slice_of_this_thread():
    found = tuning._SchedAttr()
    number = tuning.SCHED_SETATTR[platform.machine()] + 1
    assert ctypes.CDLL(None).syscall(number, 0, ctypes.byref(found), ctypes.sizeof(found), 0) == 0
    return found.runtime, found.nice


@pytest.mark.skipif(
    LINUX < (6, 12) or platform.machine() not in tuning.SCHED_SETATTR,
    reason="Linux takes a thread's wish for short slices from 6.12 on",
)
def test_a_slot_has_short_slices_and_keeps_its_nice_value():
    found = []

    def slot():
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 3)
        tuning.tune_slot_thread()
        found.append(slice_of_this_thread())

    thread = threading.Thread(target=slot)
    thread.start()
    thread.join()
    assert found == [(tuning.SLICE, 3)]


def test_a_system_that_knows_no_slices_is_left_alone(monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "abacus")
    thread = threading.Thread(target=tuning.tune_slot_thread)
    thread.start()
    thread.join()
