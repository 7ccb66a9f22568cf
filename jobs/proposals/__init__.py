"""Proposals: what programs would like to be changed, and what people make of it. Nothing is done before a person has
approved it; then it is judged as if that person had asked for it himself.

Read in this order: making (a proposal with its preview), doing (each action), deciding (approve, refuse)."""

from jobs.proposals.deciding import Decided, approve, may_decide, refuse
from jobs.proposals.making import LASTS, MOST_OPEN, Refused, propose_job, propose_pause, propose_verb

__all__ = [
    "LASTS",
    "MOST_OPEN",
    "Decided",
    "Refused",
    "approve",
    "may_decide",
    "propose_job",
    "propose_pause",
    "propose_verb",
    "refuse",
]
