"""Changes of jobs, told to webhooks that subscribe to them, from the ledger: nothing is added to a start or an end.

`horizon` says up to which rows all is there, `reading` reads what a subscription has not been told and writes it down
to be sent, together with how far it has come, `telling` has the words. See docs/job-events.md.
"""
