"""What dermatologists call the structures that the network answers for, in both of their languages.

The dictionary is that of the third consensus of the International Dermoscopy Society (Kittler et al., JAAD
2016;74:1093), read at dermoscopedia ("Dictionary of descriptive and metaphoric terminology", "Terminology
Dots"). Its entry for globules was not seen: that clods are the descriptive word for them is from memory.
Descriptive terms are turned from the dictionary's order ("lines reticular") into that of a sentence.
"""

from __future__ import annotations

from dataclasses import dataclass

from augderm.domain.structures import NETWORK_DESCRIPTIVE


@dataclass(frozen=True, slots=True)
class Term:
    """One structure: its metaphoric and its descriptive name, and the article of the metaphoric one."""

    metaphoric: str
    descriptive: str
    article: str = ""

    @property
    def in_a_sentence(self) -> str:
        """The metaphoric name as it stands after a verb: "a pigment network", "streaks"."""
        return f"{self.article} {self.metaphoric}".strip()


TERMS: dict[str, Term] = {
    "pigment_network": Term("pigment network", NETWORK_DESCRIPTIVE["pigment_network"], "a"),
    "negative_network": Term("negative network", NETWORK_DESCRIPTIVE["negative_network"], "a"),
    "milia_like_cyst": Term("milia-like cysts", NETWORK_DESCRIPTIVE["milia_like_cyst"]),
    # The label counts dots in (`taxonomy.STRUCTURES`), and dots have one name in both languages.
    "globules": Term("globules or dots", NETWORK_DESCRIPTIVE["globules"]),
    "streaks": Term("streaks", NETWORK_DESCRIPTIVE["streaks"]),
}
"""By the names of `taxonomy.STRUCTURES`."""
