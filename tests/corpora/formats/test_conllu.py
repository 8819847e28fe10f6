"""CoNLL-U with entities in MISC."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_moee.errors import MoeeError

from .util import SETTINGS, convert, get_ents, kinds, write

BLANK = ["_"] * 7


def row(number, form, misc="_"):
    return "\t".join([str(number), form, *BLANK, misc])


def convert_rows(folder, *rows, **options):
    return convert(write(folder, "\n".join(rows) + "\n", "data.conllu"), **options)


@pytest.mark.parametrize("key", ["name=", "NE=", "NER=", "ner=", ""])
def test_tags_in_misc(tmp_path, key):
    found = convert_rows(
        tmp_path,
        "# sent_id = 1",
        "# text = Ada King ging zum Rhein",
        row(1, "Ada", f"{key}B-PER"),
        row(2, "King", f"SpaceAfter=No|{key}I-PER|Gloss=king"),
        row(3, "ging", f"{key}O"),
        row("4-5", "zum", "Typo=No"),
        row(4, "zu", f"{key}O"),
        row(5, "dem"),
        row("5.1", "(omitted)", f"{key}B-X"),
        row(6, "Rhein", f"{key}B-LOC"),
    )
    assert found.format == "conllu"
    (doc,) = found.docs
    assert [t.text for t in doc] == ["Ada", "King", "ging", "zu", "dem", "Rhein"]
    assert get_ents(doc) == [("Ada King", "PER"), ("Rhein", "LOC")]
    # where a file writes O, no tag is a missing one
    assert [t.ent_iob_ for t in doc] == ["B", "I", "O", "O", "", "B"]
    assert doc.has_unknown_spaces and kinds(found.notices) == []


def test_without_o_untagged_words_are_outside(tmp_path):
    found = convert_rows(tmp_path, row(1, "Ada", "name=B-PER"), row(2, "went"))
    assert [t.ent_iob_ for t in found.docs[0]] == ["B", "O"]


def test_without_a_tag_nothing_is_annotated(tmp_path):
    found = convert_rows(tmp_path, row(1, "Ada", "SpaceAfter=No"), row(2, "went"))
    assert not found.docs[0].has_annotation("ENT_IOB")
    assert found.scheme == "" and found.entities == {}


def test_documents_and_lines(tmp_path):
    rows = [
        *("# newdoc id = a", "# newpar", row(1, "Ada", "name=B-PER"), ""),
        *("", row(1, "went", "name=O"), "", "# newdoc", "# sent_id = 3"),
        *(row("1-2", "zum"), row(1, "zu", "name=O"), row(2, "dem", "name=I-LOC")),
        *("#newdoc id = c", row(1, "#", "name=O")),
    ]
    found = convert_rows(tmp_path, *rows, group="document")
    assert [[t.text for t in doc] for doc in found.docs] == [
        *(["Ada", "went"], ["zu", "dem"], ["#"])
    ]
    assert found.sentences == 4
    # I-LOC after O is not legal in IOB2, and stands on line 12
    assert convert_rows(tmp_path, *rows, scheme="iob2").illegal == [12]


def test_tags_that_only_a_range_has_are_told(tmp_path):
    found = convert_rows(
        tmp_path,
        row("1-2", "zur", "name=B-LOC"),
        *(row(1, "zu"), row(2, "der")),
        row("3-4", "vom", "name=B-LOC"),
        *(row(3, "von", "name=O"), row(4, "dem", "name=O")),
    )
    assert [(n.kind, n.where, n.text, n.label) for n in found.notices] == [
        ("range", "line 1", "zur", "B-LOC")
    ]


@pytest.mark.parametrize(
    "line,reason",
    [
        ("1\tAda\t_", "3 columns"),
        (row(1, "Ada") + "\t_", "11 columns"),
        (row("x", "Ada"), "ID 'x'"),
        (row("1.", "Ada"), "ID"),
        (row("1-", "Ada"), "ID"),
        (row("", "Ada"), "ID"),
        (row(1, ""), "no FORM"),
        ("Ada went", "1 columns"),
    ],
)
def test_lines_that_are_not_conllu(tmp_path, line, reason):
    with pytest.raises(MoeeError, match=f"M342.*data.conllu, line 3.*{reason}"):
        convert_rows(tmp_path, "# text = Ada", row(1, "Ada", "name=O"), line)


FORMS = st.text(
    st.characters(exclude_characters="\t\n\r\0", exclude_categories=["Cs"]), min_size=1
).filter(str.strip)
TAGS = st.sampled_from(["O", "B-PER", "B-LOC"])


@SETTINGS
@given(
    st.lists(
        st.lists(st.tuples(FORMS, TAGS), min_size=1, max_size=5), min_size=1, max_size=3
    ),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "\ufeff"]),
)
def test_round_trip(tmp_path, rows, line_end, mark):
    lines = []
    for sentence in rows:
        for number, (form, tag) in enumerate(sentence, 1):
            lines.append(row(f"{number}-{number + 1}", "x"))
            lines.append(row(number, form, f"name={tag}"))
        lines.append("")
    text = mark + line_end.join(lines)
    found = convert(write(tmp_path, text, "data.txt"), format="conllu", scheme="iob2")
    assert [[(t.text, t.ent_type_) for t in doc] for doc in found.docs] == [
        [(form, tag[2:]) for form, tag in sentence] for sentence in rows
    ]
