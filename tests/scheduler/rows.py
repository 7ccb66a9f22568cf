from datetime import timedelta

from jobs.models import Job, WorkerLog


def queries():
    return WorkerLog.objects.filter(action="QUERYLIST").count()


def job(hands, after):
    return Job.objects.create(target="demo.noop", payload={}, run_at=hands.now + timedelta(seconds=after)).pk
