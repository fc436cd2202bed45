"""What the machine says of one image, with every array left out of its JSON form.

The outer names are fixed (schema `augderm.assessment/1`); `formats.assessment_json` writes them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from augderm.domain.advice import Advice
from augderm.domain.anamnesis import Anamnesis
from augderm.domain.capture import Capture
from augderm.domain.risk import PersonRisk
from augderm.domain.runtime import Runtime
from augderm.domain.scores import Score
from augderm.domain.structures import StructureFinding
from augderm.domain.together import Together

SCHEMA = "augderm.assessment/1"
LIMIT_OF_USE = (
    "Not a medical device: decision support for research. It never replaces the dermatologist, who decides."
)

Status = Literal["ok", "abstained", "failed"]
Verdict = Literal["good", "poor", "unfit"]
ModalityName = Literal["dermoscopic", "clinical"]
KindName = Literal["dermoscopic", "clinical", "mixed"]
"""Of one photograph or of several; "mixed" where there are both."""
ScaleSource = Literal["given", "ruler"]


@dataclass(frozen=True, slots=True)
class ModelName:
    """Which model spoke. sha256 is that of the bundle's manifest, which names every file's own."""

    name: str
    version: str
    sha256: str


@dataclass(frozen=True, slots=True)
class QualityCheck:
    """One aspect of fitness.

    `value` beyond `poor_at` is read with a note, beyond `unfit_at` not at all (None: never);
    `higher_is_better` says which side is beyond. `value` is None where it could not be determined.
    """

    name: str
    value: float | None
    unit: str
    poor_at: float
    unfit_at: float | None
    higher_is_better: bool
    verdict: Verdict
    sentence: str


@dataclass(frozen=True, slots=True)
class Quality:
    """All checks, and the worst of their verdicts."""

    verdict: Verdict
    checks: tuple[QualityCheck, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Border:
    """Where the lesion is.

    Attributes:
        area_fraction: the lesion's share of the image, 0..1.
        box: left, top, right, bottom as fractions of width and height, 0..1.
        centroid: x, y as fractions of width and height.
        confidence: mean over the lesion's outline region of the network's certainty, 0..1.
    """

    area_fraction: float
    box: tuple[float, float, float, float]
    centroid: tuple[float, float]
    confidence: float


@dataclass(frozen=True, slots=True)
class BorderEighth:
    """One eighth of the border, counted clockwise from the right (east), seen from the centroid.

    Attributes:
        contrast: difference in L* between skin and lesion near the border (positive: lesion darker).
        sharpness: share of that contrast which is crossed within a narrow band, 0..1; 1 is an abrupt
            cut-off. None where there is no contrast to cross, or the border is out of the frame.
    """

    contrast: float | None
    sharpness: float | None


@dataclass(frozen=True, slots=True)
class ColourShare:
    """Share of the lesion's area, 0..1, and whether it counts as present."""

    share: float
    present: bool


@dataclass(frozen=True, slots=True)
class LeastAsymmetry:
    """Asymmetry about two perpendicular axes through the centroid, placed where it is least.

    Attributes:
        angle_deg: of the first axis, from the image's x axis towards its y axis, -90..90.
        shape: (about the first, about the second axis) share of the area that its mirror image does not
            cover, 0..1.
        colour: likewise, mean Delta E*ab to the mirror image, divided by 100.
    """

    angle_deg: float
    shape: tuple[float, float]
    colour: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Scale:
    """How long a pixel of the unreduced image is.

    Attributes:
        mm_per_px: in millimetres.
        uncertainty_mm_per_px: standard uncertainty; None where nobody stated one.
        source: "given", with the image; "ruler", from a ruler's ticks in it.
    """

    mm_per_px: float
    uncertainty_mm_per_px: float | None = None
    source: ScaleSource = "given"


@dataclass(frozen=True, slots=True)
class Measures:
    """Geometry and colour of the lesion. Lengths in pixels of the unreduced image.

    Attributes:
        area_px2: area in square pixels.
        perimeter_px: length of the outline.
        long_axis_px: greatest distance between two points of the outline (Feret diameter).
        short_axis_px: extent at right angles to the long axis.
        orientation_deg: of the long axis, from the image's x axis towards its y axis, -90..90.
        circularity: 4 pi area / perimeter^2, 0..1; 1 is a circle.
        shape_asymmetry: (about the major, about the minor principal axis) share of the area that
            its mirror image does not cover, 0..1.
        colour_asymmetry: likewise, mean colour difference (Delta E*ab, CIE 1976) between the lesion
            and its mirror image, divided by 100; None where too little of it is seen.
        least_asymmetry: both about the axes where they are least; None likewise.
        border_eighths: eight, clockwise from the right.
        colours: the six dermoscopic colours; None where too much of the lesion is hidden.
        lab_mean, lab_spread: mean and standard deviation of L*, a*, b* (D65) over what is seen of the lesion;
            None likewise.
        touches_frame: share of the outline that lies on the image's frame, 0..1; where it is above 0
            the lesion goes on outside, and area and axes are lower bounds.
        scale: where one is known; then the *_mm hold.
        hidden_share: share of the lesion that artefacts hide, 0..1; no colour is measured there.
        hidden_by: likewise by artefact, which may overlap.
        no_colours: why colours are None, a sentence for a person; "" where they were measured.
    """

    area_px2: float
    perimeter_px: float
    long_axis_px: float
    short_axis_px: float
    orientation_deg: float
    circularity: float
    shape_asymmetry: tuple[float, float]
    colour_asymmetry: tuple[float, float] | None
    least_asymmetry: LeastAsymmetry | None
    border_eighths: tuple[BorderEighth, ...]
    colours: Mapping[str, ColourShare] | None
    lab_mean: tuple[float, float, float] | None
    lab_spread: tuple[float, float, float] | None
    touches_frame: float
    scale: Scale | None = None
    hidden_share: float = 0.0
    hidden_by: Mapping[str, float] = field(default_factory=dict)
    no_colours: str = ""

    @property
    def mm_per_px(self) -> float | None:
        return None if self.scale is None else self.scale.mm_per_px

    @property
    def area_mm2(self) -> float | None:
        return None if self.mm_per_px is None else self.area_px2 * self.mm_per_px**2

    @property
    def perimeter_mm(self) -> float | None:
        return None if self.mm_per_px is None else self.perimeter_px * self.mm_per_px

    @property
    def long_axis_mm(self) -> float | None:
        return None if self.mm_per_px is None else self.long_axis_px * self.mm_per_px

    @property
    def short_axis_mm(self) -> float | None:
        return None if self.mm_per_px is None else self.short_axis_px * self.mm_per_px


MODALITY_SURE = 0.8
"""Least calibrated probability of a modality at which a photograph is read as that alone;
docs/explain/doubt.md has how many then are in doubt."""


def is_doubtful(clinical: float) -> bool:
    """Whether neither modality is likely enough, by the probability that the photograph is clinical."""
    return max(clinical, 1 - clinical) < MODALITY_SURE


@dataclass(frozen=True, slots=True)
class ModalityRead:
    """How the photograph was taken, as the network sees it.

    Attributes:
        likelier: "dermoscopic", through a dermatoscope; "clinical", by a plain camera. Of several photographs
            that of the first that was read, whose picture and measures these are.
        clinical_probability: 0..1, calibrated; None where the model knows of one modality only, which is
            then taken for granted. Of several photographs the highest of those used.
        in_doubt: whether neither is likely enough to be read as that alone; of several photographs whether
            any that was used is so.
        mixed: whether photographs of both were joined, by the likelier of each.
    """

    likelier: ModalityName
    clinical_probability: float | None
    in_doubt: bool = False
    mixed: bool = False

    @property
    def name(self) -> KindName:
        """What was read, as the JSON says it: "mixed" where photographs of both were joined."""
        return "mixed" if self.mixed else self.likelier

    @property
    def surely_dermoscopic(self) -> bool:
        """Whether all was read with the dermoscopic calibration alone."""
        return self.name == "dermoscopic" and not self.in_doubt


@dataclass(frozen=True, slots=True)
class Novelty:
    """How unlike the image is to those that the model learned from.

    Attributes:
        score: 0 and above; about 1 for an image like those it learned from.
        limit: above it nothing is diagnosed; a few per cent of true lesions lie there.
        own_limit: the model's own, where the reader was told of another; None where `limit` is it.
    """

    score: float
    limit: float
    own_limit: float | None = None

    @property
    def beyond(self) -> bool:
        """Whether the image is too unlike to be read."""
        return self.score > self.limit

    @property
    def unlike(self) -> bool:
        """Whether the model itself calls the image unlike, even if it was told to read it."""
        return self.score > (self.limit if self.own_limit is None else self.own_limit)


@dataclass(frozen=True, slots=True)
class DiagnosisRead:
    """Calibrated probabilities (sum 1) by diagnosis code, and the codes that cannot be excluded.

    Attributes:
        probabilities: by code, in the order of the taxonomy.
        prediction_set: holds the true diagnosis in at least `coverage` of the cases of each diagnosis, for
            cases like those the model was calibrated on (class-conditional conformal prediction, rare
            diagnoses taken together); the likeliest comes first.
        coverage: 0..1.
        mixture: how frequent each diagnosis is where the likeliest one's probability holds (sum 1). The
            others' leans towards rare diagnoses.
        never_excluded: codes that stand in every set: too few images to learn when they can be excluded.
    """

    probabilities: Mapping[str, float]
    prediction_set: tuple[str, ...]
    coverage: float
    mixture: Mapping[str, float]
    never_excluded: tuple[str, ...] = ()

    @property
    def likeliest(self) -> str:
        return max(self.probabilities, key=lambda code: self.probabilities[code])


@dataclass(frozen=True, slots=True)
class Malignancy:
    """How likely the lesion is malignant (melanoma or carcinoma).

    Actinic keratosis is indeterminate in the ISIC hierarchy, so it stands apart. Calibrated by itself,
    for malignant lesions as frequent as in the calibration images, while the diagnoses come from a
    training that balances the classes: it need not equal the sum of theirs.

    Attributes:
        probability: 0..1, that it is malignant, should it not be indeterminate.
        indeterminate: 0..1, that it is indeterminate.
    """

    probability: float
    indeterminate: float


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """The arrays behind an assessment, all at the size of `pixels`; never part of its JSON.

    Attributes:
        pixels: (h, w, 3) uint8 sRGB, the upright image at working size.
        mask: (h, w) bool, the lesion; empty where none was found.
        outline: (n, 2) float, x and y of the closed border in pixels of `pixels`.
        attention: (7 classes, rows, columns) float, the class activation maps on the network's grid,
            whose mean over locations is the uncalibrated logit.
        size_px: width and height of the unreduced image.
        embedding: (E,) float32, the lesion's place among similar cases.
        structure_maps: (5 structures, rows, columns) float32 logits, where each structure speaks, in the
            order of `taxonomy.STRUCTURES`.
    """

    pixels: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    outline: NDArray[np.float64]
    attention: NDArray[np.float32]
    size_px: tuple[int, int]
    embedding: NDArray[np.float32]
    structure_maps: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Assessment:
    """The whole read of one image, or of several photographs of one lesion.

    Attributes:
        image: the path as given, or "<array>", "<bytes>".
        sha256: of the file's bytes; None where there are none. Of several photographs: of the hashes of
            all in their order, as text.
        model: the model that read it.
        status: "ok"; "abstained": the image is unfit, `reason` says why, what can be measured is;
            "failed": it could not be read at all.
        reason: why not ok, a sentence for a person; "" when ok.
        notes: what limits the read though it is one, sentences for a person.
        modality: None where it failed.
        novelty: None where it failed, or where the model has no measure of it.
        diagnosis, malignancy: None unless ok.
        structures, artefacts: calibrated probability, 0..1, that each is present in the image, by name;
            None for one that the model was not calibrated for. Empty unless ok and dermoscopic.
        findings: where structures are in the lesion, first those of the network, then those of image
            analysis; empty where `structures` is. Of several photographs: those of the first that was read,
            without what the joined probabilities contradict.
        checklist: by criterion of the 7-point checklist the calibrated probability of each of its categories
            (sum 1), both by the names of `taxonomy.CHECKLIST`; None for a criterion that the model was not
            calibrated for. Empty unless ok and dermoscopic, and where the model does not tell them.
        scores: the dermoscopic scores by name, each item set or open; empty where it failed, where it is
            clinical or that is in doubt, and where nothing was measured. Of several photographs: from the
            measures of the first dermoscopic one that was read, and the joined structures and checklist.
        advice: what is proposed to the dermatologist, and why; None where no policy was asked.
        views: how many flips and turns of the image were read and averaged; None where it failed.
        runtime: what ran the network; None where it failed.
        painted_over: share of the image, 0..1, that was painted over as hair for a second view of the
            network, whose logits were averaged with those of the image as it is; 0 where no hair was found,
            None where no such view was asked for. Of several photographs the greatest of those used.
        capture: how it was taken, as the file or its sidecar says; None where nothing is known.
        anamnesis: what the patient told; None where nobody asked. Nothing of it changes what the image says.
        risk: of the person, from the anamnesis; None likewise.
        story: the checklists of the lesion's story by name, from the anamnesis; empty likewise.
        together: image, age, sex and site in one probability; None likewise. Advice does not use it.
        photographs: the read of each of several photographs of one lesion, in the order given; empty for
            one image. Capture, quality, border, measures, novelty and pictures are then those of the first
            that could be read; diagnosis, malignancy, structures, artefacts and checklist join all of them.
        timings_ms: how long each step took.
    """

    image: str
    sha256: str | None
    model: ModelName
    status: Status
    reason: str = ""
    notes: tuple[str, ...] = ()
    modality: ModalityRead | None = None
    novelty: Novelty | None = None
    quality: Quality | None = None
    border: Border | None = None
    measures: Measures | None = None
    diagnosis: DiagnosisRead | None = None
    malignancy: Malignancy | None = None
    structures: Mapping[str, float | None] = field(default_factory=dict)
    artefacts: Mapping[str, float | None] = field(default_factory=dict)
    findings: tuple[StructureFinding, ...] = ()
    checklist: Mapping[str, Mapping[str, float] | None] = field(default_factory=dict)
    scores: Mapping[str, Score] = field(default_factory=dict)
    advice: Advice | None = None
    views: int | None = None
    runtime: Runtime | None = None
    painted_over: float | None = None
    capture: Capture | None = None
    anamnesis: Anamnesis | None = None
    risk: PersonRisk | None = None
    story: Mapping[str, Score] = field(default_factory=dict)
    together: Together | None = None
    photographs: tuple[Assessment, ...] = ()
    pictures: Pictures | None = field(default=None, repr=False, compare=False)
    timings_ms: Mapping[str, float] = field(default_factory=dict, repr=False, compare=False)


def leading_of(photographs: Sequence[Assessment]) -> Assessment:
    """The photograph whose picture, border and measures a joined read shows: the first that was read, else
    the first that the reader abstained from, else the first.

    Args:
        photographs: of one lesion, at least one.
    """
    by_status = {read.status: read for read in reversed(photographs)}
    return by_status.get("ok") or by_status.get("abstained") or photographs[0]
