"""What follows from an anamnesis, put beside what was read in the image, which stays as it is."""

from __future__ import annotations

from dataclasses import replace

from augderm.domain.anamnesis import Anamnesis
from augderm.domain.assessment import Assessment
from augderm.evidence.lesion_story import read_story
from augderm.evidence.risk.nci import nci_risk
from augderm.evidence.together import join


def with_anamnesis(assessment: Assessment, anamnesis: Anamnesis | None) -> Assessment:
    """The assessment with the answers, the person's risk, the lesion's story, and image, age, sex and site
    together; as it is for None.

    A diameter in millimetres that was measured fills the story where none was told; of several photographs,
    that of the assessment's own measures.
    """
    if anamnesis is None:
        return assessment
    return replace(
        assessment,
        anamnesis=anamnesis,
        risk=nci_risk(anamnesis),
        story=read_story(anamnesis, assessment.measures),
        together=join(assessment, anamnesis),
    )
