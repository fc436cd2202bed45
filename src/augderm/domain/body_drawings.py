"""The drawings of the body map, our own: outlines, and which part of each is which site.

All lengths are in the drawing's own units, x to the right, y down. The outline is a smooth curve through its
points; parts are straight-sided, are cut off at the outline, and where two overlap the earlier one counts.
`domain.body_map` mirrors what is drawn once, and gives left and right.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Literal

from augderm.domain.body_sites import Side

Shape = tuple[tuple[float, float], ...]
ViewCode = Literal[
    "front", "back", "left", "right", "head_front", "head_back", "head_left", "head_right", "head_top",
    "palms", "backs_of_hands", "soles", "tops_of_feet",
]  # fmt: skip
Part = tuple[str, Shape]
"""The code of a site, and its part of the drawing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """What is drawn once of a view.

    Attributes:
        words: what is seen, in English; the key of its translations.
        size: width and height of the whole view.
        outline: "half": the right half of a body, x from the middle line, open there from top to bottom;
            "pair": the right one of two hands or feet, likewise; "profile": all of it, x from the left.
        parts: in the order in which they count; a site without sides spans the middle line.
        kind: which of these it is.
        side: the patient's side that lies to the viewer's right; of a profile, the one that is seen.
    """

    words: str
    size: tuple[float, float]
    outline: Shape
    parts: tuple[Part, ...]
    kind: Literal["half", "pair", "profile"] = "half"
    side: Side


def _box(left: float, top: float, right: float, bottom: float) -> Shape:
    return ((left, top), (right, top), (right, bottom), (left, bottom))


_BODY: Shape = (
    (0, 10), (10, 12), (17, 20), (19, 32), (21, 36), (20, 44), (17, 48), (13, 58), (11, 65), (13, 73),
    (25, 80), (39, 85), (48, 96), (52, 120), (55, 150), (59, 170), (64, 195), (68, 220), (72, 231),
    (80, 240), (83, 252), (80, 256), (80, 268), (76, 280), (70, 282), (66, 270), (63, 248), (62, 230),
    (55, 205), (48, 176), (45, 164), (41, 138), (37, 113), (35, 132), (32, 155), (31, 170), (35, 190),
    (39, 212), (40, 240), (38, 275), (33, 305), (34, 322), (35, 342), (31, 372), (26, 400), (31, 412),
    (35, 422), (29, 429), (17, 427), (15, 408), (14, 380), (11, 345), (12, 310), (7, 270), (2, 231),
    (0, 229),
)  # fmt: skip
_ARM_GAP: Shape = ((37, 112), (39, 140), (42, 165), (51, 200), (57, 228), (58, 300))
"""Runs between arm and trunk."""


def _arm(top: float, bottom: float) -> Shape:
    """The arm between two heights."""
    inner = [(x, y) for x, y in _ARM_GAP if top < y < bottom]
    at = [(_gap_at(bottom), bottom), *reversed(inner), (_gap_at(top), top)]
    return ((120, top), (120, bottom), *at)


def _gap_at(y: float) -> float:
    for (x0, y0), (x1, y1) in pairwise(_ARM_GAP):
        if y0 <= y <= y1:
            return x0 + (x1 - x0) * (y - y0) / (y1 - y0)
    return _ARM_GAP[0][0]


_SHOULDER: Shape = ((27, 60), (120, 60), (120, 112), (37, 112), (32, 98))

_PROFILE: Shape = (
    (146, 8), (128, 12), (119, 22), (117, 32), (111, 41), (116, 44), (115, 52), (119, 60), (130, 63),
    (131, 72), (124, 80), (95, 84), (62, 88), (40, 90), (24, 88), (6, 90), (2, 96), (8, 101), (24, 102),
    (40, 104), (62, 107), (95, 112), (115, 118), (118, 134), (119, 152), (116, 172), (116, 192),
    (120, 212), (121, 235), (122, 262), (127, 295), (125, 310), (129, 340), (133, 375), (134, 398),
    (122, 410), (102, 418), (99, 427), (128, 430), (152, 429), (160, 420), (154, 404), (157, 375),
    (165, 345), (159, 316), (156, 303), (163, 265), (172, 232), (175, 212), (169, 194), (160, 176),
    (160, 158), (168, 130), (169, 106), (160, 84), (153, 72), (156, 62), (166, 50), (169, 32), (162, 14),
)  # fmt: skip
_HEAD_PROFILE: Shape = (
    (116, 10), (76, 14), (48, 36), (40, 62), (41, 82), (32, 104), (22, 122), (26, 130), (38, 132),
    (35, 144), (38, 150), (35, 156), (41, 166), (39, 182), (46, 196), (66, 200), (90, 192), (96, 204),
    (94, 239), (176, 239), (168, 216), (168, 192), (184, 160), (196, 120), (196, 76), (180, 38),
    (150, 16),
)  # fmt: skip
_HAND: Shape = (
    (46, 219), (46, 186), (36, 166), (22, 142), (12, 122), (14, 112), (22, 111), (30, 122), (42, 140),
    (43, 118), (41, 80), (42, 52), (47, 43), (53, 48), (55, 80), (57, 106), (57, 74), (57, 42), (62, 32),
    (68, 38), (69, 74), (70, 106), (71, 80), (72, 50), (77, 42), (82, 48), (82, 82), (83, 110), (85, 92),
    (86, 72), (91, 65), (95, 72), (95, 102), (93, 134), (91, 160), (84, 186), (84, 219),
)  # fmt: skip
_FINGERS: tuple[Part, ...] = (
    ("thumb", ((0, 100), (34, 100), (42, 138), (30, 158), (0, 158))),
    ("index_finger", _box(34, 0, 56, 112)),
    ("middle_finger", _box(56, 0, 69.5, 112)),
    ("ring_finger", _box(69.5, 0, 83.5, 112)),
    ("little_finger", _box(83.5, 0, 110, 114)),
)
_NAILS: tuple[Part, ...] = (
    ("thumb_nail", ((15, 114), (20, 113), (26, 121), (21, 125))),
    ("index_finger_nail", _box(44, 46, 51, 57)),
    ("middle_finger_nail", _box(59, 35, 66, 46)),
    ("ring_finger_nail", _box(73.5, 45, 80.5, 56)),
    ("little_finger_nail", _box(88, 68, 94, 78)),
)
_FOOT: Shape = (
    (17, 92), (17, 70), (20, 52), (29, 44), (38, 51), (40, 68), (42, 78), (44, 66), (48, 57), (54, 60),
    (55, 70), (56, 78), (58, 70), (62, 62), (68, 66), (68, 76), (69, 83), (71, 76), (75, 71), (80, 76),
    (79, 84), (80, 91), (82, 86), (86, 83), (90, 90), (91, 112), (88, 145), (80, 185), (73, 214),
    (54, 230), (36, 216), (31, 188), (33, 155), (25, 122),
)  # fmt: skip
_TOES: tuple[Part, ...] = (
    ("great_toe", _box(0, 0, 41.5, 82)),
    ("second_toe", _box(41.5, 0, 56, 84)),
    ("third_toe", _box(56, 0, 69, 88)),
    ("fourth_toe", _box(69, 0, 80, 94)),
    ("fifth_toe", _box(80, 0, 110, 102)),
)
_TOENAILS: tuple[Part, ...] = (
    ("great_toe_nail", _box(24, 47, 34, 58)),
    ("second_toe_nail", _box(47, 59, 53, 66)),
    ("third_toe_nail", _box(60, 64, 66, 71)),
    ("fourth_toe_nail", _box(72.5, 73, 78, 80)),
    ("fifth_toe_nail", _box(83.5, 85, 88.5, 92)),
)


def _named(parts: tuple[Part, ...], ending: str) -> tuple[Part, ...]:
    return tuple((f"{name}_{ending}", shape) for name, shape in parts)


DRAWINGS: MappingProxyType[ViewCode, Drawing] = MappingProxyType(
    {
        "front": Drawing(
            words="Front of the body",
            side="left",
            size=(200, 440),
            outline=_BODY,
            parts=(
                ("scalp_frontal", _box(0, 0, 60, 21)),
                ("ear", _box(17.4, 30, 60, 48)),
                ("face", _box(0, 21, 60, 57)),
                ("neck_front", _box(0, 57, 60, 75)),
                ("axilla", ((31, 106), (38, 106), (40, 124), (34, 124))),
                ("shoulder_front", _SHOULDER),
                ("upper_arm_front", _arm(112, 154)),
                ("elbow_front", _arm(154, 176)),
                ("forearm_front", _arm(176, 220)),
                ("wrist_front", _arm(220, 232)),
                ("palm", _arm(232, 258)),
                ("fingers_palmar", _arm(258, 300)),
                ("umbilicus", ((0, 168), (6, 170), (9, 177), (6, 184), (0, 186))),
                ("genital", ((0, 210), (9, 212), (5, 238), (0, 240))),
                ("groin", ((9, 211), (39, 193), (50, 196), (6, 233))),
                ("thigh_inner", ((0, 229), (9, 231), (16, 292), (0, 292))),
                ("chest_upper", _box(0, 70, 40, 108)),
                ("chest_lower", _box(0, 108, 42, 140)),
                ("abdomen_upper", _box(0, 140, 44, 166)),
                ("abdomen_lower", ((0, 166), (44, 166), (44, 191), (39, 193), (9, 211), (0, 211))),
                ("thigh_front", _box(0, 191, 50, 292)),
                ("knee_front", _box(0, 292, 50, 320)),
                ("shin", _box(0, 320, 50, 390)),
                ("ankle_front", _box(0, 390, 50, 408)),
                ("foot_top", _box(0, 408, 50, 422)),
                ("toes_top", _box(0, 422, 50, 440)),
            ),
        ),
        "back": Drawing(
            words="Back of the body",
            side="right",
            size=(200, 440),
            outline=_BODY,
            parts=(
                ("scalp_vertex", _box(0, 0, 60, 17)),
                ("ear", _box(17.4, 30, 60, 48)),
                ("scalp_occipital", _box(0, 17, 60, 52)),
                ("nape", _box(0, 52, 60, 75)),
                ("shoulder_back", _SHOULDER),
                ("upper_arm_back", _arm(112, 154)),
                ("elbow_back", _arm(154, 176)),
                ("forearm_back", _arm(176, 220)),
                ("wrist_back", _arm(220, 232)),
                ("hand_back", _arm(232, 258)),
                ("fingers_back", _arm(258, 300)),
                ("perianal", ((0, 212), (5, 216), (4, 230), (0, 232))),
                ("back_upper", _box(0, 70, 40, 118)),
                ("back_middle", _box(0, 118, 42, 152)),
                ("back_lower", _box(0, 152, 44, 188)),
                ("buttock", _box(0, 188, 50, 236)),
                ("thigh_back", _box(0, 236, 50, 292)),
                ("knee_back", _box(0, 292, 50, 318)),
                ("calf", _box(0, 318, 50, 385)),
                ("ankle_back", _box(0, 385, 50, 408)),
                ("heel", _box(0, 408, 50, 440)),
            ),
        ),
        "head_front": Drawing(
            words="Head from the front",
            side="left",
            size=(200, 240),
            outline=(
                (0, 12),
                (30, 15),
                (55, 36),
                (67, 72),
                (69, 92),
                (77, 90),
                (81, 100),
                (78, 124),
                (70, 138),
                (65, 140),
                (61, 162),
                (49, 192),
                (42, 203),
                (41, 216),
                (50, 232),
                (60, 239),
                (0, 239),
            ),
            parts=(
                ("scalp_frontal", _box(0, 0, 100, 46)),
                ("ear", ((68, 85), (100, 85), (100, 145), (66, 145))),
                ("mouth", ((0, 170), (13, 170), (10, 174), (0, 175))),
                ("lips", ((0, 163), (10, 162), (24, 171), (11, 181), (0, 182))),
                ("nose", ((0, 86), (8, 88), (10, 112), (18, 136), (15, 150), (0, 152))),
                ("eye_region", ((10, 86), (46, 84), (48, 100), (38, 112), (14, 110))),
                ("temple", ((46, 46), (100, 46), (100, 106), (48, 106), (46, 84))),
                ("forehead", _box(0, 46, 46, 88)),
                ("perioral", ((0, 150), (16, 150), (30, 170), (22, 188), (0, 188))),
                ("chin", ((0, 186), (25, 186), (28, 212), (14, 220), (0, 222))),
                ("cheek", ((0, 86), (90, 86), (90, 150), (50, 200), (28, 213), (16, 180), (12, 150))),
                ("neck_side", ((34, 205), (90, 180), (90, 240), (34, 240))),
                ("neck_front", _box(0, 200, 90, 240)),
            ),
        ),
        "head_back": Drawing(
            words="Head from behind",
            side="right",
            size=(200, 240),
            outline=(
                (0, 12),
                (30, 15),
                (55, 36),
                (67, 72),
                (69, 92),
                (77, 90),
                (81, 100),
                (78, 124),
                (70, 138),
                (64, 140),
                (56, 162),
                (46, 178),
                (43, 200),
                (44, 216),
                (52, 232),
                (62, 239),
                (0, 239),
            ),
            parts=(
                ("ear", ((66, 85), (100, 85), (100, 145), (64, 145))),
                ("scalp_vertex", _box(0, 0, 100, 44)),
                ("scalp_parietal", ((22, 44), (100, 44), (100, 96), (22, 96))),
                ("scalp_occipital", _box(0, 44, 100, 166)),
                ("neck_side", _box(36, 166, 100, 240)),
                ("nape", _box(0, 166, 100, 240)),
            ),
        ),
        "head_top": Drawing(
            words="Head from above, face upwards",
            side="right",
            size=(200, 220),
            outline=(
                (0, 14),
                (24, 18),
                (48, 42),
                (60, 80),
                (64, 96),
                (73, 100),
                (72, 126),
                (64, 128),
                (60, 150),
                (42, 190),
                (20, 206),
                (0, 209),
            ),
            parts=(
                ("ear", _box(63, 90, 100, 136)),
                ("forehead", _box(0, 0, 100, 34)),
                ("scalp_frontal", _box(0, 34, 100, 76)),
                ("scalp_parietal", _box(28, 76, 100, 152)),
                ("scalp_vertex", _box(0, 76, 100, 152)),
                ("scalp_occipital", _box(0, 152, 100, 220)),
            ),
        ),
        "left": Drawing(
            words="Left side of the body, arm raised forwards",
            side="left",
            kind="profile",
            size=(200, 440),
            outline=_PROFILE,
            parts=(
                ("ear", ((140, 32), (149, 32), (150, 42), (145, 50), (140, 46))),
                ("scalp_frontal", ((100, 0), (140, 0), (132, 22), (100, 22))),
                ("scalp_temporal", ((132, 22), (150, 20), (152, 44), (149, 32), (136, 32), (132, 30))),
                ("scalp_parietal", ((140, 0), (180, 0), (180, 24), (132, 22))),
                ("scalp_occipital", ((150, 20), (180, 20), (180, 56), (154, 56))),
                ("face", ((100, 22), (154, 22), (156, 56), (140, 64), (100, 66))),
                ("nape", ((150, 54), (180, 54), (180, 78), (148, 80))),
                ("neck_side", ((120, 58), (152, 48), (150, 80), (120, 78))),
                ("fingers_back", _box(0, 70, 12, 120)),
                ("hand_back", _box(12, 70, 26, 120)),
                ("wrist_back", _box(26, 70, 33, 120)),
                ("forearm_side", _box(33, 70, 62, 120)),
                ("elbow_side", _box(62, 70, 76, 120)),
                ("upper_arm_side", _box(76, 70, 116, 117)),
                ("axilla", ((112, 112), (132, 113), (134, 126), (110, 126))),
                ("shoulder_side", ((116, 70), (150, 74), (146, 100), (134, 114), (116, 113))),
                ("back_upper", ((150, 70), (180, 70), (180, 122), (152, 122), (146, 100))),
                ("chest_side", ((100, 108), (130, 88), (180, 100), (180, 152), (100, 152))),
                ("abdomen_side", _box(100, 152, 180, 190)),
                ("buttock", ((148, 190), (180, 190), (180, 236), (146, 236))),
                ("hip", _box(100, 190, 150, 228)),
                ("thigh_side", _box(100, 228, 180, 292)),
                ("knee_side", _box(100, 292, 180, 320)),
                ("calf_side", _box(100, 320, 180, 388)),
                ("ankle_side", _box(120, 388, 180, 409)),
                ("heel", ((142, 409), (180, 409), (180, 440), (142, 440))),
                ("foot_top", _box(112, 395, 142, 440)),
                ("toes_top", _box(80, 395, 112, 440)),
            ),
        ),
        "head_left": Drawing(
            words="Left side of the head",
            side="left",
            kind="profile",
            size=(210, 240),
            outline=_HEAD_PROFILE,
            parts=(
                ("ear", ((112, 86), (124, 80), (134, 88), (134, 106), (124, 126), (114, 128), (110, 108))),
                ("forehead", ((0, 44), (62, 44), (66, 84), (0, 84))),
                ("scalp_frontal", ((0, 0), (96, 0), (86, 40), (62, 44), (0, 44))),
                ("scalp_vertex", ((96, 0), (172, 0), (172, 30), (140, 40), (86, 40))),
                ("temple", ((62, 44), (86, 40), (92, 72), (92, 96), (66, 96), (66, 84))),
                (
                    "scalp_temporal",
                    ((86, 40), (122, 40), (140, 84), (134, 88), (124, 80), (112, 86), (92, 96)),
                ),
                ("scalp_parietal", ((86, 30), (172, 30), (164, 84), (140, 84))),
                (
                    "scalp_occipital",
                    ((136, 84), (164, 84), (166, 30), (210, 30), (210, 166), (150, 166), (128, 120)),
                ),
                ("eye_region", ((34, 84), (66, 84), (66, 104), (46, 106), (40, 96))),
                ("nose", ((0, 84), (36, 84), (44, 106), (52, 120), (48, 133), (0, 136))),
                ("lips", ((0, 141), (38, 141), (50, 151), (38, 158), (0, 158))),
                ("perioral", ((0, 132), (48, 132), (58, 150), (52, 166), (0, 166))),
                ("chin", ((0, 164), (52, 164), (60, 184), (66, 210), (0, 210))),
                (
                    "cheek",
                    (
                        (40, 96),
                        (66, 82),
                        (116, 82),
                        (116, 128),
                        (104, 168),
                        (92, 196),
                        (64, 206),
                        (52, 180),
                        (48, 130),
                    ),
                ),
                (
                    "neck_side",
                    ((80, 196), (106, 160), (114, 118), (134, 118), (150, 168), (148, 240), (112, 240)),
                ),
                ("neck_front", ((60, 196), (100, 180), (114, 240), (60, 240))),
                ("nape", _box(134, 150, 210, 240)),
            ),
        ),
        "palms": Drawing(
            words="Palms of the hands",
            side="left",
            kind="pair",
            size=(220, 220),
            outline=_HAND,
            parts=(
                *_named(_FINGERS, "palmar"),
                ("palm_thumb_side", ((20, 140), (56, 132), (64, 152), (62, 190), (20, 190))),
                ("palm_little_finger_side", ((72, 146), (110, 146), (110, 190), (68, 190))),
                ("wrist_front", _box(20, 190, 110, 220)),
                ("palm", _box(20, 106, 110, 190)),
            ),
        ),
        "backs_of_hands": Drawing(
            words="Backs of the hands",
            side="right",
            kind="pair",
            size=(220, 220),
            outline=_HAND,
            parts=(
                *_NAILS,
                *_named(_FINGERS, "back"),
                ("wrist_back", _box(20, 190, 110, 220)),
                ("hand_back", _box(10, 106, 110, 190)),
            ),
        ),
        "soles": Drawing(
            words="Soles of the feet",
            side="left",
            kind="pair",
            size=(220, 240),
            outline=_FOOT,
            parts=(
                *_named(_TOES, "sole"),
                ("forefoot_sole", _box(0, 70, 110, 126)),
                ("arch", _box(0, 126, 58, 188)),
                ("sole_outer", _box(58, 126, 110, 188)),
                ("heel", _box(0, 188, 110, 240)),
            ),
        ),
        "tops_of_feet": Drawing(
            words="Tops of the feet",
            side="right",
            kind="pair",
            size=(220, 240),
            outline=_FOOT,
            parts=(
                *_TOENAILS,
                *_named(_TOES, "top"),
                ("ankle_front", _box(0, 192, 110, 240)),
                ("foot_top", _box(0, 70, 110, 192)),
            ),
        ),
    }
)
"""By view; "right" and "head_right" are their left ones, mirrored."""
