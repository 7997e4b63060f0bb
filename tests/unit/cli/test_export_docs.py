"""docs/cli.md has every command as it is."""

from cli.export_docs import PATH, with_commands


def test_the_page_of_the_command_line_is_what_the_code_says() -> None:
    text = PATH.read_text(encoding="utf-8")
    assert text == with_commands(text), "run: ./run docs"
    assert "\n### mailtally tasks watch\n" not in text
    assert "\n#### mailtally tasks watch\n" in text
