"""The two names of each structure that the network answers for."""

from __future__ import annotations

from augderm.domain.taxonomy import STRUCTURES
from augderm.domain.terms import TERMS


def test_every_structure_of_the_network_has_a_metaphoric_and_a_descriptive_name() -> None:
    assert tuple(TERMS) == STRUCTURES
    names = [name for term in TERMS.values() for name in (term.metaphoric, term.descriptive)]
    assert all(names)
    assert len(set(names)) == 2 * len(STRUCTURES)


def test_a_term_stands_in_a_sentence_with_its_article() -> None:
    assert TERMS["pigment_network"].in_a_sentence == "a pigment network"
    assert TERMS["streaks"].in_a_sentence == "streaks"
