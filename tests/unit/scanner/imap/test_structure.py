"""BODYSTRUCTURE responses, sound and broken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imapclient.response_parser import parse_response

from services.scanner.sources.imap.structure import InvalidStructureError, Node, parse_structure

TEXT = '("text" "plain" ("charset" "utf-8") NIL NIL "7bit" 10 1 NIL NIL NIL NIL)'
PDF = '("application" "pdf" ("name" "a.pdf") NIL NIL "base64" 99 NIL ("attachment" ("filename" "b.pdf")) NIL NIL)'


def tree(text: str) -> Node:
    (parsed,) = parse_response([text.encode()])
    return parse_structure(parsed)


def leaves(text: str) -> list[tuple[str, str]]:
    return [(node.section, node.kind) for node in tree(text).leaves()]


def test_parts_have_the_numbers_of_imap() -> None:
    assert leaves(TEXT) == [("1", "text/plain")]
    assert leaves(f'({TEXT}({TEXT}{PDF} "mixed"){PDF} "mixed")') == [
        ("1", "text/plain"),
        ("2.1", "text/plain"),
        ("2.2", "application/pdf"),
        ("3", "application/pdf"),
    ]


@pytest.mark.parametrize("envelope", ["NIL", "()", '(NIL "Fwd" NIL NIL NIL NIL NIL NIL NIL NIL)', '("x")'])
def test_forwarded_messages_are_entered_whatever_their_envelope(envelope: str) -> None:
    def forward(body: str) -> str:
        return f'("message" "rfc822" NIL NIL NIL "7bit" 500 {envelope} {body} 12 NIL NIL NIL NIL)'

    assert leaves(f'({TEXT}{forward(f"({TEXT}{PDF} " + chr(34) + "mixed" + chr(34) + ")")} "mixed")') == [
        ("1", "text/plain"),
        ("2.1", "text/plain"),
        ("2.2", "application/pdf"),
    ]
    assert leaves(f'({TEXT}{forward(PDF)} "mixed")') == [("1", "text/plain"), ("2.1", "application/pdf")]


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ('("name" "=?utf-8?Q?b=C3=BCro.pdf?=")', "büro.pdf"),
        ('("filename*" "utf-8\'\'b%C3%BCro.pdf")', "utf-8''b%C3%BCro.pdf"),
        ('("filename*0*" "abc.pdf")', "abc.pdf"),
        ('("name" 2024)', "2024"),
        ('("name" "=?nonsense?B?!?=")', "=?nonsense?B?!?="),
        ('("name")', None),
        ("NIL", None),
    ],
)
def test_names_of_files_are_read_as_far_as_they_can_be(parameters: str, name: str | None) -> None:
    (node,) = tree(f'("application" "octet-stream" {parameters} NIL NIL "base64" 9)').leaves()
    assert node.filename == name


parsed = st.recursive(
    st.none() | st.integers(-5, 99) | st.binary(max_size=8) | st.sampled_from([b"text", b"message", b"rfc822"]),
    lambda inner: st.lists(inner, max_size=12).map(tuple),
)


@given(parsed)
def test_whatever_a_server_tells_is_a_tree_or_none(told: object) -> None:
    try:
        node = parse_structure(told)
    except InvalidStructureError:
        return
    assert all(leaf.size >= 0 for leaf in node.leaves())
