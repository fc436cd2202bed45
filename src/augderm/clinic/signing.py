"""The final decision: signed by a person, never changed afterwards, and added to by addenda."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from augderm.clinic import entries
from augderm.clinic.alerts import Alert, alert_of
from augderm.clinic.assessments import latest
from augderm.clinic.audit import append
from augderm.clinic.contradicting import outcomes_of_case, supported
from augderm.clinic.errors import Conflict, InvalidEntry, stale
from augderm.clinic.finding import find_case
from augderm.clinic.permissions import use_case
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.reads import IMPRESSIONS, MANAGEMENTS, Read, own_row, read_of
from augderm.clinic.recall_changes import recall_after_addendum
from augderm.clinic.recalls import recall_after_signing
from augderm.clinic.shown import to_be_seen
from augderm.clinic.sittings import forget_draft
from augderm.clinic.standing import Standing, standing_of
from augderm.domain.advice import BANDS
from augderm.domain.outcome import contradicts
from augderm.evidence.advice.default import default_policy
from augderm.store.models import AddendumRow, CaseRow, ImageRow, ReadRow, UserRow

MAX_TOLD = 40
"""So many of the last things told are remembered; what was forgotten is told once more."""
RESENT_WITHIN = timedelta(minutes=10)
"""The same addendum once more, by a program that does not say what it was shown, is the same act so long."""


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
    """What was added after a signature.

    Attributes:
        diagnosis, management: what its writer decides from then on; None where it leaves that as it was.
    """

    text: str
    by: str
    at: datetime
    diagnosis: str | None = None
    management: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A final decision as typed."""

    diagnosis: str
    management: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an addendum decides, as typed: "" for what it leaves as it was.

    Naming what stands already confirms it: after an addendum that decides nothing no letter is made.

    Attributes:
        words: how many signatures and addenda of the case the page showed: they are only ever added to, so
            the number is their version; 0 where nobody says, of an addendum that decides nothing.
    """

    diagnosis: str = ""
    management: str = ""
    words: int = 0


NOTHING = Change()
"""An addendum that decides nothing."""


class Contradicted(InvalidEntry):
    """The machine contradicts what is to be signed, and the reader was not told yet, or gave no reason."""

    def __init__(self, field: str, message: str, alert: Alert) -> None:
        super().__init__(field, message)
        self.alert = alert


class AgainstOutcome(InvalidEntry):
    """What became known of the case contradicts what is to be signed, and the reader was not told yet."""

    def __init__(self, field: str, message: str, diagnosis: str) -> None:
        super().__init__(field, message)
        self.told = f"outcome {diagnosis}"


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
    try:
        with platform.database.writing() as session:
            return _sign(
                platform, session, person, case_id, decision, version, signatures, photographs, words, shown
            )
    except (Contradicted, AgainstOutcome) as told:
        _tell(platform, person, case_id, told)
        raise


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
    if len(theirs) > signatures or (words is not None and said != words and theirs):
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
    _all_seen(session, case, contents, photographs, shown)
    diagnosis = entries.choice("final_diagnosis", decision.diagnosis, IMPRESSIONS)
    management = entries.choice("final_management", decision.management, MANAGEMENTS)
    reason = entries.text("reason", decision.reason)
    alert = _told_first(session, row, "reason", (diagnosis, management, reason), contents)
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


@use_case("read.sign")
def add_addendum(
    platform: Platform,
    person: Person,
    case_id: str,
    addendum: str,
    change: Change = NOTHING,
    photographs: int | None = None,
    shown: str | None = None,
) -> Addendum:
    """Add to the own signed read. A case that was unread again is then read.

    It may decide anew, with the text as its reason: what was signed stays as it was, and `clinic.standing` is
    what counts from then on. As when signing, the reader is told first where the machine contradicts it,
    unless an outcome of the case supports it, which says more than the machine; and where an outcome does.

    Sent once more from the same page, since the answer to it was lost, it is there once.

    Args:
        change: what it decides.
        photographs, shown: as in `sign`.

    Raises:
        Conflict: it is not signed; something came that was not shown; or it decides, and something was signed
            or added since.
        Contradicted: the machine contradicts what it decides.
        AgainstOutcome: an outcome does.
        InvalidEntry: the text is empty or too long, or the decision is none of the choices.
    """
    try:
        with platform.database.writing() as session:
            return _add(platform, session, person, case_id, addendum, change, photographs, shown)
    except (Contradicted, AgainstOutcome) as told:
        _tell(platform, person, case_id, told)
        raise


def _add(
    platform: Platform,
    session: Session,
    person: Person,
    case_id: str,
    addendum: str,
    change: Change,
    photographs: int | None,
    shown: str | None,
) -> Addendum:
    case = find_case(session, person, case_id)
    row = own_row(session, person, case.id)
    if row is None or row.signed_at is None:
        raise Conflict("You have not signed this case yet; what you sign can still be changed before.")
    contents = contents_of(session, case)
    _all_seen(session, case, contents, photographs, shown)
    text = entries.text("addendum", addendum)
    if not text:
        raise InvalidEntry("addendum", "This is empty; fill it in.")
    diagnosis = entries.optional_choice("addendum_diagnosis", change.diagnosis, IMPRESSIONS)
    management = entries.optional_choice("addendum_management", change.management, MANAGEMENTS)
    now = platform.now()
    if (
        sent := _sent_before(session, now, case, row, (text, diagnosis, management), change.words)
    ) is not None:
        return Addendum(text, person.name, sent.added_at, diagnosis, management)
    standing = standing_of(session, [case.id])[case.id]
    own = next(each for each in standing if each.reader_id == person.user_id)
    alert = None
    if diagnosis or management:
        if len(standing) + len(addenda_of(session, case.id)) != change.words:
            raise stale()
        decided = (diagnosis or own.diagnosis, management or own.management, text)
        alert = _told_first(session, row, "addendum", decided, contents)
        row.told = ""
    session.add(
        AddendumRow(
            read_id=row.id,
            text=text,
            diagnosis=diagnosis,
            management=management,
            added_at=now,
            added_by=person.user_id,
        )
    )
    session.flush()
    if case.state != "signed":
        case.state = "signed"
        case.version += 1
    changed_management = management is not None and management != own.management
    if changed_management:
        recall_after_addendum(session, now, person, case, text)
    forget_draft(session, person, case.id, "addendum", "addendum_diagnosis", "addendum_management")
    append(
        session,
        now,
        person,
        "read.addendum",
        "case",
        case.id,
        decides=bool(diagnosis or management),
        against=alert.kind if alert else None,
        changed_diagnosis=diagnosis is not None and diagnosis != own.diagnosis,
        changed_management=changed_management,
    )
    return Addendum(text, person.name, now, diagnosis, management)


def _told_first(
    session: Session,
    row: ReadRow,
    field: str,
    decided: tuple[str, str, str],
    contents: Sequence[Mapping[str, Any] | None],
) -> Alert | None:
    """Refuse what contradicts an outcome or the machine, as long as this reader was not told of it, or gives
    no reason.

    Args:
        field: that holds the reason.
        decided: diagnosis, management and reason.

    Returns:
        what the machine has against it all the same.
    """
    diagnosis, management, reason = decided
    told = row.told.splitlines() if reason else []
    outcomes = outcomes_of_case(session, row.case_id)
    alert = alert_of(diagnosis, management, contents, default_policy())
    if any(contradicts(each.behaviour, diagnosis) for each in outcomes):
        refused = AgainstOutcome(
            field,
            "The outcome that was entered of this case contradicts this diagnosis. Look once more; send it "
            "again with a reason, or change it.",
            diagnosis,
        )
        if refused.told not in told:
            raise refused
    elif alert is not None and alert.told not in told and not (reason and supported(outcomes, alert)):
        raise Contradicted(
            field,
            "The machine contradicts this decision. Look once more; send it again with a reason, or change "
            "it.",
            alert,
        )
    return alert


def _tell(platform: Platform, person: Person, case_id: str, refused: Contradicted | AgainstOutcome) -> None:
    """Keep what is shown, before it is: the refusal that carries it undid its own transaction."""
    with platform.database.writing() as session:
        row = own_row(session, person, case_id)
        if row is None:
            return
        if isinstance(refused, Contradicted):
            row.revealed_at = row.revealed_at or platform.now()
            keep_told(session, platform.now(), person, row, refused.alert)
        elif refused.told not in row.told.splitlines():
            _remember(row, refused.told)


def keep_told(session: Session, now: datetime, person: Person, row: ReadRow, alert: Alert) -> None:
    """Keep and log that an alert is shown to the reader of this row; once for each decision."""
    if alert.told in row.told.splitlines():
        return
    row.alert = alert.kind
    _remember(row, alert.told)
    append(session, now, person, "alert.shown", "case", row.case_id, alert=alert.kind)


def _remember(row: ReadRow, told: str) -> None:
    row.told = "\n".join([*row.told.splitlines(), told][-MAX_TOLD:])


def _all_seen(
    session: Session, case: CaseRow, contents: Sequence[object], photographs: int | None, shown: str | None
) -> None:
    """Nothing is signed, or held for read again, that the page did not show."""
    if photographs is not None and len(contents) != photographs:
        raise Conflict(
            "A photograph of this case came since you opened it, and nothing was signed. Open the case again "
            "and look at it; what you typed is kept."
        )
    if shown is not None and to_be_seen(session, case) != shown:
        raise Conflict(
            "A read by the machine, answers or an outcome of this case came since you opened it, and nothing "
            "was signed. Open the case again and look at it; what you typed is kept."
        )


def _sent_before(
    session: Session,
    now: datetime,
    case: CaseRow,
    read: ReadRow,
    said: tuple[str, str | None, str | None],
    words: int,
) -> AddendumRow | None:
    """The last addendum of a read, where it says just this (text, diagnosis, management), the case did not
    become unread since, and the page that it comes from was older than it.
    """
    newest = (AddendumRow.added_at.desc(), AddendumRow.id.desc())
    last = session.scalar(
        select(AddendumRow).where(AddendumRow.read_id == read.id).order_by(*newest).limit(1)
    )
    if last is None or case.state != "signed" or (last.text, last.diagnosis, last.management) != said:
        return None
    if not words:
        return last if now - last.added_at < RESENT_WITHIN else None
    since = [each.at for each in addenda_of(session, case.id) if each.at >= last.added_at]
    since += [each.at for each in signatures_of(session, case.id) if each.at > last.added_at]
    everything = len(signatures_of(session, case.id)) + len(addenda_of(session, case.id))
    return last if words <= everything - len(since) else None


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
        select(
            AddendumRow.text,
            UserRow.name,
            AddendumRow.added_at,
            AddendumRow.diagnosis,
            AddendumRow.management,
        )
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
