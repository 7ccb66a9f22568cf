"""A worker's arming with slots of its own, on the real database."""

import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from django.db import connections

from jobs.clock import clock
from jobs.models import Job
from jobs.transitions import WorkerIdentity
from jobs.worker.arm.armer import Armer
from jobs.worker.arm.waiting_jobs import Delivery, Waiting
from jobs.worker.process import warming
from jobs.worker.process.capacity import Capacity
from jobs.worker.record.recorder import Recorder
from jobs.worker.run.slots import ThreadSlots

PATIENCE = 30  # seconds
WORKER = WorkerIdentity("w1@test", uuid.uuid4())


def job(after=0.5, target="demo.noop", *, key=None, **payload):
    job = Job.objects.create(target=target, payload=payload, run_at=clock.now() + timedelta(seconds=after), key=key)
    job.refresh_from_db()
    return job


class Worker:
    def __init__(self, slots):
        self.passed_on, self.acknowledged, self.handed_back, self.set_aside = [], [], [], set()
        self.capacity = Capacity()
        self.executor = ThreadPoolExecutor(slots)
        self.recorder = Recorder()
        self.slots = ThreadSlots(self.executor, lambda: slots, self.recorder, self.capacity)
        self.identity = WORKER
        self.armer = Armer(self.slots, lambda: self.identity, self.passed_on.extend)
        self.recorder.start()
        self.armer.start()
        warming.wait([*self.armer.warmed, self.recorder.warmed])
        self.stopped = False

    def deliver(self, *jobs, hops=0, version=None):
        for one in jobs:
            self.armer.add(self.waiting(one, hops=hops, version=version))

    def waiting(self, job, *, hops=0, version=None):
        delivery = Delivery(
            lambda: self.acknowledged.append(job.pk),
            lambda _, one: self.handed_back.append(one.job_id),
            set_aside=lambda: self.set_aside.add(job.pk),
        )
        return Waiting(job.pk, version or job.version, job.run_at.timestamp(), job.queue, hops, (delivery,))

    def stop(self):
        if self.stopped:
            return
        self.stopped = True
        self.armer.stop()
        self.armer.hand_back()
        here = threading.Barrier(self.slots.limit)  # each thread has its own: any may have asked the database
        for _ in range(self.slots.limit):
            self.executor.submit(lambda: (here.wait(PATIENCE), connections.close_all()))
        self.executor.shutdown()
        self.slots.finish()
        self.recorder.finish()


def wait_for(condition):
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def ended(*jobs):
    return Job.objects.filter(pk__in=[one.pk for one in jobs]).final().count() == len(jobs)
