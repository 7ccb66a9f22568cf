"""Rules of people: whom to tell of what a target, schedule, queue, team or job does.

`standing` says which rules still count, `facts` asks what is wanted by any rule, `judging` says what is so of each
(pure). What comes of it is kept, said, silenced and resolved like the rules of the platform. See docs/alerts.md.
"""
