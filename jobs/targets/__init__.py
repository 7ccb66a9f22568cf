"""What a job does: the registry of callables, and the ones built in."""

from jobs.targets import demo
from jobs.targets.registry import InvalidArguments, Target, UnknownTarget, find, names, target

__all__ = ["InvalidArguments", "Target", "UnknownTarget", "demo", "find", "names", "target"]
