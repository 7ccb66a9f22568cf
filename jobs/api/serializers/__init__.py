"""JSON and forms to Python types and back."""

from jobs.api.serializers.asked import (
    ApproveSerializer,
    CancelSerializer,
    ConfirmSerializer,
    CreatedJobsSerializer,
    JobsField,
    NewJobSerializer,
    NewJobsSerializer,
    NothingSerializer,
    RescheduleSerializer,
    RetrySerializer,
)
from jobs.api.serializers.platform import (
    DelaySerializer,
    DrainSerializer,
    LeaderSerializer,
    ResumeSerializer,
    StatsSerializer,
    WorkerSerializer,
)
from jobs.api.serializers.shown import AttemptSerializer, AuditSerializer, JobDetailSerializer, JobSerializer

__all__ = [
    "ApproveSerializer",
    "AttemptSerializer",
    "AuditSerializer",
    "CancelSerializer",
    "ConfirmSerializer",
    "CreatedJobsSerializer",
    "DelaySerializer",
    "DrainSerializer",
    "JobDetailSerializer",
    "JobSerializer",
    "JobsField",
    "LeaderSerializer",
    "NewJobSerializer",
    "NewJobsSerializer",
    "NothingSerializer",
    "RescheduleSerializer",
    "ResumeSerializer",
    "RetrySerializer",
    "StatsSerializer",
    "WorkerSerializer",
]
