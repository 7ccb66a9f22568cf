"""Table of all checks, in the order in which they are made."""

from __future__ import annotations

from jobs.doctor.checks import (
    broker,
    clocks,
    configuration,
    durability,
    files,
    growth,
    processes,
    risks,
    schema,
    sessions,
    tls,
    vacuum,
    versions,
    watching,
)
from jobs.doctor.finding import Check, Needs

NOTHING, DATABASE, TABLES, BROKER = Needs.NOTHING, Needs.DATABASE, Needs.TABLES, Needs.BROKER

CHECKS: tuple[Check, ...] = (
    Check(
        "settings",
        "what Django's and RunAt's system checks say of this machine's settings: bounds, windows and leads that "
        "contradict each other, unknown `JOBS_`, commands, secrets",
        configuration.system_checks,
    ),
    Check("debug", "`DEBUG`", configuration.debug),
    Check("secret-key", "`SECRET_KEY`: its length, its signs, whether it is an example", configuration.secret_key),
    Check("allowed-hosts", "`ALLOWED_HOSTS`", configuration.hosts),
    Check("python", "the release of Python", versions.python),
    Check("packages", "installed packages against `requirements.txt`", versions.packages),
    Check("database", "whether the database answers and can be written to; its release", versions.database),
    Check("migrations", "whether the tables are those of this code", versions.migrations, DATABASE),
    Check("clock", "this machine's clock against the database's", clocks.here, DATABASE),
    Check("clock-kept", "whether this machine's kernel says that NTP keeps its clock", clocks.synchronized),
    Check("clock-of-workers", "the workers' clocks against the database's", clocks.workers, TABLES),
    Check(
        "durability",
        "`fsync`, `full_page_writes`, and `synchronous_commit` as the server, the database or the role have it",
        durability.durable,
        DATABASE,
    ),
    Check("timeouts", "timeouts of sessions that `DATABASE_URL` chooses", sessions.timeouts, DATABASE),
    Check(
        "connections",
        "sessions that are used, and that slots, beats and web need, against what server, database and role allow",
        sessions.connections,
        TABLES,
    ),
    Check(
        "transactions",
        "sessions that stand still in a transaction for 5 minutes, transactions of an hour, prepared ones",
        sessions.standing,
        DATABASE,
    ),
    Check("pooler", "whether a transaction pooler stands before the database", sessions.pooler, DATABASE),
    Check("standbys", "`synchronous_standby_names` and the standbys that are there", sessions.standbys, DATABASE),
    Check("autovacuum", "autovacuum, of all and of each table; scale factors", vacuum.autovacuum, TABLES),
    Check("dead-rows", "tables with 100,000 dead rows and more than half as many as living", vacuum.dead_rows, TABLES),
    Check("replication-slots", "slots that keep WAL for nobody, or over 1 GB", vacuum.slots, DATABASE),
    Check("wraparound", "the age of the oldest transaction numbers", vacuum.wraparound, DATABASE),
    Check("disk", "free room where the database lies, if that is this machine", vacuum.disk, DATABASE),
    Check("indexes", "indexes that are invalid", schema.indexes, TABLES),
    Check("rules", "constraints that were not validated, triggers that are switched off", schema.rules, TABLES),
    Check("collations", "versions of collations, now and when the indexes were made", schema.collations, TABLES),
    Check("broker", "whether the broker answers within 1 s; its release", broker.answers),
    Check(
        "broker-memory", "`maxmemory-policy`, memory that is used, keys that were thrown away", broker.memory, BROKER
    ),
    Check("broker-disk", "whether the broker's messages survive a restart", broker.persistence, BROKER),
    Check(
        "broker-depth",
        "messages that wait in the broker, and whether somebody takes them",
        broker.depth,
        TABLES | BROKER,
    ),
    Check("broker-shared", "messages of another installation", broker.foreigners, TABLES),
    Check("leader", "whether a beat has the lock, and when it has listed last", processes.leader, TABLES),
    Check("leader-changes", "when the lead has changed last", processes.leader_changes, TABLES),
    Check("restored", "whether the database was restored, so that nothing starts", processes.restored, TABLES),
    Check("stops", "stops of everything", processes.stops, TABLES),
    Check("pauses", "queues and keys that are paused", processes.pauses, TABLES),
    Check("published", "whether what was listed is published", processes.unpublished, TABLES),
    Check("overdue", "jobs that should have started, by queue", processes.overdue, TABLES),
    Check("workers", "workers that live, refuse, are silent, have vanished", processes.workers, TABLES),
    Check("queues", "queues in which jobs wait and from which no worker takes", processes.queues, TABLES),
    Check("releases", "workers of a release before", versions.processes, TABLES),
    Check("time-zones", "releases of the time zones: here, the leader's, the workers'", versions.time_zones, TABLES),
    Check(
        "interrupted", "interrupted jobs of which nobody has said what became of them", processes.interrupted, TABLES
    ),
    Check("watcher", "whether a watcher judges, and its last turn", watching.watcher, TABLES),
    Check("destinations", "destinations of alerts that did not take what was sent last", watching.destinations, TABLES),
    Check(
        "figures",
        "the figures of the past: whether they are added, how far they are behind, gaps of the last hour",
        watching.figures,
        TABLES,
    ),
    Check("sizes", "tables over 50 GB; the largest", growth.tables, TABLES),
    Check("retention", "whether what is over is removed some day", growth.retention, TABLES),
    Check("history-days", "days of the history that are overdue, or half removed", growth.partition_days, TABLES),
    Check("notes", "rows of the audit and of the worker log", growth.notes, TABLES),
    Check(
        "tls",
        "connections to database and broker, and web, that leave this machine unencrypted",
        tls.encrypted,
        DATABASE,
    ),
    Check("certificates", "until when certificates are good: database, broker, web, OpenID Connect", tls.certificates),
    Check(
        "alert-certificates",
        "until when certificates of webhooks that get alerts are good",
        tls.of_destinations,
        TABLES,
    ),
    Check("root", "whether this process is root", risks.root),
    Check("secret-files", "files with secrets that others on this machine may read", files.secret_files),
    Check("commands", "programs that jobs may run: as whom, with whose arguments", risks.commands),
    Check("http-reach", "`JOBS_HTTP_ALLOW`: this machine, the cloud's metadata, whole networks", risks.reach),
    Check("passwords", "obvious passwords of the first two superusers", risks.passwords, TABLES),
    Check("tokens", "tokens that never end, and those that end within a week", risks.tokens, TABLES),
    Check("second-factor", "whether a password is enough to enter the admin", risks.factors),
)
