"""The log as an auditor sees it."""

from __future__ import annotations

from augderm.clinic.audit import AuditHead, append, verify
from augderm.clinic.permissions import use_case
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform


@use_case("audit.verify")
def verify_log(platform: Platform, person: Person) -> AuditHead:
    """Follow the whole chain, and log that this was done."""
    found = verify(platform)
    with platform.database.writing() as session:
        append(session, platform.now(), person, "audit.verify", "audit", str(found.entries))
    return found
