# ruff: noqa: E501 -- a table reads as one row a site
"""Sites of the skin: their words, and the same site in the words of ISIC, DICOM and the anamnesis."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from augderm.domain.anamnesis import Site

GeneralSite = Literal[
    "head/neck", "upper extremity", "lower extremity", "anterior torso", "posterior torso", "lateral torso",
    "palms/soles", "oral/genital",
]  # fmt: skip
"""`anatom_site_general` of the ISIC dictionary."""
SpecialSite = Literal["acral NOS", "fingernail", "toenail", "acral palms or soles", "oral or genital"]
"""`anatom_site_special` of the ISIC dictionary, as far as a map of the body tells it."""
Side = Literal["left", "right"]

SIDE_WORDS: MappingProxyType[Side, str] = MappingProxyType(
    {"left": "patient's left", "right": "patient's right"}
)
"""Never the viewer's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BodySite:
    """One site, without its side.

    Attributes:
        code: its name in data, small letters.
        words: for a person, in English; the key of its translations.
        isic: path in the ISIC anatomic hierarchy, "Trunk:Anterior trunk:Anterior chest", where the deepest name
            may be coarser than the site.
        general: `anatom_site_general`.
        sct: SNOMED CT code of CID 4029 (Dermatology Anatomic Site, DICOM PS3.16); where that has none for
            the site, of the nearest that holds it.
        anamnesis: the word of `domain.anamnesis.Site`.
        special: `anatom_site_special`; None for most.
        paired: whether it has a left and a right.
    """

    code: str
    words: str
    isic: str
    general: GeneralSite
    sct: str
    anamnesis: Site
    special: SpecialSite | None = None
    paired: bool = True


_FACE = "Head and neck:Head:Face"
_SCALP = "Head and neck:Head:Scalp"
_NECK = "Head and neck:Neck"
_FRONT = "Trunk:Anterior trunk"
_SIDE = "Trunk:Lateral trunk"
_BACK = "Trunk:Posterior trunk"
_ARM = "Upper extremity"
_LEG = "Lower extremity"

_OF_FINGERS: tuple[tuple[str, str, GeneralSite, Site, SpecialSite], ...] = (
    ("palmar", "palm side", "palms/soles", "palm_or_sole", "acral palms or soles"),
    ("back", "back", "upper extremity", "hand", "acral NOS"),
)
_OF_TOES: tuple[tuple[str, str, GeneralSite, Site, SpecialSite], ...] = (
    ("sole", "sole side", "palms/soles", "palm_or_sole", "acral palms or soles"),
    ("top", "top", "lower extremity", "foot", "acral NOS"),
    ("nail", "nail", "lower extremity", "nail", "toenail"),
)


def _site(
    code: str, words: str, isic: str, general: GeneralSite, sct: str, anamnesis: Site,
    special: SpecialSite | None = None, *, paired: bool = True,
) -> BodySite:  # fmt: skip
    return BodySite(
        code=code, words=words, isic=isic, general=general, sct=sct, anamnesis=anamnesis, special=special,
        paired=paired,
    )  # fmt: skip


SITES: tuple[BodySite, ...] = (
    _site("scalp_frontal", "Front of scalp", f"{_SCALP}:Frontal scalp", "head/neck", "43067004", "scalp", paired=False),
    _site("scalp_vertex", "Top of scalp", f"{_SCALP}:Vertex of scalp", "head/neck", "61719002", "scalp", paired=False),
    _site("scalp_parietal", "Side of scalp", f"{_SCALP}:Parietal scalp", "head/neck", "21672008", "scalp"),
    _site("scalp_temporal", "Scalp above the ear", f"{_SCALP}:Temporal scalp", "head/neck", "16621002", "scalp"),
    _site("scalp_occipital", "Back of scalp", f"{_SCALP}:Occipital scalp", "head/neck", "79951008", "scalp", paired=False),
    _site("face", "Face", _FACE, "head/neck", "73897004", "face", paired=False),
    _site("forehead", "Forehead", f"{_FACE}:Forehead", "head/neck", "68698007", "face", paired=False),
    _site("temple", "Temple", f"{_FACE}:Temple", "head/neck", "16621002", "face"),
    _site("eye_region", "Around the eye", f"{_FACE}:Orbital region", "head/neck", "362916000", "face"),
    _site("nose", "Nose", f"{_FACE}:Nose", "head/neck", "113179006", "face", paired=False),
    _site("cheek", "Cheek", f"{_FACE}:Cheek", "head/neck", "36141000", "face"),
    _site("perioral", "Skin around the mouth", f"{_FACE}:Oral region", "head/neck", "110488009", "face", paired=False),
    _site("lips", "Lips", f"{_FACE}:Oral region", "head/neck", "88089004", "face", paired=False),
    _site("mouth", "Inside of the mouth", f"{_FACE}:Mouth", "oral/genital", "113277000", "mouth", "oral or genital", paired=False),
    _site("chin", "Chin", f"{_FACE}:Chin", "head/neck", "23747009", "face", paired=False),
    _site("ear", "Ear", "Head and neck:Head:Ear", "head/neck", "1902009", "ear"),
    _site("neck_front", "Front of neck", f"{_NECK}:Front of neck", "head/neck", "11584001", "neck", paired=False),
    _site("neck_side", "Side of neck", f"{_NECK}:Side of neck", "head/neck", "5272005", "neck"),
    _site("nape", "Nape of neck", f"{_NECK}:Nape of neck", "head/neck", "4658004", "neck", paired=False),
    _site("chest_upper", "Upper chest", f"{_FRONT}:Anterior chest:Upper anterior chest", "anterior torso", "244106003", "chest"),
    _site("chest_lower", "Lower chest and breast", f"{_FRONT}:Anterior chest:Lower anterior chest", "anterior torso", "699915001", "chest"),
    _site("abdomen_upper", "Upper abdomen", f"{_FRONT}:Anterior abdomen:Upper anterior abdomen", "anterior torso", "699935000", "abdomen"),
    _site("umbilicus", "Around the navel", f"{_FRONT}:Anterior abdomen:Periumbilical region", "anterior torso", "315003", "abdomen", paired=False),
    _site("abdomen_lower", "Lower abdomen", f"{_FRONT}:Anterior abdomen:Lower anterior abdomen", "anterior torso", "699914002", "abdomen"),
    _site("groin", "Groin", "Anogenital region:Genital region:Perigenital region:Inguinocrural fold", "anterior torso", "39687006", "trunk"),
    _site("genital", "External genitalia", "Anogenital region:Genital region", "oral/genital", "60944009", "genital", "oral or genital", paired=False),
    _site("axilla", "Armpit", f"{_SIDE}:Axilla", "lateral torso", "76261009", "trunk"),
    _site("chest_side", "Side of chest", f"{_SIDE}:Lateral chest", "lateral torso", "39937001", "trunk"),
    _site("abdomen_side", "Flank", f"{_SIDE}:Lateral abdomen", "lateral torso", "75093004", "trunk"),
    _site("back_upper", "Upper back", f"{_BACK}:Upper back", "posterior torso", "699893008", "back"),
    _site("back_middle", "Middle of back", f"{_BACK}:Mid back", "posterior torso", "66643007", "back"),
    _site("back_lower", "Lower back", f"{_BACK}:Lower back", "posterior torso", "113182001", "back"),
    _site("perianal", "Around the anus", "Anogenital region:Perianal region", "oral/genital", "59112000", "genital", paired=False),
    _site("shoulder_front", "Shoulder, front", f"{_ARM}:Shoulder:Anterior shoulder", "upper extremity", "371311000", "upper_extremity"),
    _site("shoulder_side", "Shoulder, outer side", f"{_ARM}:Shoulder:Lateral shoulder", "upper extremity", "371311000", "upper_extremity"),
    _site("shoulder_back", "Shoulder, back", f"{_ARM}:Shoulder:Posterior shoulder", "upper extremity", "371311000", "upper_extremity"),
    _site("upper_arm_front", "Upper arm, front", f"{_ARM}:Upper arm:Anterior upper arm", "upper extremity", "45981001", "upper_extremity"),
    _site("upper_arm_side", "Upper arm, outer side", f"{_ARM}:Upper arm:Lateral upper arm", "upper extremity", "371311000", "upper_extremity"),
    _site("upper_arm_back", "Upper arm, back", f"{_ARM}:Upper arm:Posterior upper arm", "upper extremity", "72939005", "upper_extremity"),
    _site("elbow_front", "Bend of elbow", f"{_ARM}:Elbow:Antecubital fossa", "upper extremity", "17957002", "upper_extremity"),
    _site("elbow_side", "Elbow, outer side", f"{_ARM}:Elbow:Lateral elbow", "upper extremity", "371311000", "upper_extremity"),
    _site("elbow_back", "Tip of elbow", f"{_ARM}:Elbow:Elbow tip", "upper extremity", "181536004", "upper_extremity"),
    _site("forearm_front", "Forearm, inner side", f"{_ARM}:Forearm:Volar forearm", "upper extremity", "70559009", "upper_extremity"),
    _site("forearm_side", "Forearm, thumb side", f"{_ARM}:Forearm:Radial forearm", "upper extremity", "371311000", "upper_extremity"),
    _site("forearm_back", "Forearm, back", f"{_ARM}:Forearm:Dorsal forearm", "upper extremity", "41550009", "upper_extremity"),
    _site("wrist_front", "Wrist, palm side", f"{_ARM}:Wrist:Volar wrist", "upper extremity", "24527008", "upper_extremity"),
    _site("wrist_back", "Wrist, back", f"{_ARM}:Wrist:Dorsal wrist", "upper extremity", "52876008", "upper_extremity"),
    _site("hand_back", "Back of hand", f"{_ARM}:Hand:Dorsum of hand", "upper extremity", "281642007", "hand", "acral NOS"),
    _site("palm", "Palm", f"{_ARM}:Hand:Palm of hand", "palms/soles", "70887009", "palm_or_sole", "acral palms or soles"),
    _site("palm_thumb_side", "Ball of thumb", f"{_ARM}:Hand:Palm of hand:Thenar eminence", "palms/soles", "26795005", "palm_or_sole", "acral palms or soles"),
    _site("palm_little_finger_side", "Palm, little finger side", f"{_ARM}:Hand:Palm of hand:Hypothenar eminence", "palms/soles", "89784008", "palm_or_sole", "acral palms or soles"),
    _site("fingers_palmar", "Fingers, palm side", f"{_ARM}:Hand:Fingers and thumb", "palms/soles", "244169007", "palm_or_sole", "acral palms or soles"),
    _site("fingers_back", "Fingers, back", f"{_ARM}:Hand:Fingers and thumb", "upper extremity", "244169007", "hand", "acral NOS"),
    *(
        _site(f"{finger}_{code}", f"{name}, {words}", f"{_ARM}:Hand:Fingers and thumb:{name}", general, "244169007", anamnesis, special)
        for finger, name in (
            ("thumb", "Thumb"), ("index_finger", "Index finger"), ("middle_finger", "Middle finger"),
            ("ring_finger", "Ring finger"), ("little_finger", "Little finger"),
        )
        for code, words, general, anamnesis, special in _OF_FINGERS
    ),
    *(
        _site(f"{finger}_nail", f"{name}, nail", f"{_ARM}:Hand:Fingers and thumb:{name}", "upper extremity", sct, "nail", "fingernail")
        for finger, name, sct in (
            ("thumb", "Thumb", "770810008"), ("index_finger", "Index finger", "770815003"),
            ("middle_finger", "Middle finger", "770816002"), ("ring_finger", "Ring finger", "770817006"),
            ("little_finger", "Little finger", "770818001"),
        )
    ),
    _site("buttock", "Buttock", f"{_LEG}:Buttock", "lower extremity", "22180002", "lower_extremity"),
    _site("hip", "Hip", f"{_LEG}:Thigh:Lateral thigh:Hip", "lower extremity", "371304004", "lower_extremity"),
    _site("thigh_front", "Thigh, front", f"{_LEG}:Thigh:Anterior thigh", "lower extremity", "61248009", "lower_extremity"),
    _site("thigh_inner", "Thigh, inner side", f"{_LEG}:Thigh:Medial thigh", "lower extremity", "73958006", "lower_extremity"),
    _site("thigh_side", "Thigh, outer side", f"{_LEG}:Thigh:Lateral thigh", "lower extremity", "371304004", "lower_extremity"),
    _site("thigh_back", "Thigh, back", f"{_LEG}:Thigh:Posterior thigh", "lower extremity", "4578000", "lower_extremity"),
    _site("knee_front", "Knee, front", f"{_LEG}:Knee:Patellar region", "lower extremity", "181553006", "lower_extremity"),
    _site("knee_side", "Knee, outer side", f"{_LEG}:Knee:Lateral knee", "lower extremity", "371304004", "lower_extremity"),
    _site("knee_back", "Hollow of knee", f"{_LEG}:Knee:Popliteal fossa", "lower extremity", "84507004", "lower_extremity"),
    _site("shin", "Shin", f"{_LEG}:Lower leg:Shin", "lower extremity", "25763004", "lower_extremity"),
    _site("calf_side", "Lower leg, outer side", f"{_LEG}:Lower leg:Calf:Lateral calf", "lower extremity", "371304004", "lower_extremity"),
    _site("calf", "Calf", f"{_LEG}:Lower leg:Calf:Posterior calf", "lower extremity", "47224004", "lower_extremity"),
    _site("ankle_front", "Ankle, front", f"{_LEG}:Ankle:Anterior ankle", "lower extremity", "371304004", "lower_extremity"),
    _site("ankle_side", "Ankle, outer side", f"{_LEG}:Ankle:Lateral ankle", "lower extremity", "181564009", "lower_extremity"),
    _site("ankle_back", "Ankle, back", f"{_LEG}:Ankle:Achilles region", "lower extremity", "371304004", "lower_extremity"),
    _site("foot_top", "Top of foot", f"{_LEG}:Foot:Dorsum of foot", "lower extremity", "60496002", "foot", "acral NOS"),
    _site("forefoot_sole", "Sole, ball of foot", f"{_LEG}:Foot:Sole of foot:Plantar surface of forefoot", "palms/soles", "60496002", "palm_or_sole", "acral palms or soles"),
    _site("arch", "Sole, inner border and arch", f"{_LEG}:Foot:Sole of foot:Arch of foot", "palms/soles", "52953006", "palm_or_sole", "acral palms or soles"),
    _site("sole_outer", "Sole, outer border", f"{_LEG}:Foot:Sole of foot:Lateral plantar region", "palms/soles", "35739000", "palm_or_sole", "acral palms or soles"),
    _site("heel", "Heel", f"{_LEG}:Foot:Sole of foot:Heel", "palms/soles", "84607009", "palm_or_sole", "acral palms or soles"),
    _site("toes_top", "Toes", f"{_LEG}:Foot:Toes", "lower extremity", "52034004", "foot", "acral NOS"),
    *(
        _site(f"{toe}_{code}", f"{name}, {words}", f"{_LEG}:Foot:Toes:{name}", general, nail if code == "nail" else "52034004", anamnesis, special)
        for toe, name, nail in (
            ("great_toe", "Great toe", "770822006"), ("second_toe", "Second toe", "770823001"),
            ("third_toe", "Third toe", "770825008"), ("fourth_toe", "Fourth toe", "770821004"),
            ("fifth_toe", "Fifth toe", "770820003"),
        )
        for code, words, general, anamnesis, special in _OF_TOES
    ),
)  # fmt: skip
SITE_BY_CODE: MappingProxyType[str, BodySite] = MappingProxyType({each.code: each for each in SITES})
