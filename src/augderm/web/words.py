"""Words of vocabularies as pages show them: marked here for the catalogues, translated where shown."""

from __future__ import annotations


def N_(text: str) -> str:  # noqa: N802  (the name that gettext's tools know)
    """Mark a text for the catalogues."""
    return text


WORDS: dict[str, str] = {
    # sex
    "female": N_("female"),
    "male": N_("male"),
    "other": N_("other"),
    # roles
    "reader": N_("Reader"),
    "nurse": N_("Nurse or photographer"),
    "administrator": N_("Administrator"),
    "auditor": N_("Auditor"),
    # sites and sides
    "head/neck": N_("head and neck"),
    "upper extremity": N_("arm"),
    "lower extremity": N_("leg"),
    "anterior torso": N_("front of the trunk"),
    "posterior torso": N_("back of the trunk"),
    "lateral torso": N_("side of the trunk"),
    "palms/soles": N_("palms and soles"),
    "oral/genital": N_("mouth and genitals"),
    "left": N_("left"),
    "right": N_("right"),
    "midline": N_("midline"),
    # diagnoses
    "akiec": N_("Actinic keratosis or intraepithelial carcinoma"),
    "bcc": N_("Basal cell carcinoma"),
    "bkl": N_("Benign keratosis"),
    "df": N_("Dermatofibroma"),
    "mel": N_("Melanoma"),
    "nv": N_("Melanocytic naevus"),
    "vasc": N_("Vascular lesion"),
    # bands of the advice, and what a reader may want to do
    "urgent": N_("Urgent"),
    "soon": N_("Within four weeks"),
    "monitor_3": N_("Photograph again in 3 months"),
    "monitor_6": N_("Photograph again in 6 months"),
    "monitor_12": N_("Photograph again in 12 months"),
    "reassure": N_("No control needed"),
    # quality of a photograph
    "good": N_("good"),
    "poor": N_("poor"),
    "unfit": N_("unfit to be read"),
    # second opinions and letters
    "waiting": N_("waits for an answer"),
    "answered": N_("answered"),
    "withdrawn": N_("withdrawn"),
    "declined": N_("declined"),
    "patient": N_("the patient"),
    "doctor": N_("the referring doctor"),
    # recalls
    "overdue": N_("Overdue"),
    "week": N_("Within 7 days"),
    "month": N_("Within 31 days"),
    "all": N_("All open"),
    "closed": N_("Closed"),
    "done": N_("Done"),
    "cancelled": N_("Cancelled"),
    # outcomes
    "scc": N_("Squamous cell carcinoma"),
    "malignant": N_("malignant"),
    "indeterminate": N_("indeterminate"),
    "benign": N_("benign"),
    "histopathology": N_("Histopathology"),
    "confocal microscopy with consensus dermoscopy": N_("Confocal microscopy with consensus dermoscopy"),
    "serial imaging showing no change": N_("Serial imaging showing no change"),
    "single image expert consensus": N_("Consensus of experts on one image"),
    "single contributor clinical assessment": N_("Clinical assessment by one person"),
    # comparison over visits
    "changed": N_("Changed"),
    "within_repeatability": N_("Within repeatability"),
    "not_determined": N_("Not determined"),
    # who read
    "figures.reader": N_("Reader alone (blind impression)"),
    "figures.machine": N_("Machine alone"),
    "figures.both": N_("Both together (signed)"),
    # how alike a known case looks
    "likeness.close": N_("very alike"),
    "likeness.alike": N_("alike"),
    "likeness.distant": N_("hardly alike"),
    # why what was signed last may not be what holds
    "doubt.unread": N_(
        "This case is unread again since it was signed: what is new is no part of this report."
    ),
    "doubt.outcome": N_(
        "The outcome of this case contradicts what was signed: read the outcome on its lesion's page."
    ),
    "doubt.answers": N_(
        "Answers came after the last decision that the machine has not read the photographs with: read them."
    ),
    "doubt.differ": N_("The readers who signed this case decided differently: read all signatures."),
    "doubt.addendum": N_("An addendum came after the last decision and may have changed it: read it."),
}

FIELDS: dict[str, str] = {
    "identifier": N_("Identifier"),
    "family_name": N_("Family name"),
    "given_name": N_("Given name"),
    "birth_date": N_("Date of birth"),
    "sex": N_("Sex"),
    "site": N_("Site"),
    "laterality": N_("Side"),
    "note": N_("Note"),
    "lesion": N_("Lesion"),
    "images": N_("Photographs"),
    "answers": N_("Answers"),
    "mm_per_px": N_("Millimetres per pixel"),
    "impression": N_("Your impression"),
    "management": N_("What you would do"),
    "login": N_("Sign-in name"),
    "name": N_("Name"),
    "roles": N_("Roles"),
    "password": N_("Password"),
    "old_password": N_("Present password"),
    "clinic": N_("Name of the clinic"),
    "timezone": N_("Time zone"),
    "locale": N_("Language"),
    "final_diagnosis": N_("Final diagnosis"),
    "final_management": N_("Final management"),
    "reason": N_("Reason"),
    "addendum": N_("Addendum"),
    "addendum_diagnosis": N_("Diagnosis from now on"),
    "addendum_management": N_("Management from now on"),
    "item": N_("Item of a checklist"),
    "question": N_("Your question"),
    "asked_of": N_("Whom you ask"),
    "answer": N_("Your answer"),
    "recipient": N_("Letter to"),
    "letter_text": N_("Text of the letter"),
    "due_on": N_("Day"),
    "recall_reason": N_("Reason for this day"),
    "closing": N_("Close as"),
    "closing_reason": N_("Reason for closing"),
    "confirmed_by": N_("Confirmed by"),
    "diagnosis": N_("Diagnosis"),
    "diagnosis_text": N_("In the pathologist's words"),
    "behaviour": N_("Behaviour"),
    "taken_on": N_("Day of the excision or of the last photograph"),
    "correction": N_("Reason for the correction"),
    "image_quota_gb": N_("Quota for images in GB"),
    "retention_years": N_("Years that a patient's data must be kept after the last visit"),
    "hold_reason": N_("Reason of the hold"),
    "user_id": N_("Person"),
    "subject_id": N_("Key of what it is about"),
    "action": N_("Action"),
    "day": N_("Day"),
    "provider_subject": N_("Subject at the sign-in provider"),
}
"""Labels of a form's fields, by the names that `InvalidEntry` uses."""
