"""What the lesion's story says by itself: checklists that a person's answers fill."""

from augderm.evidence.lesion_story.reading import STORY_RULES, read_story

__all__ = ["STORY_RULES", "read_story"]
