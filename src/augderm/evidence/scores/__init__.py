"""The dermoscopic scores: what the machine can set of them, and how a person overrules it."""

from augderm.evidence.scores.overrule import overruled
from augderm.evidence.scores.reading import RULES, read_scores

__all__ = ["RULES", "overruled", "read_scores"]
