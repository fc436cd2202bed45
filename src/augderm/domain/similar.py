"""Labelled cases that look like an image, and what they say beside the network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from augderm.domain.assessment import Assessment, ModalityName, ModelName

SIMILAR_SCHEMA = "augderm.similar/1"
OUTSIDE = "other"
"""Stands for every diagnosis that the taxonomy has no class for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCase:
    """One labelled image, as its dataset publishes it.

    Attributes:
        image: its name in the dataset.
        dataset: the dataset's name.
        group: patient, lesion or set of near-duplicates; its images count once among neighbours.
        sha256: of the image file's bytes.
        diagnosis: in the dataset's words, for a person.
        code: class of the taxonomy; None for a diagnosis outside of it.
        malignant: None where unknown or indeterminate.
        modality: how the photograph was taken.
        confirmed_by: how the diagnosis was confirmed, in the dataset's words; None where it does not say.
        age_years, sex, site: of the patient and lesion, as given.
        fold: 0 to 4, as the dataset was split.
    """

    image: str
    dataset: str
    group: str
    sha256: str
    diagnosis: str
    code: str | None
    malignant: bool | None
    modality: ModalityName
    confirmed_by: str | None = None
    age_years: float | None = None
    sex: str | None = None
    site: str | None = None
    fold: int | None = None


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A case near the image.

    Attributes:
        case: what is known of it.
        distance: cosine distance of the embeddings, 0 (alike) to 2.
        thumbnail: a small WebP.
    """

    case: KnownCase
    distance: float
    thumbnail: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ClassShare:
    """One diagnosis among the neighbours, beside the network's own word.

    Attributes:
        code: of the taxonomy, or `OUTSIDE`.
        count: neighbours with it.
        share: of all neighbours, 0..1.
        probability: the network's, calibrated; None for `OUTSIDE`.
    """

    code: str
    count: int
    share: float
    probability: float | None


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One way in which neighbours and network contradict each other; see `analysis.neighbours`.

    Attributes:
        kind: "excluded": many neighbours have `code`, which the network excludes; "absent": none has `code`,
            its likeliest; "malignant": many are malignant, and it excludes every malignant diagnosis.
        count: neighbours of which this is said, of `total`.
        code: of the taxonomy; "" for "malignant".
    """

    kind: Literal["excluded", "absent", "malignant"]
    count: int
    total: int
    code: str = ""


@dataclass(frozen=True, slots=True)
class LibraryFacts:
    """Which library answered.

    Attributes:
        name: its folder as given.
        cases: how many it holds.
        diagnoses: how many of each code (or `OUTSIDE`).
        model: the model that placed them.
        sources: licence and citation of each dataset, in words.
        exact: whether all cases were compared; else an index chose those that were.
    """

    name: str
    cases: int
    diagnoses: Mapping[str, int]
    model: ModelName
    sources: tuple[str, ...]
    exact: bool


@dataclass(frozen=True, slots=True)
class Similar:
    """The answer to "which known cases look like this one".

    Attributes:
        assessment: the read of the image itself.
        library: which answered.
        neighbours: nearest first, each of another group; empty where `reason` says why.
        shares: by diagnosis, commonest first, then by probability; empty without neighbours.
        warnings: a sentence for each way in which neighbours and network disagree.
        notes: what was left out, each a sentence.
        reason: why nothing is shown as similar; "" where something is.
    """

    assessment: Assessment
    library: LibraryFacts
    neighbours: tuple[Neighbour, ...] = ()
    shares: tuple[ClassShare, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    reason: str = ""
