"""Jobs that wait for the end of others. `block` ties a new job to those that it waits for, `unblock` lets go of it in
the transaction that ends the last of them. `runs` judges runs of schedules, which wait for those of
others: docs/adr/0040.

The order of locks. Whoever waits for the rows of jobs that it is going to end does it first in its transaction, in the
order of their ids, and holds no other lock then. Who makes a new job that waits keeps those that it waits for first
(`FOR KEY SHARE`, in the order of their ids: in the way of a deletion only), and locks them last, in the same order,
when all is written and checked: until then it holds what nobody waits for but a deletion, which takes its rows at once
in their full strength. So they are locked for milliseconds: whoever is to start them passes them by meanwhile. Then
come the jobs that wait for these, which are locked without waiting, as is all of jobs/transitions/limits/. So there is
no deadlock.

Whoever finds a waiting job locked by somebody else looks again after his own commit, holding nothing, and waits for the
row then. What is counted is counted after the lock. So of two that end at one moment in two transactions the later one
sees both ended. Who dies between his commit and that look leaves it to the leader: jobs/scheduler/turns.py.
"""
