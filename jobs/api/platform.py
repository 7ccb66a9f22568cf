"""How the platform is: its workers, its leader, its figures."""

from __future__ import annotations

from datetime import timedelta

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.serializers import StatsSerializer, WorkerSerializer
from jobs.api.views import VIEW, ApiView
from jobs.clock import clock
from jobs.conf import conf
from jobs.models import Job, Leadership, Worker
from jobs.models.overviews import COUNT_LIMIT
from jobs.models.querysets import JobQuerySet
from jobs.states import State


def _count(jobs: JobQuerySet) -> int:
    return jobs.bounded_count(COUNT_LIMIT - 1)


class WorkerList(ApiView):
    needs = {"GET": VIEW}
    serializer_class = WorkerSerializer

    @extend_schema(operation_id="workers_list", responses=WorkerSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the workers that are there, or have gone so lately that their jobs are not settled yet."""
        alive = set(Worker.objects.alive(clock.current(), conf().patience).values_list("session", flat=True))
        return Response(WorkerSerializer(Worker.objects.present(), many=True, context={"alive": alive}).data)


class Stats(ApiView):
    needs = {"GET": VIEW}
    serializer_class = StatsSerializer

    @extend_schema(operation_id="stats_read", responses=StatsSerializer)
    def get(self, request: Request) -> Response:
        """Count the jobs, measure the delays of the last hour, and name the leader. Costs the same however many jobs
        there are: counts end at 10,000."""
        now = clock.current()
        figures = Job.objects.latest_figures(now - timedelta(hours=1))
        there = {"pending": Job.objects.pending(), "running": Job.objects.running()}
        there["interrupted"] = Job.objects.interrupted()
        counts = {**figures._asdict(), **{state: _count(jobs) for state, jobs in there.items()}}
        stats = {
            "at": now,
            "jobs": {state.label: counts[state.label] for state in State},
            "due_next_minute": _count(Job.objects.due_between(now, now + timedelta(minutes=1)).pending()),
            "overdue": _count(Job.objects.overdue(now)),
            "delay_last_hour": figures,
            "workers_alive": Worker.objects.alive(now, conf().patience).count(),
            "leader": Leadership.objects.first(),
        }
        return Response(StatsSerializer(stats).data)
