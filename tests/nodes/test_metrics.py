"""What is read of this machine, and of a GPU by a stand-in for NVIDIA's library, which no test machine has."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import psutil
import pytest

from jobs.nodes import metrics
from jobs.nodes.metrics import Meter, Reading


@pytest.fixture
def two_devices(monkeypatch):
    library = SimpleNamespace(
        nvmlInit=lambda: None,
        nvmlDeviceGetCount=lambda: 2,
        nvmlDeviceGetHandleByIndex=lambda n: n,
        nvmlDeviceGetUtilizationRates=lambda n: SimpleNamespace(gpu=[10, 70][n]),
        nvmlDeviceGetMemoryInfo=lambda n: SimpleNamespace(used=[3, 1][n], total=4),
    )
    monkeypatch.setitem(sys.modules, "pynvml", library)
    return library


def test_this_machine():
    meter = Meter()
    assert meter.read().cpu is None, "nothing to compare with yet"
    again = meter.read()
    assert 0 <= again.cpu <= 100
    assert 0 < again.memory <= 100
    assert again.load >= 0


def test_without_the_library_there_is_no_gpu(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", None)  # an import of it fails
    found = Meter().read()
    assert (found.gpu, found.gpu_memory) == (None, None)
    assert found.memory is not None


def test_the_busiest_device_counts_and_the_fullest(two_devices):
    found = Meter().read()
    assert (found.gpu, found.gpu_memory) == (70, 75)


def test_a_driver_that_fails_costs_the_figures_only(two_devices):
    def fail(device):
        raise RuntimeError("the driver is gone")

    meter = Meter()
    two_devices.nvmlDeviceGetUtilizationRates = fail
    found = meter.read()
    assert (found.gpu, found.gpu_memory) == (None, None)
    assert found.memory is not None


def test_a_machine_that_cannot_be_read_fails_nobody(monkeypatch):
    def fail():
        raise PermissionError("/proc/meminfo")

    monkeypatch.setattr(psutil, "virtual_memory", fail)
    assert Meter().read() == Reading()


def test_people_are_shown_whole_numbers():
    shown = metrics.Reading(cpu=12.34, memory=56.7, load=0.4567).rounded()
    assert shown == Reading(cpu=12, memory=57, load=0.5)
