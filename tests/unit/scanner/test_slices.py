"""Cutting a mailbox into slices: nothing lost, nothing twice, never too many."""

from hypothesis import given
from hypothesis import strategies as st

from services.scanner.slices import Listed, Slice, SlicePlanner


def cut(messages: list[Listed], *, size: int, most: int = 2_000) -> list[Slice]:
    cutter = SlicePlanner(size, most=most)
    for message in messages:
        cutter.add(message)
    return cutter.slices


def one_folder(count: int) -> list[Listed]:
    return [Listed("", 7, uid, uid * 100) for uid in range(1, count + 1)]


@st.composite
def mailboxes(draw: st.DrawFn) -> list[Listed]:
    folders = draw(st.dictionaries(st.sampled_from("abcde"), st.sets(st.integers(1, 200), max_size=60), max_size=4))
    return [Listed(folder, 7, uid, uid * 100) for folder in sorted(folders) for uid in sorted(folders[folder])]


@given(messages=mailboxes(), size=st.integers(1, 50), most=st.integers(1, 20))
def test_every_message_is_in_exactly_one_slice_in_order(messages: list[Listed], size: int, most: int) -> None:
    slices = cut(messages, size=size, most=most)
    covered = [(piece.folder, uid) for piece in slices for uid in piece.numbers()]
    assert covered == [(message.folder, message.uid) for message in messages]
    assert [piece.messages for piece in slices] == [len(list(piece.numbers())) for piece in slices]


@given(messages=mailboxes(), size=st.integers(1, 50), most=st.integers(1, 20))
def test_a_slice_knows_where_its_first_message_is(messages: list[Listed], size: int, most: int) -> None:
    positions = {(message.folder, message.uid): message.position for message in messages}
    for piece in cut(messages, size=size, most=most):
        assert piece.position == positions[piece.folder, piece.uids[0][0]]


@given(count=st.integers(0, 3_000), size=st.integers(1, 30), most=st.integers(2, 40))
def test_a_folder_of_any_length_is_cut_into_at_most_so_many_slices(count: int, size: int, most: int) -> None:
    slices = cut(one_folder(count), size=size, most=most)
    assert len(slices) <= most
    assert sum(piece.messages for piece in slices) == count


@given(count=st.integers(1, 500), size=st.integers(1, 50))
def test_slices_are_full_but_for_the_last_one(count: int, size: int) -> None:
    slices = cut(one_folder(count), size=size)
    assert {piece.messages for piece in slices[:-1]} <= {size}
    assert 1 <= slices[-1].messages <= size


def test_gaps_make_ranges() -> None:
    uids = [1, 2, 3, 7, 9, 10]
    (piece,) = cut([Listed("", 7, uid) for uid in uids], size=100)
    assert piece.uids == [(1, 3), (7, 7), (9, 10)]


@given(messages=mailboxes(), size=st.integers(1, 50))
def test_the_stored_form_reads_back(messages: list[Listed], size: int) -> None:
    for piece in cut(messages, size=size):
        assert Slice.from_document(piece.to_document()) == piece


def test_very_many_folders_cost_no_more_than_their_slices() -> None:
    messages = [Listed(f"{number:06}", 7, 1) for number in range(20_000)]
    assert len(cut(messages, size=1, most=100)) == 20_000
