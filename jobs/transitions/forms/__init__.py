"""Forms for other departments: what is wrong with a definition, what becomes of one that is filled in, and links for
people without an account.

Read in this order: free_fields (what can be filled in), definition, filling, links."""

from jobs.transitions.forms.definition import WHAT_RUNS, definition_problems
from jobs.transitions.forms.filling import Chosen, Ended, Tomorrow, by_link, by_person, judged
from jobs.transitions.forms.free_fields import FreeField, free_fields
from jobs.transitions.forms.links import AskedLink, make, revoke, take_over

__all__ = [
    "WHAT_RUNS",
    "AskedLink",
    "Chosen",
    "Ended",
    "FreeField",
    "Tomorrow",
    "by_link",
    "by_person",
    "definition_problems",
    "free_fields",
    "judged",
    "make",
    "revoke",
    "take_over",
]
