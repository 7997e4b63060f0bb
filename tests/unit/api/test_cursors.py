"""Page cursors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.http import cursors
from services.api.http.problems import Problem


@given(st.integers(min_value=0, max_value=2**53), st.text(alphabet=st.characters(codec="utf-8"), max_size=40))
def test_a_cursor_gives_back_its_key_and_needs_no_escaping_in_a_url(at: int, item_id: str) -> None:
    cursor = cursors.encode(at, item_id)
    assert cursors.decode(cursor, int, str) == [at, item_id]
    assert all(c.isascii() and (c.isalnum() or c in "-_") for c in cursor)


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    with pytest.raises(Problem, match="invalid_request"):
        cursors.decode(text, int, str, str)


@pytest.mark.parametrize(
    "key",
    [(1,), (1, "a", "b"), ("1", "a"), (True, "a"), (1, None)],
)
def test_a_cursor_of_another_list_is_refused(key: tuple[str | int | None, ...]) -> None:
    with pytest.raises(Problem):
        cursors.decode(cursors.encode(*key), int, str)
