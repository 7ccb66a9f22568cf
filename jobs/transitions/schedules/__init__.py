"""Schedules: which job comes next, and what became of every nominal time.

Exactly one run of a schedule lies in the future, as a job. Its successor is made in the transaction in which that job
leaves PENDING, or when its nominal time has come, whichever is first: so a run that is held or moved never silences
its schedule. The table jobs_occurrence has a row for each nominal time: its job, or why it has none.

The order of locks. Rows of jobs come first, then those of their schedules, which are locked without waiting where jobs
are held: whoever is not served leaves it to the leader (jobs/scheduler/schedules.py), which looks for schedules whose
time has come. A person's change waits for the schedule and takes the row of its pending job after it: whoever has that
row never waits for a schedule, so there is no deadlock. A change that lets a schedule come after others has their rows,
too: all in the order of their ids, and before the job.
"""
