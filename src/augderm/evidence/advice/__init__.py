"""What is proposed for a lesion: facts, the rules of a readable policy, and the advice that follows."""

from augderm.evidence.advice.advise import DECISION, advise
from augderm.evidence.advice.facts import NOTHING_TOLD, StoryFacts
from augderm.evidence.advice.policy import Policy, policy_from
from augderm.evidence.advice.story import story_facts

__all__ = ["DECISION", "NOTHING_TOLD", "Policy", "StoryFacts", "advise", "policy_from", "story_facts"]
