"""The checklists of the lesion's story, as far as the answers fill them."""

from __future__ import annotations

from augderm.domain.anamnesis import Anamnesis, contradictions
from augderm.domain.assessment import Measures
from augderm.domain.scores import Score
from augderm.evidence.lesion_story import efg, nice
from augderm.evidence.lesion_story.told import Told
from augderm.evidence.scores.rule import ScoreRule, score_from, score_of_items

STORY_RULES: dict[str, ScoreRule] = {rule.name: rule for rule in (nice.NICE, efg.EFG)}
"""By name, in the order in which they are shown."""


def read_story(anamnesis: Anamnesis, measures: Measures | None = None) -> dict[str, Score]:
    """All checklists by name. An item that is unknown or contradicted is open, and so may the score be.

    Args:
        anamnesis: what was told. Items are set by a "person".
        measures: of the lesion in the image. Where no diameter was told, and a scale is known, the measured
            one counts: set by the "machine".
    """
    contradicted = {name for each in contradictions(anamnesis) for name in each.answers}
    told = Told(anamnesis.lesion, contradicted)
    story = {
        nice.NICE.name: score_from(nice.NICE, nice.findings(told), "person"),
        efg.EFG.name: score_from(efg.EFG, efg.findings(told), "person"),
    }
    measured = nice.measured_diameter(measures)
    if measured is not None and anamnesis.lesion.diameter_mm is None:
        by_machine = score_from(nice.NICE, {nice.DIAMETER_ITEM: measured}).item(nice.DIAMETER_ITEM)
        items = [by_machine if item.name == by_machine.name else item for item in story[nice.NICE.name].items]
        story[nice.NICE.name] = score_of_items(nice.NICE, items)
    return story
