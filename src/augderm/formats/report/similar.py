"""The page of similar cases: one HTML file with the image, its neighbours, and what they say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from augderm.domain.assessment import LIMIT_OF_USE
from augderm.domain.similar import OUTSIDE, ClassShare, LibraryFacts, Neighbour, Similar
from augderm.domain.taxonomy import BY_CODE
from augderm.domain.text import visible
from augderm.formats.report.content import Fact, report_content
from augderm.formats.report.html import template
from augderm.formats.report.wording import number, percent

NOT_STATED = "not stated"
OUTSIDE_NAME = "Outside of the seven diagnoses"
WHAT_DISTANCE_IS = (
    "Distance is the cosine distance between the network's embeddings, 0 for alike. It compares what the "
    "network sees, not how alike two lesions are to a person, and it is no probability."
)


@dataclass(frozen=True, slots=True)
class CaseView:
    """One neighbour, worded."""

    rank: int
    name: str
    diagnosis: str
    code: str
    malignant: bool
    distance: str
    confirmed: str
    patient: str
    thumbnail: bytes


@dataclass(frozen=True, slots=True)
class ShareView:
    """One diagnosis: share of the neighbours and probability, as text and as a bar's length (0..1)."""

    name: str
    code: str
    malignant: bool
    share: str
    share_width: float
    probability: str
    probability_width: float
    in_library: str


def report_similar(similar: Similar, *, read_at: datetime | None = None) -> str:
    """Draw the page.

    Args:
        similar: the answer.
        read_at: when the image was read; not shown where None.

    Returns:
        A whole HTML document without script or request.
    """
    report = report_content(similar.assessment, read_at=read_at, with_maps=False)
    return template("similar.html.j2").render(
        report=report,
        facts=(*report.facts, *_library_facts(similar.library)),
        limit_of_use=LIMIT_OF_USE,
        reason=visible(similar.reason),
        warnings=similar.warnings,
        notes=[visible(note) for note in similar.notes],
        cases=[view_case(rank, case) for rank, case in enumerate(similar.neighbours, 1)],
        shares=[view_share(share, similar.library) for share in similar.shares],
        what_distance_is=WHAT_DISTANCE_IS,
        sources=[visible(source) for source in similar.library.sources],
    )


def _library_facts(library: LibraryFacts) -> tuple[Fact, ...]:
    how = "all compared" if library.exact else "candidates by an index, then compared"
    return (Fact("Library", visible(library.name)), Fact("Cases in it", f"{library.cases} ({how})"))


def view_case(rank: int, neighbour: Neighbour) -> CaseView:
    """Word one neighbour; every text in it is a stranger's."""
    case = neighbour.case
    patient = [
        visible(text)
        for text in (
            "" if case.age_years is None else f"{number(case.age_years, places=0)} years",
            case.sex or "",
            case.site or "",
        )
        if text
    ]
    return CaseView(
        rank=rank,
        name=visible(f"{case.dataset}: {case.image}"),
        diagnosis=name_of(case.code) if case.code else visible(case.diagnosis),
        code=case.code or OUTSIDE,
        malignant=case.malignant is True,
        distance=number(neighbour.distance),
        confirmed=visible(case.confirmed_by) if case.confirmed_by else NOT_STATED,
        patient=", ".join(patient) or NOT_STATED,
        thumbnail=neighbour.thumbnail,
    )


def view_share(share: ClassShare, library: LibraryFacts) -> ShareView:
    """Word one diagnosis."""
    known = BY_CODE.get(share.code)
    frequency = library.diagnoses.get(share.code, 0) / library.cases if library.cases else 0.0
    return ShareView(
        name=name_of(share.code),
        code=share.code,
        malignant=known is not None and known.behaviour == "malignant",
        share=f"{share.count} ({percent(share.share)})",
        share_width=share.share,
        probability="no class of it" if share.probability is None else percent(share.probability),
        probability_width=share.probability or 0.0,
        in_library=percent(frequency),
    )


def name_of(code: str) -> str:
    """The name of a code of the taxonomy, or of what lies outside."""
    return OUTSIDE_NAME if code == OUTSIDE else BY_CODE[code].name
