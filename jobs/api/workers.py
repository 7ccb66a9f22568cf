"""State of the platform: its workers, its leader, its figures."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.fields import Strict
from jobs.api.problems import Conflict
from jobs.api.serializers import DrainSerializer, ResumeSerializer, StatsSerializer, WorkerSerializer
from jobs.api.views import ApiView, person
from jobs.clock import clock
from jobs.conf import conf
from jobs.models import Installation, Job, Leadership, Worker
from jobs.models.querysets import FEW, JobQuerySet
from jobs.models.querysets.overviews import COUNT_LIMIT
from jobs.nodes import drains
from jobs.nodes.cache import cache
from jobs.permissions import CONTROL_JOB, VIEW_JOB
from jobs.states import State


def _count(jobs: JobQuerySet) -> int:
    return jobs.bounded_count(COUNT_LIMIT - 1)


class WorkerList(ApiView):
    needs = {"GET": VIEW_JOB}
    serializer_class = WorkerSerializer

    @extend_schema(operation_id="workers_list", responses=WorkerSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the workers that are there, or have gone so lately that their jobs are not settled yet."""
        alive = set(Worker.objects.alive(clock.current(), conf().patience).values_list("session", flat=True))
        workers = list(Worker.objects.present())
        context = {"alive": alive, "cached": cache.read(worker.session for worker in workers)}
        return Response(WorkerSerializer(workers, many=True, context=context).data)


class WorkerVerb(ApiView):
    needs = {"POST": CONTROL_JOB}
    serializer_class: type[Strict] = ResumeSerializer
    queryset = Worker.objects.all()

    def answered(self, answer: drains.Answer) -> Response:
        """The worker after a verb; 404 when there is none, 409 with the reason when it was not done."""
        if answer.worker is None:
            raise Http404(answer.why)
        if not answer.done:
            raise Conflict(answer.why)
        alive = Worker.objects.alive(clock.now(), conf().patience).filter(session=answer.worker.session)
        context = {"alive": set(alive.values_list("session", flat=True)), "cached": {}}
        return Response(WorkerSerializer(answer.worker, context=context).data)


class DrainWorker(WorkerVerb):
    serializer_class = DrainSerializer

    @extend_schema(operation_id="workers_drain", responses=WorkerSerializer)
    def post(self, request: Request, session: UUID) -> Response:
        """Take a worker out of service: it takes no more jobs, hands back those that wait there, and ends those that
        run. `refusing` says so once it has heard of it, within a heartbeat."""
        reason = self.body(DrainSerializer)["reason"]
        return self.answered(drains.drain(session, now=clock.current(), reason=reason, by=person(request)))


class ResumeWorker(WorkerVerb):
    @extend_schema(operation_id="workers_resume", responses=WorkerSerializer)
    def post(self, request: Request, session: UUID) -> Response:
        """Put a drained worker back into service."""
        reason = self.body(ResumeSerializer)["reason"]
        return self.answered(drains.resume(session, now=clock.current(), reason=reason, by=person(request)))


class Stats(ApiView):
    needs = {"GET": VIEW_JOB}
    serializer_class = StatsSerializer

    @extend_schema(operation_id="stats_read", responses=StatsSerializer)
    def get(self, request: Request) -> Response:
        """Count the jobs, measure the delays of the last hour, and name the leader. Costs the same however many jobs
        there are: counts end at 10,000."""
        now = clock.current()
        figures = Job.objects.latest_figures(now - timedelta(hours=1))
        counts = {**figures._asdict(), **{state.label: _count(Job.objects.in_state([state])) for state in FEW}}
        stats = {
            "at": now,
            "jobs": {state.label: counts[state.label] for state in State},
            "due_next_minute": _count(Job.objects.due_between(now, now + timedelta(minutes=1)).pending()),
            "overdue": _count(Job.objects.overdue(now)),
            "delay_last_hour": figures,
            "workers_alive": Worker.objects.alive(now, conf().patience).count(),
            "leader": Leadership.objects.first(),
            "restored": restored.what if (restored := Installation.restored()) else "",
        }
        return Response(StatsSerializer(stats).data)
