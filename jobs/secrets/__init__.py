"""Secrets: what an administrator declares, how payloads refer to it, and how it is taken out of what bodies say.

Nothing here needs Django to be set up, and nothing here knows targets: jobs/targets/hiding.py and lending.py do.
"""

from jobs.secrets.cleaning import MASK, SHORTEST, Cleaner, cleaner
from jobs.secrets.declared import DeclaredSecret, Secrets, Unreadable
from jobs.secrets.references import MARK, Reference, Referring, found, marked, names, replaced

__all__ = [
    "MARK",
    "MASK",
    "SHORTEST",
    "Cleaner",
    "DeclaredSecret",
    "Reference",
    "Referring",
    "Secrets",
    "Unreadable",
    "cleaner",
    "found",
    "marked",
    "names",
    "replaced",
]
