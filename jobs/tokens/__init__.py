"""Tokens for programs: made, rotated and revoked, each change with its audit; and what one may do."""

from jobs.tokens.changing import GRACES, Asked, Made, longest, make, may_change, revoke, rotate
from jobs.tokens.scopes import SCOPES, owned, scopes_of

__all__ = [
    "GRACES",
    "SCOPES",
    "Asked",
    "Made",
    "longest",
    "make",
    "may_change",
    "owned",
    "revoke",
    "rotate",
    "scopes_of",
]
