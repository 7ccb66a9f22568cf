"""JSON and forms to Python types and back."""

from jobs.api.serializers.requests import (
    ApproveSerializer,
    CancelSerializer,
    ConfirmSerializer,
    CreatedJobsSerializer,
    EditJobSerializer,
    JobsField,
    KeepSerializer,
    NewJobSerializer,
    NewJobsSerializer,
    NothingSerializer,
    RetrySerializer,
    UnreadJobsSerializer,
)
from jobs.api.serializers.responses import (
    AttemptSerializer,
    AuditSerializer,
    JobDetailSerializer,
    JobSerializer,
    NewestJobSerializer,
)
from jobs.api.serializers.workers import (
    DelaySerializer,
    DrainSerializer,
    LeaderSerializer,
    ResumeSerializer,
    StatsSerializer,
    WorkerSerializer,
)

__all__ = [
    "ApproveSerializer",
    "AttemptSerializer",
    "AuditSerializer",
    "CancelSerializer",
    "ConfirmSerializer",
    "CreatedJobsSerializer",
    "DelaySerializer",
    "DrainSerializer",
    "EditJobSerializer",
    "JobDetailSerializer",
    "JobSerializer",
    "JobsField",
    "KeepSerializer",
    "LeaderSerializer",
    "NewJobSerializer",
    "NewJobsSerializer",
    "NewestJobSerializer",
    "NothingSerializer",
    "ResumeSerializer",
    "RetrySerializer",
    "StatsSerializer",
    "UnreadJobsSerializer",
    "WorkerSerializer",
]
