/*
 * List, publish, acquire, finish, rescue: the protocol of RunAt for the model checker SPIN.  `make model` runs it.
 *
 * One process a role, one atomic step a database transaction: PostgreSQL's row locks make each of ours one. A pause
 * (SIGSTOP, a long collection, a lost network) is what the interleaving does by itself: any process may stand still
 * between two steps while all others go on.
 *
 *   two leaders    no lock between them: that two lead at once must be harmless, so nothing here rests on the election
 *   two workers    one slot each; crash, or are declared gone while they live, and go on
 *   the broker     a set of (job, version): reordered at will; delivers twice, loses one, loses all
 *   an operator    moves to later, cancels, tells to start again; each bumps the version
 *
 * FAULTS and EDITS bound what goes wrong and what people do; every placing of them is tried.
 * Left out: back-off (a due job may be listed again at any time), the order of due jobs, `due_before` (the second
 * net behind the version), the waiting between arming and `run_at`.
 *
 * Each macro NO_... takes one guarantee away; SPIN must then find a counterexample.
 */
#define JOBS 2
#define WORKERS 2
#ifndef FAULTS
#define FAULTS 2
#endif
#ifndef EDITS
#define EDITS 2
#endif

/* jobs_job.state; FAILED is for this protocol what COMPLETED is */
#define PENDING 0
#define RUNNING 1
#define COMPLETED 2
#define CANCELLED 3
#define INTERRUPTED 4

/* Whose open attempt it is: worker 0, worker 1, or ... */
#define NOBODY 2
#define SILENT 3 /* a session without a heartbeat: rescue will see it */
#define ORPHAN 4 /* a session that was declared gone before: no row of a present worker leads to it */

typedef Job {
    byte state;
    byte version;
    byte attempt;  /* number of the latest start, and so the count of rows in the ledger */
    byte allowed = 1; /* ghost: one start, and one more than there were for each retry by an operator */
    byte holder = NOBODY;
    byte messages; /* bit v: the broker has a message of version v */
    bool marked;   /* enqueued_at is set */
    bool due = true;
};
Job job[JOBS];

bool gone[WORKERS];    /* its present session has been declared gone, and its heartbeat has not noticed yet */
bool settled[WORKERS]; /* ghost: rescue has settled what it holds, or may */
byte faults = FAULTS;
byte edits = EDITS;

#ifdef NO_STATE_PREDICATE
#define STATE_OK(j) true
#else
#define STATE_OK(j) (job[j].state == PENDING)
#endif
#ifdef NO_VERSION
#define VERSION_OK(j, v) true
#else
#define VERSION_OK(j, v) (job[j].version == v)
#endif
#ifdef NO_ATTEMPT_GUARD
#define HELD_BY(j, a) (job[j].state == RUNNING)
#else
#define HELD_BY(j, a) (job[j].state == RUNNING && job[j].attempt == a)
#endif
#ifdef NO_RELIST
#define LISTABLE(j) (job[j].state == PENDING && !job[j].marked)
#else
#define LISTABLE(j) (job[j].state == PENDING && (!job[j].marked || job[j].due))
#endif
#ifdef NO_RESCUE
#define RESCUABLE(j) false
#else
#ifdef NO_ORPHANS
#define RESCUABLE(j) (job[j].holder == SILENT)
#else
#define RESCUABLE(j) (job[j].holder == SILENT || job[j].holder == ORPHAN)
#endif
#endif

/* A message waits for the eta it was given: the one of an earlier version is due before the row is. */
#define ARRIVES(j, v) ((job[j].messages & (1 << v)) && (v < job[j].version || job[j].due))

inline publish(which, edition) {
    if
    :: job[which].messages = job[which].messages | (1 << edition)
    :: faults > 0 -> faults-- /* lost on its way, or its process died before it was sent */
    fi
}

inline interrupt(which) {
    job[which].holder = NOBODY;
    if
    :: job[which].state == RUNNING -> job[which].state = INTERRUPTED
    :: else
    fi
}

active [WORKERS] proctype Worker() {
    byte me = _pid; /* the first processes of this file: 0 and 1 */
    byte j, v, attempt;
end:
    do
    :: atomic { gone[me] -> gone[me] = false } /* its heartbeat notices and goes on under a new session */
    :: atomic { /* a message arrives: acquire */
        if
        :: ARRIVES(0, 0) -> j = 0; v = 0
        :: ARRIVES(0, 1) -> j = 0; v = 1
        :: ARRIVES(0, 2) -> j = 0; v = 2
        :: ARRIVES(1, 0) -> j = 1; v = 0
        :: ARRIVES(1, 1) -> j = 1; v = 1
        :: ARRIVES(1, 2) -> j = 1; v = 2
        fi;
        if
        :: job[j].messages = job[j].messages & ~(1 << v)
        :: faults > 0 -> faults-- /* and once more, some day */
        fi;
        if
        :: STATE_OK(j) && VERSION_OK(j, v) ->
            job[j].state = RUNNING;
            job[j].attempt++;
            job[j].holder = me;
            attempt = job[j].attempt;
            settled[me] = false;
            assert(job[j].attempt <= job[j].allowed); /* NEVER TWICE */
            assert(job[j].due)                        /* never early */
        :: else
        fi;
        v = 0
    }
        do
        :: atomic { attempt == 0 -> j = 0; break } /* nothing acquired */
        :: atomic { /* the body has run: finish */
            attempt > 0 ->
            if
            :: HELD_BY(j, attempt) -> job[j].state = COMPLETED; job[j].holder = NOBODY
            :: else -> assert(settled[me]) /* none but a settled attempt is refused its end */
            fi;
            attempt = 0
        }
        :: atomic { /* crash; the next life of this worker is another session */
            attempt > 0 && faults > 0 ->
            faults--;
            if
            :: job[j].holder == me -> job[j].holder = (gone[me] -> ORPHAN : SILENT)
            :: else
            fi;
            gone[me] = false;
            attempt = 0
        }
        :: atomic { /* its heartbeat notices; what it has acquired since it was declared gone stays with the old session */
            attempt > 0 && gone[me] ->
            gone[me] = false;
            if
            :: job[j].holder == me -> job[j].holder = ORPHAN; settled[me] = true
            :: else
            fi
        }
        od
    od
}

/* One job a list: to mark several at once and die is the same as to die several times. */
active [2] proctype Leader() {
    byte j, version;
end:
    do
    :: atomic {
        if
        :: LISTABLE(0) -> j = 0
        :: LISTABLE(1) -> j = 1
        fi;
        job[j].marked = true;
        version = job[j].version
    }
        atomic {
            publish(j, version); /* or it died, or was replaced, and forgot it */
            j = 0;
            version = 0
        }
    od
}

active proctype Rescue() {
    byte w;
end:
    do
    :: atomic { RESCUABLE(0) -> interrupt(0) }
    :: atomic { RESCUABLE(1) -> interrupt(1) }
    :: atomic { /* a worker that lives is silent for too long and declared gone */
        faults > 0 ->
        faults--;
        if
        :: !gone[0] -> w = 0
        :: !gone[1] -> w = 1
        fi;
        gone[w] = true;
        if
        :: job[0].holder == w -> interrupt(0); settled[w] = true
        :: job[1].holder == w -> interrupt(1); settled[w] = true
        :: else
        fi;
        w = 0
    }
    od
}

active proctype Clock() {
end:
    do
    :: atomic { !job[0].due -> job[0].due = true }
    :: atomic { !job[1].due -> job[1].due = true }
    od
}

/*
 * What people do (a retry is published by whoever commits it), and a broker that loses all. The
 * last line only lets time pass: a run that is stuck would be finite otherwise, and weak fairness ignores those.
 */
active proctype World() {
    byte j;
end:
    do
    :: atomic {
        faults > 0 && (job[0].messages || job[1].messages) ->
        faults--;
        job[0].messages = 0;
        job[1].messages = 0
    }
    :: atomic {
        edits > 0 ->
        edits--;
        if
        :: j = 0
        :: j = 1
        fi;
        if
        :: job[j].state == PENDING -> /* to a later time */
            job[j].version++;
            job[j].due = false;
            job[j].marked = false
        :: job[j].state == PENDING -> /* cancel */
            job[j].version++;
            job[j].state = CANCELLED
        :: job[j].state == INTERRUPTED || job[j].state == CANCELLED -> /* retry */
            job[j].version++;
            job[j].state = PENDING;
            job[j].due = true;
            job[j].marked = true;
            job[j].allowed = job[j].attempt + 1;
            publish(j, job[j].version)
        :: else -> edits++ /* too late, and the answer says so */
        fi;
        j = 0
    }
    :: faults <= FAULTS
    od
}

/* NEVER LOST: whatever happened, both jobs end up started and settled, or cancelled by a person, and stay so. */
#define SETTLED(j) (job[j].state == COMPLETED || job[j].state == CANCELLED || job[j].state == INTERRUPTED)
ltl never_lost { <> [] (SETTLED(0) && SETTLED(1)) }
