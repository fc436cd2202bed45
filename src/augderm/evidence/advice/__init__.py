"""What is proposed for a lesion: facts, the rules of a readable policy, and the advice that follows."""

from augderm.evidence.advice.advise import DECISION, advise
from augderm.evidence.advice.facts import NOTHING_TOLD, LesionStory
from augderm.evidence.advice.policy import Policy, policy_from

__all__ = ["DECISION", "NOTHING_TOLD", "LesionStory", "Policy", "advise", "policy_from"]
