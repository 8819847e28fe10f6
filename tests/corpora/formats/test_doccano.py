"""doccano's exports, and what their offsets count."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_moee.corpora.detect import detect_format
from spacy_moee.errors import MoeeError

from .util import SETTINGS, get_chars, get_ents, kinds, read, texts, to_utf16, write

TEXT = "Ada went to Bonn."
TUPLES = [[0, 3, "PER"], [12, 16, "LOC"]]
OBJECTS = [
    {"id": i, "label": label, "start_offset": start, "end_offset": end, "user": 1}
    for i, (start, end, label) in enumerate(TUPLES)
]


@pytest.mark.parametrize(
    "record",
    [
        {"id": 1, "text": TEXT, "label": TUPLES},
        {"id": 1, "text": TEXT, "labels": TUPLES},
        {"id": 1, "data": TEXT, "label": TUPLES},
        {"doc_id": 1, "text": TEXT, "entities": TUPLES, "username": "admin"},
        {"id": 1, "text": TEXT, "entities": OBJECTS, "relations": []},
        {"id": 1, "text": TEXT, "annotations": OBJECTS, "meta": {}},
        {"text": TEXT, "entities": [{"start": 0, "end": 3, "label": "PER"}]},
    ],
    ids=lambda record: "-".join(record),
)
@pytest.mark.parametrize("name", ["admin.jsonl", "all.json"])
def test_every_shape_that_exports_had(tmp_path, record, name):
    path = write(tmp_path, [record, {**record, "text": "Nobody"}][:1], name)
    assert detect_format(path) == "doccano"
    (doc,) = read(path).docs
    spans = record.get("entities")
    both = [("Ada", "PER"), ("Bonn", "LOC")]
    assert get_ents(doc) == (both[:1] if spans and len(spans) == 1 else both)
    assert doc.text == TEXT and not doc.has_unknown_spaces
    assert [token.ent_iob_ for token in doc][1:3] == ["O", "O"]


def test_no_label_is_not_the_same_as_no_key(tmp_path):
    records = [
        {"text": "a b", "label": []},
        {"text": "a b"},
        {"text": "c", "label": None},
    ]
    docs = read(write(tmp_path, records)).docs
    assert [doc.has_annotation("ENT_IOB") for doc in docs] == [True, False, False]


def test_numbers_for_labels_can_not_be_read(tmp_path):
    record = {"text": TEXT, "annotations": [{**OBJECTS[0], "label": 7}]}
    with pytest.raises(MoeeError, match=r"M333.*line 1.*is 7.*JSONL \(text labels\)"):
        read(write(tmp_path, [record]))


ROCKET = "\U0001f680 Ada went to Bonn"


@pytest.mark.parametrize(
    "spans,unit",
    [([[3, 6, "PER"], [15, 19, "LOC"]], "utf-16"), ([[2, 5, "PER"]], "code-points")],
)
def test_the_file_tells_what_its_offsets_count(tmp_path, spans, unit):
    found = read(write(tmp_path, [{"text": ROCKET, "label": spans}]))
    assert found.unit == unit
    assert get_ents(found.docs[0])[0] == ("Ada", "PER")
    assert found.whole[unit] == len(spans)
    other = {"utf-16": "code-points", "code-points": "utf-16"}[unit]
    found = read(write(tmp_path, [{"text": ROCKET, "label": spans}]), offsets=other)
    assert kinds(found) == ["misaligned"] * len(spans)


def test_javascript_is_believed_when_nothing_tells(tmp_path):
    # whole tokens either way: "ab" or "cd"
    text = "\U0001f680 a b c d"
    record = {"text": text, "label": [[3, 4, "X"]]}
    path = write(tmp_path, [{"text": "\U0001f680ab", "label": [[0, 4, "X"]]}, record])
    assert read(path).unit == "utf-16"
    path = write(tmp_path, [{"text": "no emoji", "label": [[0, 2, "X"]]}])
    assert read(path).unit == "utf-16"


@SETTINGS
@given(st.lists(texts(), min_size=1, max_size=4), st.booleans(), st.booleans())
def test_round_trip(tmp_path, items, in_utf16, as_objects):
    records = []
    for text, spans in items:
        spans = to_utf16(text, spans) if in_utf16 else spans
        objects = [
            {"start_offset": start, "end_offset": end, "label": label}
            for start, end, label in spans
        ]
        records.append({"text": text, "entities": objects if as_objects else spans})
    unit = "utf-16" if in_utf16 else "code-points"
    found = read(write(tmp_path, records), offsets=unit)
    assert [(doc.text, get_chars(doc)) for doc in found.docs] == items
    assert kinds(found) == []
