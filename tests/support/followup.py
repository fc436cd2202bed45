"""Cases with a signed decision, and later visits, for tests of follow-up."""

from __future__ import annotations

from augderm.clinic.images import ClinicImage, add_image
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.reads import commit_impression
from augderm.clinic.signing import Decision, sign
from augderm.clinic.visits import create_visit
from support.clinic import ADA, Case, open_case, phantom_jpeg


def sign_case(
    platform: Platform,
    person: Person,
    case_id: str,
    diagnosis: str = "nv",
    management: str = "monitor_3",
    impression: tuple[str, str] | None = None,
    signatures: int = 0,
) -> None:
    """Commit an impression (the decision itself, unless another is given) and sign, beside so many others."""
    own = impression or (diagnosis, management)
    read = commit_impression(platform, person, case_id, *own)
    decision = Decision(diagnosis=diagnosis, management=management, reason="as seen")
    sign(platform, person, case_id, decision, read.version, signatures)


def signed_case(
    platform: Platform, person: Person, diagnosis: str = "nv", management: str = "monitor_3"
) -> Case:
    """A patient with one case, signed."""
    case = open_case(platform, person, ADA)
    sign_case(platform, person, str(case.image.case_id), diagnosis, management)
    return case


def visit_again(platform: Platform, person: Person, case: Case, seed: int = 1) -> ClinicImage:
    """Photograph the lesion at a new visit."""
    visit = create_visit(platform, person, case.patient.id)
    return add_image(platform, person, visit.id, case.lesion.id, phantom_jpeg(seed), "later.jpg").image
