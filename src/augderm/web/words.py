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
