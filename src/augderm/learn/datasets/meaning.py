"""What a dataset's own word for a diagnosis says in the words of the taxonomy.

Three rules hold for all datasets. Actinic keratosis is `akiec` and neither malignant nor benign (the
ISIC hierarchy calls it indeterminate). Squamous cell carcinoma in situ (Bowen's disease) is `akiec` too,
as in HAM10000, and malignant where the dataset names it by itself. Invasive squamous cell carcinoma has
no class of its own in the taxonomy, and is malignant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from augderm.domain.errors import InvalidDataset
from augderm.domain.taxonomy import CODES
from augderm.learn.records import WhyUnlabelled, behaves_malignant, label_of


@dataclass(frozen=True, slots=True)
class Meaning:
    """A class of the taxonomy, or None outside of it; and malignant, or None where it is not said.

    Where neither is told, `unlabelled` says why, if there is more to say than that nothing is known.
    """

    code: str | None
    malignant: bool | None
    unlabelled: WhyUnlabelled | None = None

    @property
    def label(self) -> int | None:
        """Index into `taxonomy.CODES`."""
        return None if self.code is None else label_of(self.code)


BENIGN = Meaning(None, False)
"""A benign diagnosis that the taxonomy has no class for."""
MALIGNANT = Meaning(None, True)
"""A malignant one, such as squamous cell carcinoma."""
UNSTATED = Meaning(None, None)
"""No diagnosis, or a word that is not in the dataset's table."""
INDETERMINATE = Meaning(None, None, "indeterminate")
"""A diagnosis without a class that is neither malignant nor benign: nothing is missing."""
CONTRADICTORY = Meaning(None, None, "contradictory")
"""Two words of the dataset that exclude each other (a class and the opposite of what it is, the diagnoses of
two cases that share an image): nothing is learned from either."""
CLASS: Mapping[str, Meaning] = MappingProxyType(
    {code: Meaning(code, behaves_malignant(label)) for label, code in enumerate(CODES)}
)
BOWEN = Meaning("akiec", True)

ISIC_COLUMNS: Mapping[str, Meaning] = MappingProxyType(
    {
        **{code.upper(): meaning for code, meaning in CLASS.items()},
        "AK": CLASS["akiec"],
        "SCC": MALIGNANT,
        "SCCKA": MALIGNANT,  # with keratoacanthoma
        "MAL_OTH": MALIGNANT,
        "BEN_OTH": BENIGN,
        "INF": BENIGN,
        "UNK": UNSTATED,
    }
)
"""Columns of the challenges' one-hot tables (2018 Task 3, 2019, MILK10k)."""
NO_DIAGNOSIS = frozenset(
    {"", "unk", "unknown", "miscellaneous", "other", "benign", "malignant", "indeterminate"}
)
"""Words of the datasets in the place of a diagnosis that name none, as `plain` gives them."""


def plain(name: str) -> str:
    """A name of a diagnosis in lower case, without what a file system or a habit changes in it."""
    kept = name.lower().replace("_", " ").replace("-", " ").replace("'", "").replace("\u2019", "")
    return " ".join(kept.split())


def agreed(meaning: Meaning, malignant: bool | None) -> Meaning:
    """What a diagnosis and a dataset's word for malignant or benign say together.

    Actinic keratosis stays neither, whichever of the two it is called.

    Args:
        meaning: of the diagnosis.
        malignant: the other word; None where it is not said.
    """
    if malignant is None or meaning.unlabelled or meaning == CLASS["akiec"]:
        return meaning
    if meaning.malignant is None:
        return Meaning(meaning.code, malignant)
    return meaning if meaning.malignant == malignant else CONTRADICTORY


def one_hot(row: Mapping[str, str], columns: Sequence[str], place: str) -> str:
    """The one column that holds 1.

    Raises:
        InvalidDataset: none or several hold 1, or a cell is no number; `place` says where.
    """
    try:
        hot = [column for column in columns if float(row[column]) == 1.0]
    except ValueError:
        raise InvalidDataset(f"{place}: a class column holds no number; download the table anew") from None
    if len(hot) != 1:
        raise InvalidDataset(
            f"{place}: {len(hot)} classes are 1 ({', '.join(hot) or 'none'}), one must be; download it anew"
        )
    return hot[0]
