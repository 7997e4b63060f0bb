"""SliceSplitter a slice so that every message stays in exactly one part, and is found where its source has it."""

from hypothesis import given
from hypothesis import strategies as st

from services.scanner.slices import Slice, split

UIDS = st.sets(st.integers(1, 60), min_size=1, max_size=40)


def a_slice(uids: set[int]) -> Slice:
    piece = Slice("INBOX", 7, position=1000)
    for uid in sorted(uids):
        piece.add(uid)
    return piece


@given(uids=UIDS, handled=st.sets(st.integers(1, 60)), parts=st.integers(1, 9))
def test_the_parts_are_the_whole_and_share_what_is_unread(uids: set[int], handled: set[int], parts: int) -> None:
    piece = a_slice(uids)
    cut = split(piece, handled, parts=parts)
    assert [uid for part in cut for uid in part.numbers()] == sorted(uids)
    unread = [len(set(part.numbers()) - handled) for part in cut]
    assert max(unread) - min(unread) <= 1
    assert len(cut) == max(1, min(parts, len(uids - handled)))
    assert {part.uid_at_position for part in cut} == {min(uids)}


def test_a_part_of_a_part_keeps_the_hint_of_the_whole() -> None:
    first, second = split(a_slice({4, 5, 6, 7}), set(), parts=2)
    again = split(Slice.from_document(second.to_document()), set(), parts=2)
    assert [list(part.numbers()) for part in again] == [[6], [7]]
    assert {(part.position, part.uid_at_position) for part in (first, *again)} == {(1000, 4)}
