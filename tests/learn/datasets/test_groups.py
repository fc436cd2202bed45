from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from augderm.learn.datasets.groups import joined

NAMES = st.sampled_from("abcdefgh")


@given(st.lists(st.tuples(NAMES, NAMES)))
def test_names_that_pairs_connect_have_one_name_and_others_do_not(pairs: list[tuple[str, str]]) -> None:
    reached = {name: {name} for pair in pairs for name in pair}
    for _ in reached:  # as many rounds as names reach everything there is to reach
        for one, other in pairs:
            both = reached[one] | reached[other]
            for name in both:
                reached[name] = reached[name] | both
    assert joined(pairs) == {name: min(found) for name, found in reached.items()}


@given(st.lists(st.tuples(NAMES, NAMES)))
def test_the_order_of_pairs_does_not_matter(pairs: list[tuple[str, str]]) -> None:
    assert joined(pairs) == joined([(b, a) for a, b in reversed(pairs)])
