"""Rights: what each role may do, whose is what, and who may start which target. One rule for all ways in."""

from jobs.rights.reach import EVERYTHING, Reach, reach_of

__all__ = ["EVERYTHING", "Reach", "reach_of"]
