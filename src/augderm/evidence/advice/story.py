"""From what was told of a lesion to the facts that the rules of a policy ask for."""

from __future__ import annotations

from augderm.domain.anamnesis import LESION_QUESTIONS, contradictions
from augderm.domain.assessment import Assessment
from augderm.evidence.advice.facts import NOTHING_TOLD, StoryFacts


def story_facts(assessment: Assessment) -> StoryFacts:
    """What the assessment's anamnesis says for the advice; all unknown where nobody asked.

    Answers that contradict each other are left out, and `contradicted` says so. So are
    the NG12 points where no item of that checklist is known, for its bounds then say nothing. Whether it is
    an ugly duckling no anamnesis of one lesion tells.

    Args:
        assessment: with its `story`, which `evidence.anamnesis` fills.
    """
    if assessment.anamnesis is None:
        return NOTHING_TOLD
    lesion = assessment.anamnesis.lesion
    contradicted = {name for each in contradictions(assessment.anamnesis) for name in each.answers}
    yes_no = {
        name: getattr(lesion, name)
        for name in ("elevated", "firm", "ulcerated", "bleeding")
        if name not in contradicted
    }
    changes = [
        getattr(lesion, name)
        for name in ("change_in_size", "change_in_shape", "change_in_colour")
        if name not in contradicted
    ]
    growth = None if "growth" in contradicted else lesion.growth
    growing = assessment.story["efg"].item("growing").value
    ng12 = assessment.story["nice_seven_point"]
    known = any(item.set_by != "nobody" for item in ng12.items)
    return StoryFacts(
        **yes_no,
        changing=True if True in changes else False if changes == [False] * 3 else None,
        contradicted=bool(contradicted & set(LESION_QUESTIONS)),
        growing=None if growing is None else bool(growing),
        rapid_growth=None if growth is None else growth == "rapid",
        ng12_lowest=int(ng12.lowest) if known else None,
        ng12_highest=int(ng12.highest) if known else None,
    )
