"""The tables, one file a group. Importing this package makes all of them known to `Base.metadata`."""

from augderm.store.models.accounts import ClinicRow, LoginAttemptRow, OneTimeLinkRow, SessionRow, UserRow
from augderm.store.models.audit import AuditRow
from augderm.store.models.base import Base
from augderm.store.models.cases import AnamnesisRow, CaseRow, VisitRow
from augderm.store.models.images import AssessmentRow, ErasedBlobRow, ImageRow, JobRow
from augderm.store.models.patients import LesionRow, PatientRow
from augderm.store.models.reading import OutcomeRow, ReadRow, RecallRow, ReferralRow

__all__ = [
    "AnamnesisRow",
    "AssessmentRow",
    "AuditRow",
    "Base",
    "CaseRow",
    "ClinicRow",
    "ErasedBlobRow",
    "ImageRow",
    "JobRow",
    "LesionRow",
    "LoginAttemptRow",
    "OneTimeLinkRow",
    "OutcomeRow",
    "PatientRow",
    "ReadRow",
    "RecallRow",
    "ReferralRow",
    "SessionRow",
    "UserRow",
    "VisitRow",
]
