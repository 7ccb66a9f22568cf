"""State of the platform: its workers, its leader, its figures."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.fields import Strict
from jobs.api.refusals import Conflict
from jobs.api.serializers import DrainSerializer, ResumeSerializer, StatsSerializer, WorkerSerializer
from jobs.api.views import ApiView, person
from jobs.clock import clock
from jobs.conf import conf
from jobs.models import Installation, Job, Leadership, Worker
from jobs.models.querysets import FEW, JobQuerySet
from jobs.models.querysets.overviews import COUNT_LIMIT
from jobs.models.querysets.within import is_narrow
from jobs.models.team import Ownership
from jobs.nodes import drains
from jobs.nodes.cache import cache
from jobs.permissions import CONTROL_JOB, VIEW_JOB
from jobs.rights import Reach
from jobs.rights.seeing import not_of_theirs
from jobs.states import State


def _count(jobs: JobQuerySet) -> int:
    return jobs.bounded_count(COUNT_LIMIT - 1)


def shown_workers(reach: Reach, now: datetime) -> Any:
    """Return the workers that are there, and those that went so lately that their jobs are not settled yet, as they are
    shown to somebody of this reach."""
    alive = set(Worker.objects.alive(now, conf().patience).values_list("session", flat=True))
    workers = list(Worker.objects.present())
    context = {
        "alive": alive,
        "cached": cache.read(worker.session for worker in workers),
        "not_theirs": reach.names_of_others(Ownership.Kind.QUEUE),
    }
    return WorkerSerializer(workers, many=True, context=context).data


class WorkerList(ApiView):
    needs = {"GET": VIEW_JOB}
    serializer_class = WorkerSerializer
    queryset = Worker.objects.all()

    @extend_schema(operation_id="workers_list", responses=WorkerSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the workers: those that are there, and those that went so lately that their jobs are not settled yet."""
        return Response(shown_workers(self.reach, clock.current()))


class WorkerVerb(ApiView):
    needs = {"POST": CONTROL_JOB}
    serializer_class: type[Strict] = ResumeSerializer
    conflicts = ("POST",)
    queryset = Worker.objects.all()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse those who do not reach all: a worker runs the jobs of many teams, and is none's."""
        super().initial(request, *args, **kwargs)
        if not self.reach.is_whole:
            raise PermissionDenied(not_of_theirs("A worker"))

    def answered(self, answer: drains.Answer) -> Response:
        """The worker after a verb; 404 when there is none, 409 with the reason when it was not done."""
        if answer.worker is None:
            raise Http404(answer.why)
        if not answer.done:
            raise Conflict(answer.why)
        alive = Worker.objects.alive(clock.now(), conf().patience).filter(session=answer.worker.session)
        context = {"alive": set(alive.values_list("session", flat=True)), "cached": {}, "not_theirs": ()}
        return Response(WorkerSerializer(answer.worker, context=context).data)


class DrainWorker(WorkerVerb):
    examples = {"POST": {"reason": "Its disk is replaced."}}
    serializer_class = DrainSerializer

    @extend_schema(operation_id="workers_drain", responses=WorkerSerializer)
    def post(self, request: Request, session: UUID) -> Response:
        """Take a worker out of service: it takes no more jobs, hands back those that wait there, and ends those that
        run. `refusing` says so once it has heard of it, within a heartbeat."""
        reason = self.body(DrainSerializer)["reason"]
        return self.answered(drains.drain(session, now=clock.current(), reason=reason, by=person(request)))


class ResumeWorker(WorkerVerb):
    examples = {"POST": {"reason": "It has a new disk."}}

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
        """Count the jobs that the caller sees, measure the delays of the last hour, and name the leader. Costs the same
        however many jobs there are: counts end at 10,000."""
        now = clock.current()
        jobs = Job.objects.within(self.reach)
        figures = jobs.latest_figures(now - timedelta(hours=1))
        counts = {**figures._asdict(), **{state.label: jobs.count_in_state(state, COUNT_LIMIT - 1) for state in FEW}}
        leader = Leadership.objects.first()
        if leader is not None and is_narrow(self.reach):
            leader.listed = None  # type: ignore[assignment]  # of all teams together
        stats = {
            "at": now,
            "jobs": {state.label: counts[state.label] for state in State},
            "due_next_minute": _count(jobs.due_between(now, now + timedelta(minutes=1)).pending()),
            "overdue": _count(jobs.overdue(now)),
            "delay_last_hour": figures,
            "workers_alive": Worker.objects.alive(now, conf().patience).count(),
            "leader": leader,
            "restored": restored.what if (restored := Installation.restored()) else "",
        }
        return Response(StatsSerializer(stats).data)
