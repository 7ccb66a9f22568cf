"""The limits of queues and keys: who has a place, who waits, whose turn is next.

The state of a limit is small rows that expire (`jobs_turn`) and the lines of those that wait (`holds`, in exact partial
indexes): a start or an end costs the same whatever waits. docs/adr/0028 says why.

Locks. Whoever decides about a limit tries for its advisory lock, and does something else meanwhile when somebody has
it; rows of jobs and of rates are locked without waiting too. Nobody waits, so nobody delays the jobs of another limit,
and there is no deadlock. Ends take no lock: they delete their places in their own transaction.

No turn is lost: whoever has freed a place, and whoever has put a job into a line, looks at that limit after his own
COMMIT (`promotion`), so the later of two sees what both have done. Who dies in between, or finds a row locked for long,
leaves it to the leader: jobs/scheduler/turns.py.
"""
