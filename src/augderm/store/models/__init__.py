"""The tables, one file a group. Importing this package makes all of them known to `Base.metadata`."""

from augderm.store.models.accounts import ClinicRow, LoginAttemptRow, OneTimeLinkRow, SessionRow, UserRow
from augderm.store.models.audit import AuditRow
from augderm.store.models.base import Base
from augderm.store.models.cases import AnamnesisRow, CaseRow, VisitRow
from augderm.store.models.images import (
    PICTURED,
    AssessmentRow,
    DerivedRow,
    ErasedBlobRow,
    ImageRow,
    JobRow,
    PictureRow,
)
from augderm.store.models.letters import LetterTextRow
from augderm.store.models.patients import LesionRow, PatientRow
from augderm.store.models.reading import (
    AddendumRow,
    ChecklistRow,
    OutcomeRow,
    ReadRow,
    RecallRow,
    ReferralRow,
    SittingRow,
)

__all__ = [
    "PICTURED",
    "AddendumRow",
    "AnamnesisRow",
    "AssessmentRow",
    "AuditRow",
    "Base",
    "CaseRow",
    "ChecklistRow",
    "ClinicRow",
    "DerivedRow",
    "ErasedBlobRow",
    "ImageRow",
    "JobRow",
    "LesionRow",
    "LetterTextRow",
    "LoginAttemptRow",
    "OneTimeLinkRow",
    "OutcomeRow",
    "PatientRow",
    "PictureRow",
    "ReadRow",
    "RecallRow",
    "ReferralRow",
    "SessionRow",
    "SittingRow",
    "UserRow",
    "VisitRow",
]
