"""The causes for which a job starts late: a fixed list, since programs count and ask by these words."""

from django.db import models


class LateCause(models.TextChoices):
    """Causes of a late start. The words are those of REST and of the metrics: they never change their meaning."""

    CREATED_LATE = "created_late", "it was created after its time"
    EDITED = "edited", "somebody changed it after its time"
    APPROVAL = "approval", "it waited for an approval"
    CALENDAR = "calendar", "its calendar was closed"
    DEPENDENCIES = "dependencies", "it waited for other jobs"
    PERSON = "person", "it waited for a person's word"
    PAUSE = "pause", "its queue or key was paused"
    KEY = "key", "others of its key ran"
    QUEUE_LIMIT = "queue_limit", "as many of its queue ran as may"
    RATE = "rate", "a rate of its queue or key put it off"
    STOP = "stop", "all starts were stopped"
    TARGET = "target", "no worker could start its target"
    WORKER_LOST = "worker_lost", "a worker that had it vanished"
    DATABASE = "database", "the database was away"
    BROKER = "broker", "the broker was away"
    FAILOVER = "failover", "no beat led for a time"
    PUBLISHED_LATE = "published_late", "it was published late"
    NO_WORKER = "no_worker", "no worker took from its queue"
    SLOTS = "slots", "all slots of its queue were busy"
    REPUBLISHED = "republished", "its message was published again"
    ACQUIRED_LATE = "acquired_late", "a worker took it late"
    HOST_BUSY = "host_busy", "its worker's host was held up"
