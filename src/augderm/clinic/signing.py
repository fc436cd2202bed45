"""The final decision: signed by a person, never changed afterwards, and added to by addenda."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from augderm.clinic import entries
from augderm.clinic.assessments import latest
from augderm.clinic.audit import append
from augderm.clinic.errors import Conflict, InvalidEntry, stale
from augderm.clinic.finding import find_case
from augderm.clinic.permissions import use_case
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.reads import IMPRESSIONS, MANAGEMENTS, Read, own_row, read_of
from augderm.clinic.recalls import recall_after_signing
from augderm.clinic.sittings import forget_draft
from augderm.domain.advice import BANDS
from augderm.store.models import AddendumRow, CaseRow, ImageRow, ReadRow, UserRow


@dataclass(frozen=True, slots=True)
class MachineSays:
    """What the machine says of a case as a whole: of the photograph with the most severe band.

    All are None where it says nothing; the likeliest diagnosis also where it abstains.
    """

    likeliest: str | None
    band: str | None
    probability: float | None


@dataclass(frozen=True, slots=True)
class Signature:
    """What one reader signed."""

    reader_id: str
    reader: str
    diagnosis: str
    management: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Addendum:
    """What was added after a signature."""

    text: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A final decision as typed."""

    diagnosis: str
    management: str
    reason: str = ""


class SignedMeanwhile(Conflict):
    """Another reader signed since the page was opened. Both versions go back to the page."""

    def __init__(self, message: str, theirs: Sequence[Signature], yours: Decision) -> None:
        super().__init__(message, reader=theirs[-1].reader)
        self.theirs = tuple(theirs)
        self.yours = yours


def machine_says(contents: Sequence[Mapping[str, Any] | None]) -> MachineSays:
    """The summary of a case.

    Args:
        contents: `augderm.assessment/1` of each of its photographs; None where there is none.
    """
    known = [content for content in contents if content and content["advice"]]
    if not known:
        return MachineSays(None, None, None)

    def severity(content: Mapping[str, Any]) -> tuple[int, float]:
        malignancy = content["malignancy"]
        return BANDS.index(content["advice"]["band"]), -(malignancy["probability"] if malignancy else 1.0)

    leading = min(known, key=severity)
    probabilities = leading["diagnosis"]["probabilities"] if leading["diagnosis"] else {}
    return MachineSays(
        max(probabilities, key=lambda code: probabilities[code], default=None),
        leading["advice"]["band"],
        leading["malignancy"]["probability"] if leading["malignancy"] else None,
    )


def departures(
    decision: Decision,
    impression: tuple[str, str],
    machine: MachineSays,
    signed: Sequence[Signature] = (),
) -> tuple[str, ...]:
    """What of a decision departs from both the own impression and the machine, or from one signed before.

    Args:
        impression: diagnosis and management that were committed.

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
            [s.diagnosis for s in signed],
        ),
        (
            "final_management",
            decision.management,
            impression[1],
            machine.band,
            [s.management for s in signed],
        ),
    ):
        if (final not in (own, told)) or (theirs and final not in theirs):
            found.append(name)
    return tuple(found)


@use_case("read.sign")
def sign(
    platform: Platform, person: Person, case_id: str, decision: Decision, version: int, signatures: int
) -> Read:
    """Sign the case. What was signed never changes; a second reader signs beside the first.

    Args:
        decision: of `IMPRESSIONS` and `MANAGEMENTS`, with a reason where `departures` asks for one.
        version: of the own read as the page showed it.
        signatures: how many other signatures the page showed.

    Raises:
        Conflict: no impression was committed, or it was signed by this reader already.
        SignedMeanwhile: another reader signed since.
        InvalidEntry: an entry is missing, or the reason is.
    """
    with platform.database.writing() as session:
        case = find_case(session, person, case_id)
        row = own_row(session, person, case.id)
        if row is None:
            raise Conflict("Commit your own impression of this case before you sign it.")
        if row.signed_at is not None:
            raise Conflict("You have signed this case already. Add an addendum where something changed.")
        theirs = signatures_of(session, case.id)
        if len(theirs) > signatures:
            raise SignedMeanwhile(
                "%(reader)s signed this case since you opened it, and nothing was overwritten. Compare both, "
                "and sign theirs or yours beside it.",
                theirs,
                decision,
            )
        if row.version != version:
            raise stale()
        diagnosis = entries.choice("final_diagnosis", decision.diagnosis, IMPRESSIONS)
        management = entries.choice("final_management", decision.management, MANAGEMENTS)
        reason = entries.text("reason", decision.reason)
        contents = contents_of(session, case)
        departed = departures(decision, (row.impression, row.management), machine_says(contents), theirs)
        if departed and not reason:
            raise InvalidEntry(
                "reason",
                "Your decision departs from your own impression and from the machine, or from what a "
                "colleague signed; say why.",
            )
        row.final_diagnosis, row.final_management, row.reason = diagnosis, management, reason
        row.signed_at = platform.now()
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
            changed_diagnosis=diagnosis != row.impression,
            changed_management=management != row.management,
            departed=" ".join(departed),
            machine_was_shown=row.revealed_at is not None,
        )
        return read_of(row)


@use_case("read.sign")
def add_addendum(platform: Platform, person: Person, case_id: str, addendum: str) -> Addendum:
    """Add to the own signed read. A case that a later photograph had made unread is then read again.

    Sent once more, since the answer to it was lost, it is there once.

    Raises:
        Conflict: it is not signed.
        InvalidEntry: the text is empty or too long.
    """
    with platform.database.writing() as session:
        case = find_case(session, person, case_id)
        row = own_row(session, person, case.id)
        if row is None or row.signed_at is None:
            raise Conflict("You have not signed this case yet; what you sign can still be changed before.")
        text = entries.text("addendum", addendum)
        if not text:
            raise InvalidEntry("addendum", "This is empty; fill it in.")
        if (sent := _sent_before(session, case, row, text)) is not None:
            return Addendum(text, person.name, sent.added_at)
        now = platform.now()
        session.add(AddendumRow(read_id=row.id, text=text, added_at=now, added_by=person.user_id))
        if case.state != "signed":
            case.state = "signed"
            case.version += 1
        forget_draft(session, person, case.id, "addendum")
        append(session, now, person, "read.addendum", "case", case.id)
        return Addendum(text, person.name, now)


def _sent_before(session: Session, case: CaseRow, read: ReadRow, text: str) -> AddendumRow | None:
    """The last addendum of a read, where it says just this, and the case did not become unread since."""
    newest = (AddendumRow.added_at.desc(), AddendumRow.id.desc())
    last = session.scalar(
        select(AddendumRow).where(AddendumRow.read_id == read.id).order_by(*newest).limit(1)
    )
    return last if last is not None and last.text == text and case.state == "signed" else None


def signatures_of(session: Session, case_id: str) -> list[Signature]:
    """All that was signed of a case, the earliest first."""
    rows = session.execute(
        select(ReadRow, UserRow.name)
        .join(UserRow, UserRow.id == ReadRow.reader_id)
        .where(ReadRow.case_id == case_id, ReadRow.signed_at.is_not(None))
        .order_by(ReadRow.signed_at)
    )
    return [
        Signature(
            read.reader_id,
            name,
            read.final_diagnosis or "",
            read.final_management or "",
            read.reason,
            read.signed_at,
        )
        for read, name in rows
        if read.signed_at is not None
    ]


def addenda_of(session: Session, case_id: str) -> list[Addendum]:
    """All that was added to signed reads of a case, the earliest first."""
    rows = session.execute(
        select(AddendumRow.text, UserRow.name, AddendumRow.added_at)
        .join(ReadRow, ReadRow.id == AddendumRow.read_id)
        .join(UserRow, UserRow.id == AddendumRow.added_by)
        .where(ReadRow.case_id == case_id)
        .order_by(AddendumRow.added_at, AddendumRow.id)
    )
    return [Addendum(*row) for row in rows]


def contents_of(session: Session, case: CaseRow) -> list[Mapping[str, Any] | None]:
    """The machine's latest read of each photograph of a case; None where there is none."""
    keys = session.scalars(
        select(ImageRow.id).where(ImageRow.case_id == case.id).order_by(ImageRow.uploaded_at, ImageRow.id)
    ).all()
    rows = [latest(session, key) for key in keys]
    return [row.content if row else None for row in rows]
