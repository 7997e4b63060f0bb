"""The table of error codes is complete, and docs/operations.md has the same words."""

import re
from pathlib import Path

import pytest

from shared.error_codes import ERROR_TEXTS, OAUTH2_TEXTS, ErrorCode, known_code

OPERATIONS = Path(__file__).parents[3] / "docs" / "operations.md"
ROW = re.compile(r"^\| `(\w+)` \| (.+?) \| (yes|no) \| .+ \|$", re.MULTILINE)


@pytest.mark.parametrize("code", ErrorCode)
def test_each_code_has_sentences_and_a_button_that_leads_somewhere(code: ErrorCode) -> None:
    text = ERROR_TEXTS[code]
    assert all(part.endswith(".") and part[0].isupper() for part in (text.cause, text.remedy))
    assert bool(text.button) == bool(text.target)


def test_no_two_codes_say_the_same() -> None:
    assert len({text.cause for text in ERROR_TEXTS.values()}) == len(ErrorCode)


def test_a_mailbox_with_oauth2_is_never_asked_for_a_password() -> None:
    assert {code for code, text in ERROR_TEXTS.items() if "password" in text.sentence} == set(OAUTH2_TEXTS)
    assert not [text for text in OAUTH2_TEXTS.values() if "password" in text.sentence]


def test_the_runbook_has_the_sentences_of_the_table() -> None:
    rows = {code: (sentence, again) for code, sentence, again in ROW.findall(OPERATIONS.read_text(encoding="utf-8"))}
    wanted = {code.value: (text.sentence, "no" if text.is_permanent else "yes") for code, text in ERROR_TEXTS.items()}
    assert rows == wanted


def test_codes_of_other_versions_are_unknown() -> None:
    assert known_code("login_refused") is ErrorCode.LOGIN_REFUSED
    assert known_code("a_code_of_tomorrow") is None
    assert known_code(None) is None
