"""How tags are written, told by all tags of a file."""

import pytest

from spacy_moee.errors import MoeeError

from .util import convert, get_spans


def make_file(tags: str) -> str:
    return "".join(f"w\t{tag}\n" for tag in tags.split())


@pytest.mark.parametrize(
    "tags,spans,scheme",
    [
        ("B-PER I-PER O B-LOC", [(0, 2, "PER"), (3, 4, "LOC")], "iob2"),
        ("B_PER I_PER O B_LOC", [(0, 2, "PER"), (3, 4, "LOC")], "iob2"),
        ("PER-B PER-I O LOC-B", [(0, 2, "PER"), (3, 4, "LOC")], "iob2"),
        ("PER_B PER_I O LOC_B", [(0, 2, "PER"), (3, 4, "LOC")], "iob2"),
        ("PER_B PER_E O LOC_S", [(0, 2, "PER"), (3, 4, "LOC")], "bioes"),
        ("B-work-of-art I-work-of-art", [(0, 2, "work-of-art")], "iob2"),
        ("B_work_of_art I_work_of_art", [(0, 2, "work_of_art")], "iob2"),
        ("work-of-art_B work-of-art_I", [(0, 2, "work-of-art")], "iob2"),
        ("cell_line-B cell_line-I", [(0, 2, "cell_line")], "iob2"),
        ("B-E-mail I-E-mail", [(0, 2, "E-mail")], "iob2"),
        # the usual form, although the other fits
        ("B-A-B I-A-B B-A-B", [(0, 2, "A-B"), (2, 3, "A-B")], "iob2"),
        ("place place O event", [(0, 2, "place"), (3, 4, "event")], "io"),
        ("art-film art-film O", [(0, 2, "art-film")], "io"),
        ("place event event - O", [(0, 1, "place"), (1, 3, "event")], "io"),
        ("I-PER I-PER O I-PER", [(0, 2, "PER"), (3, 4, "PER")], "iob1"),
        ("B-PER M-PER E-PER S-LOC", [(0, 3, "PER"), (3, 4, "LOC")], "bmes"),
        ("B-PER M-PER E-PER W-LOC", [(0, 3, "PER"), (3, 4, "LOC")], "bmewo"),
    ],
)  # fmt: skip
def test_form_and_scheme_are_detected(tmp_path, tags, spans, scheme):
    found = convert(tmp_path, make_file(tags))
    assert get_spans(found.docs[0]) == spans
    assert found.scheme == scheme


@pytest.mark.parametrize(
    "tags,notes",
    [
        ("B-X O", []),
        ("B_X O", ["Tags are written like B_PER."]),
        ("X_B O", ["Tags are written like PER_B."]),
        ("Xy O", ["Each tag is a type, without a letter."]),
        ("O O", []),
    ],
)
def test_an_unusual_form_is_told(tmp_path, tags, notes):
    assert convert(tmp_path, make_file(tags)).notes == notes


@pytest.mark.parametrize(
    "tags,line,others",
    [
        ("O b-PER i-PER", 2, " (and others: 'i-PER'), 2 in all"),
        ("O per_b per_i", 2, ""),
        ("O X-PER", 2, ""),
        ("O B:PER", 2, ""),
        ("O B\u2013PER", 2, ""),
        ("O B-PER person", 3, ""),
        ("O PER_B PER_I MISC PER_B", 4, "tags like PER_B"),
        ("O B-PER B_LOC", 3, ""),
        ("NNP VBZ NNP", 1, ""),  # no O: not a column of entities
        ("O (PER * )", 2, ""),
        (f"O {' '.join(f'word{i}' for i in range(300))}", 2, "and 294 more"),
    ],
)
def test_what_is_no_tag_is_reported_as_a_whole(tmp_path, tags, line, others):
    with pytest.raises(MoeeError) as err:
        convert(tmp_path, make_file(tags))
    assert err.value.code == "M306" and f", line {line}: found the tag" in str(
        err.value
    )
    assert others in str(err.value)
    assert "--outside-tag" in str(err.value) and "--scheme io" in str(err.value)


def test_two_readings_need_a_word(tmp_path):
    text = make_file("B_E I_E O")
    with pytest.raises(MoeeError, match="M322.*as B and E or as E and B,.*--affix"):
        convert(tmp_path, text)
    prefix = convert(tmp_path, text, affix="prefix")
    assert get_spans(prefix.docs[0]) == [(0, 2, "E")]
    suffix = convert(tmp_path, text, affix="suffix")
    assert suffix.entities == {"B": 1, "I": 1} and suffix.scheme == "ioe2"
    # fewer types in an unusual form than in the usual one
    text = make_file("B-cell_B B-cell_I O")
    with pytest.raises(MoeeError, match="M322"):
        convert(tmp_path, text)
    types = {"B-cell": "cell"}
    found = convert(tmp_path, text, affix="suffix", types=types)
    assert get_spans(found.docs[0]) == [(0, 2, "cell")]
    with pytest.raises(MoeeError, match="M306.*tags like PER-B"):
        convert(tmp_path, make_file("B-PER O"), affix="suffix")
    with pytest.raises(MoeeError, match="M314"):
        convert(tmp_path, text, affix="infix")


def test_told_io(tmp_path):
    found = convert(tmp_path, make_file("X-PER X-PER b O"), scheme="io")
    assert get_spans(found.docs[0]) == [(0, 2, "X-PER"), (2, 3, "b")]
    found = convert(tmp_path, make_file("I-PER I-PER O I-LOC"), scheme="io")
    assert found.entities == {"PER": 1, "LOC": 1} and found.illegal == []
    with pytest.raises(MoeeError, match="M324.*line 1.*'B-PER'"):
        convert(tmp_path, make_file("B-PER I-PER O"), scheme="io")
    with pytest.raises(MoeeError, match="M306"):
        convert(tmp_path, make_file("place O"), scheme="iob2")


def test_untyped_tags(tmp_path):
    text = make_file("B I O B B - S")
    with pytest.raises(MoeeError, match="M319.*line 1.*--type"):
        convert(tmp_path, text)
    found = convert(tmp_path, text, label="Disease")
    assert found.entities == {"Disease": 4} and found.scheme == "bioes"
    assert get_spans(found.docs[0])[0] == (0, 2, "Disease")
    for label in ("O", "B-X", " ", "-"):
        with pytest.raises(MoeeError, match="M003"):
            convert(tmp_path, text, label=label)
    with pytest.raises(MoeeError, match="M320.*line 1.*'B-X'"):
        convert(tmp_path, make_file("B-X O"), label="Disease")
    assert convert(tmp_path, make_file("O O"), label="Disease").entities == {}


def test_missing_tags_are_counted_and_may_be_outside(tmp_path):
    text = make_file("PER_B - _ - O")
    found = convert(tmp_path, text)
    assert found.missing == {"-": 2, "_": 1}
    assert [token.ent_iob_ for token in found.docs[0]] == ["B", "", "", "", "O"]
    found = convert(tmp_path, text, outside=["-"])
    assert found.missing == {"_": 1}
    assert [token.ent_iob_ for token in found.docs[0]] == ["B", "O", "", "O", "O"]
    found = convert(tmp_path, make_file("place OTHER NIL"), outside=["OTHER", "NIL"])
    assert found.scheme == "io" and found.entities == {"place": 1}
    assert convert(tmp_path, "a\tB-X\nb\t\n", outside=[""]).entities == {"X": 1}


def test_types_that_can_be_none(tmp_path):
    text = make_file("B-O I-O O B-X")
    with pytest.raises(MoeeError, match=r"M324.*line 1: the tag 'B-O'.*--types 'O='"):
        convert(tmp_path, text)
    assert convert(tmp_path, text, types={"O": "OTH"}).entities == {"OTH": 1, "X": 1}
    found = convert(tmp_path, text, types={"O": ""})
    assert found.entities == {"X": 1} and found.dropped == {"O": 1}
    assert [token.ent_iob_ for token in found.docs[0]] == ["O", "O", "O", "B"]
    for name in ("O", "-", "_", "B-X", "I-X", "S-X", " ", "X ", "!X"):
        with pytest.raises(MoeeError, match="M324.*line 4"):
            convert(tmp_path, text, types={"O": "", "X": name})
    for tag in ("B--", "B-_", "B-B-PER", "B-S-PER", "B-!X", "B-X\u00a0"):
        with pytest.raises(MoeeError, match="M324"):
            convert(
                tmp_path, make_file(tag.replace("\u00a0", "%")).replace("%", "\u00a0")
            )
