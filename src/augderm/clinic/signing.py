"""The final decision: signed by a person, never changed afterwards (`clinic.addenda` are added to it)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from augderm.clinic import entries
from augderm.clinic.audit import append
from augderm.clinic.errors import Conflict, InvalidEntry, stale
from augderm.clinic.finding import find_case
from augderm.clinic.machine_says import MachineSays, contents_of, machine_says
from augderm.clinic.permissions import use_case
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.reads import IMPRESSIONS, MANAGEMENTS, Read, own_row, read_of
from augderm.clinic.recalls import recall_after_signing
from augderm.clinic.shown import refuse_unseen
from augderm.clinic.signatures import addenda_of
from augderm.clinic.sittings import forget_draft
from augderm.clinic.standing import Standing, standing_of
from augderm.clinic.told_first import told_first, writing_or_telling


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A final decision as typed."""

    diagnosis: str
    management: str
    reason: str = ""


class SignedMeanwhile(Conflict):
    """Another reader signed, or added to it, since the page was opened. Both versions go back to the page.

    Attributes:
        theirs: what stands of each of the others, the latest last.
        words: how many signatures and addenda there are by now.
    """

    def __init__(self, message: str, theirs: Sequence[Standing], yours: Decision, words: int) -> None:
        super().__init__(message, reader=theirs[-1].reader)
        self.theirs = tuple(theirs)
        self.yours = yours
        self.words = words


def departures(
    decision: Decision,
    impression: tuple[str, str],
    machine: MachineSays,
    stands: Sequence[Standing] = (),
) -> tuple[str, ...]:
    """What of a decision departs from both the own impression and the machine, or from all that stands.

    Args:
        impression: diagnosis and management that were committed.
        stands: of the other readers' decisions.

    Returns:
        of "final_diagnosis" and "final_management" those that need a reason. What the machine does not say
        supports nothing: a change of mind then needs one too.
    """
    found = []
    for name, final, own, told, theirs in (
        (
            "final_diagnosis",
            decision.diagnosis,
            impression[0],
            machine.likeliest,
            [each.diagnosis for each in stands],
        ),
        (
            "final_management",
            decision.management,
            impression[1],
            machine.band,
            [each.management for each in stands],
        ),
    ):
        if (final not in (own, told)) or (theirs and final not in theirs):
            found.append(name)
    return tuple(found)


@use_case("read.sign")
def sign(
    platform: Platform,
    person: Person,
    case_id: str,
    decision: Decision,
    version: int,
    signatures: int,
    photographs: int | None = None,
    words: int | None = None,
    shown: str | None = None,
) -> Read:
    """Sign the case. What was signed never changes; a second reader signs beside the first.

    A decision that the machine contradicts (`clinic.alerts`) is signed with a reason, and not before this
    reader was told of just this decision, be it as the impression or here. Likewise one that an outcome
    contradicts, which is told first.

    Args:
        decision: of `IMPRESSIONS` and `MANAGEMENTS`, with a reason where `departures` asks for one.
        version: of the own read as the page showed it.
        signatures: how many other signatures the page showed.
        photographs: how many photographs of the case; None holds nothing against it.
        words: how many signatures and addenda; None likewise.
        shown: what else of the case it showed, see `clinic.shown`; None likewise.

    Raises:
        Conflict: no impression was committed, it was signed by this reader already, or a photograph, a read
            of the machine, answers or an outcome came.
        SignedMeanwhile: another reader signed or added since.
        Contradicted: the machine contradicts the decision.
        AgainstOutcome: an outcome does.
        InvalidEntry: an entry is missing, or the reason is.
    """
    with writing_or_telling(platform, case_id, person) as session:
        return _sign(
            platform, session, person, case_id, decision, version, signatures, photographs, words, shown
        )


def _sign(
    platform: Platform,
    session: Session,
    person: Person,
    case_id: str,
    decision: Decision,
    version: int,
    signatures: int,
    photographs: int | None,
    words: int | None,
    shown: str | None,
) -> Read:
    case = find_case(session, person, case_id)
    row = own_row(session, person, case.id)
    if row is None:
        raise Conflict("Commit your own impression of this case before you sign it.")
    if row.signed_at is not None:
        raise Conflict("You have signed this case already. Add an addendum where something changed.")
    theirs = standing_of(session, [case.id]).get(case.id, [])
    said = len(theirs) + len(addenda_of(session, case.id))
    if theirs and (len(theirs) > signatures or words not in (None, said)):
        raise SignedMeanwhile(
            "%(reader)s signed this case, or added to it, since you opened it, and nothing was overwritten. "
            "Compare, and sign theirs or yours beside it.",
            theirs,
            decision,
            said,
        )
    if row.version != version:
        raise stale()
    contents = contents_of(session, case)
    refuse_unseen(session, case, contents, photographs, shown)
    diagnosis = entries.choice("final_diagnosis", decision.diagnosis, IMPRESSIONS)
    management = entries.choice("final_management", decision.management, MANAGEMENTS)
    reason = entries.text("reason", decision.reason)
    alert = told_first(session, row, "reason", (diagnosis, management, reason), contents)
    departed = departures(decision, (row.impression, row.management), machine_says(contents), theirs)
    if departed and not reason:
        raise InvalidEntry(
            "reason",
            "Your decision departs from your own impression and from the machine, or from what a "
            "colleague signed; say why.",
        )
    row.final_diagnosis, row.final_management, row.reason = diagnosis, management, reason
    row.signed_at = platform.now()
    row.told = ""
    row.version += 1
    case.state = "signed"
    case.version += 1
    recall_after_signing(session, row.signed_at, case, management, person.user_id)
    forget_draft(session, person, case.id, "final_diagnosis", "final_management", "reason")
    append(
        session,
        platform.now(),
        person,
        "read.sign",
        "case",
        case.id,
        alert=row.alert,
        against=alert.kind if alert else None,
        changed_diagnosis=diagnosis != row.impression,
        changed_management=management != row.management,
        departed=" ".join(departed),
        machine_was_shown=row.revealed_at is not None,
    )
    return read_of(row)
