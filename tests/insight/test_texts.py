"""Text as a picture shows it."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_moee.insight.texts import (
    break_lines,
    escape_text,
    is_rtl,
    make_visible,
    measure,
    replace_control,
)

# surrogates, too, which st.text() leaves out
ANY = st.text(
    st.characters(exclude_categories=()) | st.sampled_from("\x00\x1b\n\ufffe")
)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("Gab", "Gab"),
        ("", ""),
        ("\n", "\u21b5"),
        (" \t\r\n", "\u2423\u21e5\u240d\u21b5"),
        ("\u200b", "U+200B"),
        ("\xa0", "U+00A0"),
        ("a\nb", "a\u21b5b"),
        ("a\x00b", "a\u2400b"),
        ("\x1fa\x7f", "\u241fa\u2421"),
        ("a\x85\ud800\uffff\ufdd0", "a\ufffd\ufffd\ufffd\ufffd"),
        # what joins the parts of one sign stays
        ("\U0001f469\u200d\U0001f467", "\U0001f469\u200d\U0001f467"),
    ],
)
def test_what_can_not_be_seen_is_shown(text: str, expected: str) -> None:
    assert make_visible(text) == expected


@given(ANY)
def test_any_text_can_stand_in_a_file(text: str) -> None:
    markup = escape_text(text)
    element = ElementTree.fromstring(f'<a b="{markup}">{markup}</a>'.encode())
    assert (element.text or "") == make_visible(text) == element.get("b")
    assert bool(text) == bool(markup)


@given(ANY)
def test_control_characters_are_replaced_one_by_one(text: str) -> None:
    shown = replace_control(text)
    assert len(shown) == len(text)
    shown.encode("utf8")
    assert not {*shown} & {*map(chr, range(32))} - {"\n", "\t"}


@given(ANY, st.floats(1, 30), st.integers(1, 5))
def test_lines_are_not_too_wide(text: str, width: float, n_lines: int) -> None:
    lines = break_lines(text, width, n_lines)
    assert 1 <= len(lines) <= n_lines
    assert all(measure(line) <= width + 0.5 for line in lines)
    if len(break_lines(text, width, len(text) + 1)) <= n_lines:
        assert "".join(lines) == text
    else:
        assert lines[-1].endswith("\u2026")


def test_marks_stay_with_their_letters() -> None:
    assert break_lines("e\u0301" * 4, 1.3, 9) == ["e\u0301" * 2] * 2


@pytest.mark.parametrize(
    "text, expected",
    [("Gab", False), ("محمد", True), ("(2020)", False), ("(عام", True), ("", False)],
)
def test_direction(text: str, expected: bool) -> None:
    assert is_rtl(text) is expected
