"""What changed between two listings: only what is certain, and the fewest moves."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ytarchive_tui.domain.changes import RUN, Comparison, caught_up, compare

KNOWN = tuple(f"v{n:02}" for n in range(60))


def test_new_missing_and_back_are_told_apart() -> None:
    seen = ("new1", *KNOWN[:10], "absent1", *KNOWN[11:])
    found = compare(KNOWN, ("absent1", "absent2"), seen, whole=True)
    assert found == Comparison(("new1",), ("v10",), ("absent1",), (), 60)


def test_the_newest_pages_say_nothing_of_what_lies_below() -> None:
    seen = ("new1", *(each for each in KNOWN[:40] if each != "v05"))
    found = compare(KNOWN, (), seen, whole=False)
    assert (found.new, found.missing, found.looked_at) == (("new1",), ("v05",), 40)


def test_one_entry_that_was_moved_is_one_move() -> None:
    seen = ("v50", *(each for each in KNOWN if each != "v50"))
    assert compare(KNOWN, (), seen, whole=True).moved == ("v50",)


def test_an_old_entry_at_the_top_does_not_make_the_rest_missing() -> None:
    seen = ("v55", *KNOWN[:30])
    found = compare(KNOWN, (), seen, whole=False)
    assert not found.missing and found.moved == ("v55",)


def test_losses_beyond_a_fifth_are_suspicious_but_not_in_tiny_lists() -> None:
    assert compare(KNOWN, (), KNOWN[13:], whole=True).suspicious
    assert not compare(KNOWN, (), KNOWN[12:], whole=True).suspicious
    assert not compare(KNOWN[:4], (), KNOWN[:3], whole=True).suspicious
    assert compare(KNOWN, (), (), whole=True).suspicious


def test_known_entries_in_their_order_end_the_reading() -> None:
    places = {each: n for n, each in enumerate(KNOWN)}
    run = KNOWN[5 : 5 + RUN]
    assert caught_up(("new", *run), places)
    assert caught_up(("new", *run[:3], *KNOWN[9 : 7 + RUN]), places)
    assert not caught_up((*run, "new"), places)
    assert not caught_up((*run[:-1], KNOWN[0]), places)
    assert not caught_up(run[:-1], places)
    assert not caught_up(KNOWN[:RUN], {each: n for n, each in enumerate(KNOWN[: RUN - 1])})


@given(st.permutations(KNOWN[:12]), st.sets(st.sampled_from(KNOWN[:12])), st.sets(st.integers(0, 99)))
def test_every_entry_is_accounted_for(order: list[str], lost: set[str], added: set[int]) -> None:
    seen = [each for each in order if each not in lost] + [f"n{n}" for n in sorted(added)]
    found = compare(KNOWN[:12], (), seen, whole=True)
    assert set(found.missing) == lost
    assert found.new == tuple(f"n{n}" for n in sorted(added))
    assert len(seen) == 12 + len(found.new) - len(found.missing)
    kept = [each for each in seen if each not in found.moved and each in KNOWN]
    assert kept == sorted(kept)
