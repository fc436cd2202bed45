"""What is added to a signed read: a text, and perhaps another decision. What was signed stays as it was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from augderm.clinic import entries
from augderm.clinic.audit import append
from augderm.clinic.errors import Conflict, InvalidEntry, stale
from augderm.clinic.finding import find_case
from augderm.clinic.machine_says import contents_of
from augderm.clinic.permissions import use_case
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.reads import IMPRESSIONS, MANAGEMENTS, own_row
from augderm.clinic.recall_changes import recall_after_addendum
from augderm.clinic.shown import refuse_unseen
from augderm.clinic.signatures import Addendum, addenda_of, signatures_of
from augderm.clinic.sittings import forget_draft
from augderm.clinic.standing import standing_of
from augderm.clinic.told_first import told_first, writing_or_telling
from augderm.store.models import AddendumRow, CaseRow, ReadRow

RESENT_WITHIN = timedelta(minutes=10)
"""The same addendum once more, by a program that does not say what it was shown, is the same act so long."""


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
        photographs, shown: as in `signing.sign`.

    Raises:
        Conflict: it is not signed; something came that was not shown; or it decides, and something was signed
            or added since.
        Contradicted: the machine contradicts what it decides.
        AgainstOutcome: an outcome does.
        InvalidEntry: the text is empty or too long, or the decision is none of the choices.
    """
    with writing_or_telling(platform, case_id, person) as session:
        return _add(platform, session, person, case_id, addendum, change, photographs, shown)


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
    refuse_unseen(session, case, contents, photographs, shown)
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
        alert = told_first(session, row, "addendum", decided, contents)
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
