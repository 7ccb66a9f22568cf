"""Reads the machine of this process. Never raises: what cannot be read is None."""

from __future__ import annotations

import importlib
import os
from dataclasses import asdict, dataclass
from typing import Any

import psutil

from jobs.events import emit
from jobs.events.nodes import GpuLost, MachineUnreadable, NoGpu


@dataclass(frozen=True)
class Reading:
    """Percent, but for the load: the mean number of runnable processes in the last minute, divided by the cores."""

    cpu: float | None = None  # of all cores, since the last reading
    memory: float | None = None  # in use, caches not counted
    load: float | None = None
    gpu: float | None = None  # of the busiest device
    gpu_memory: float | None = None  # of the fullest device

    def rounded(self) -> Reading:
        """Return the reading rounded, for people, and so that what does not matter is not told as a change."""
        figures = {name: figure if figure is None else round(figure) for name, figure in asdict(self).items()}
        return Reading(**figures | {"load": None if self.load is None else round(self.load, 1)})


class Meter:
    """Reads again and again. The first reading has no CPU: there is nothing yet to compare with."""

    def __init__(self) -> None:
        self._devices = _devices()
        self._asked = False

    def read(self) -> Reading:
        try:
            cpu = psutil.cpu_percent()  # since the last call; what it says of the first means nothing
            load = psutil.getloadavg()[0] / (os.cpu_count() or 1)
            gpu, gpu_memory = self._gpu()
            asked, self._asked = self._asked, True
            return Reading(cpu if asked else None, psutil.virtual_memory().percent, load, gpu, gpu_memory)
        except Exception as error:  # noqa: BLE001 - a worker must not fail for want of a figure
            emit(MachineUnreadable(error))
            return Reading()

    def _gpu(self) -> tuple[float | None, float | None]:
        try:
            rates = [float(library.nvmlDeviceGetUtilizationRates(device).gpu) for library, device in self._devices]
            memory = [library.nvmlDeviceGetMemoryInfo(device) for library, device in self._devices]
            used = [100 * float(info.used) / float(info.total) for info in memory]
        except Exception as error:  # noqa: BLE001 - as above; a driver that has failed once is left alone
            emit(GpuLost(error))
            self._devices = []
            return None, None
        return max(rates, default=None), max(used, default=None)


def _devices() -> list[tuple[Any, Any]]:
    """Return NVIDIA's devices, each with the library that reads it; none where nvidia-ml-py or a device is missing."""
    try:
        library = importlib.import_module("pynvml")
        library.nvmlInit()
        return [(library, library.nvmlDeviceGetHandleByIndex(n)) for n in range(library.nvmlDeviceGetCount())]
    except Exception as error:  # noqa: BLE001 - as above
        emit(NoGpu(error))
        return []
