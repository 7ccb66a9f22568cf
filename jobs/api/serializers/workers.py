"""Workers, the leader and the figures of the platform."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rest_framework import serializers

from jobs.api.fields import Strict, TextField
from jobs.models import Leadership, Worker
from jobs.nodes.cache import fresher


class DrainSerializer(Strict):
    reason = TextField(help_text="Why it is taken out of service, for those who look at it later.")


class ResumeSerializer(Strict):
    reason = TextField(default="", help_text="Why, for those who look at it later.")


class WorkerSerializer(serializers.ModelSerializer[Worker]):
    """Worker. Its figures are the cached reading, a second old, or the table's where the heartbeat is fresher."""

    alive = serializers.SerializerMethodField(help_text="It has not said good-bye, and its heartbeat is recent.")
    versions = serializers.DictField(
        child=serializers.CharField(), read_only=True, help_text="Of RunAt, Python and Celery; empty: not known."
    )
    refusing = serializers.CharField(read_only=True, help_text="Why it takes no jobs; empty: it does.")

    class Meta:
        model = Worker
        fields = (
            "session",
            "name",
            "pid",
            "pool",
            "slots",
            "running",
            "queues",
            "started_at",
            "heartbeat_at",
            "stopped_at",
            "offset_ms",
            "uncertainty_ms",
            "zones",
            "versions",
            "waiting",
            "cpu",
            "memory",
            "load",
            "gpu",
            "gpu_memory",
            "refusing",
            "drained_at",
            "drain_reason",
            "drained_by",
            "alive",
        )
        read_only_fields = fields

    def to_representation(self, instance: Worker) -> dict[str, Any]:
        shown = super().to_representation(instance)
        vitals = fresher(instance, self.context["cached"].get(instance.session))
        shown["queues"] = [name for name in instance.queues if name not in self.context["not_theirs"]]
        return {**shown, **asdict(vitals.reading), "running": vitals.running, "refusing": vitals.refusing}

    def get_alive(self, worker: Worker) -> bool:
        return worker.session in self.context["alive"]


class LeaderSerializer(serializers.ModelSerializer[Leadership]):
    listed = serializers.IntegerField(
        read_only=True,
        allow_null=True,
        help_text="How many due jobs it found at last, of all teams; null for a caller who does not see all.",
    )

    class Meta:
        model = Leadership
        fields = ("holder", "zones", "epoch", "elected_at", "listed_at", "listed_until", "listed", "published_at")
        read_only_fields = fields


class DelaySerializer(serializers.Serializer[Any]):
    """Start delays, execute_at - run_at, in milliseconds, of the newest 10,000 ends at most; null where nothing has
    started."""

    jobs = serializers.IntegerField(source="started")
    mean_ms = serializers.FloatField(source="mean", allow_null=True)
    stdev_ms = serializers.FloatField(source="stdev", allow_null=True)
    min_ms = serializers.FloatField(source="low", allow_null=True)
    max_ms = serializers.FloatField(source="high", allow_null=True)


class StatsSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField(help_text="The database's clock.")
    jobs = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="Pending, running and interrupted: how many there are. Completed, failed, cancelled and skipped: how "
        "many ended in the last hour, of its newest 10,000 ends. A count of 10,000 means as many or more.",
    )
    due_next_minute = serializers.IntegerField(help_text="At most 10,000.")
    overdue = serializers.IntegerField(help_text="Pending, and more than a second late; at most 10,000.")
    delay_last_hour = DelaySerializer()
    workers_alive = serializers.IntegerField()
    leader = LeaderSerializer(allow_null=True)
    restored = serializers.CharField(
        help_text="Why no job starts after a restore, until it is released; empty: they do."
    )
