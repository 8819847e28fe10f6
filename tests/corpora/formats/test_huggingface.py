"""Token data sets of Hugging Face."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_moee.errors import MoeeError

from .util import SETTINGS, convert, get_ents, write

NAMES = ["O", "B-PER", "I-PER", "B-LOC"]
RECORDS = [
    {"id": "0", "tokens": ["Ada", "King", "went"], "ner_tags": [1, 2, 0]},
    {"id": "1", "tokens": ["Bonn"], "ner_tags": [3]},
]
CLASS_LABEL = {"names": NAMES, "_type": "ClassLabel"}


def ents(found):
    return [get_ents(doc) for doc in found.docs]


@pytest.mark.parametrize("key", ["ner_tags", "tags", "labels", "fine_ner_tags", "ner"])
@pytest.mark.parametrize("tokens", ["tokens", "words"])
def test_tags_as_strings(tmp_path, key, tokens):
    records = [
        {tokens: r["tokens"], key: [NAMES[i] for i in r["ner_tags"]], "pos_tags": [7]}
        for r in RECORDS
    ]
    found = convert(write(tmp_path, [*records, {tokens: [], key: []}]))
    assert found.format == "huggingface" and found.scheme == "iob2"
    assert ents(found) == [[("Ada King", "PER")], [("Bonn", "LOC")]]
    assert all(doc.has_unknown_spaces for doc in found.docs)


def test_names_of_numbers_are_told(tmp_path):
    found = convert(write(tmp_path, RECORDS), tag_names=NAMES)
    assert ents(found) == [[("Ada King", "PER")], [("Bonn", "LOC")]]


@pytest.mark.parametrize(
    "name,content",
    [
        ("dataset_info.json", {"features": {"ner_tags": {"feature": CLASS_LABEL}}}),
        ("dataset_info.json", {"features": {"ner_tags": [CLASS_LABEL]}}),
        ("dataset_infos.json", {"en": {"features": {"ner_tags": [CLASS_LABEL]}}}),
        ("config.json", {"id2label": {str(i): name for i, name in enumerate(NAMES)}}),
        ("config.json", {"label2id": {name: i for i, name in enumerate(NAMES)}}),
        ("label.json", {name: i for i, name in enumerate(NAMES)}),
    ],
)
def test_names_of_numbers_lie_beside(tmp_path, name, content):
    write(tmp_path, content, name)
    found = convert(write(tmp_path, RECORDS))
    assert ents(found) == [[("Ada King", "PER")], [("Bonn", "LOC")]]


@pytest.mark.parametrize(
    "name,content",
    [
        ("dataset_info.json", {"features": {"pos_tags": {"feature": CLASS_LABEL}}}),
        ("dataset_info.json", {"features": {"ner_tags": {"dtype": "int64"}}}),
        ("dataset_info.json", {"features": {"ner_tags": []}}),
        ("dataset_info.json", {"features": None}),
        ("dataset_info.json", []),
        ("dataset_info.json", "{"),
        ("config.json", {"id2label": {"0": "POSITIVE", "1": "NEGATIVE"}}),
        ("config.json", {"id2label": {"0": "O", "2": "B-PER"}}),
        ("config.json", {"id2label": {"0": "O", "1": 3}}),
        ("label.json", "[" * 100_000),
    ],
)
def test_numbers_without_names(tmp_path, name, content):
    write(tmp_path, content, name)
    with pytest.raises(MoeeError, match="M335.*line 1.*--tag-names"):
        convert(write(tmp_path, RECORDS))


def test_two_configurations_with_other_names(tmp_path):
    other = {"feature": {"names": ["O", "B-X", "I-X", "B-Y"]}}
    features = [{"ner_tags": {"feature": CLASS_LABEL}}, {"ner_tags": other}]
    infos = {str(i): {"features": feature} for i, feature in enumerate(features)}
    write(tmp_path, infos, "dataset_infos.json")
    with pytest.raises(MoeeError, match="M335"):
        convert(write(tmp_path, RECORDS))


def test_missing_tags_and_no_tags(tmp_path):
    tags = ["B-PER", None, -100, "O"]
    path = write(tmp_path, [{"tokens": ["Ada", "a", "b", "c"], "ner_tags": tags}])
    found = convert(path)
    assert [t.ent_iob_ for t in found.docs[0]] == ["B", "", "", "O"]
    assert found.missing == {"-": 2}
    found = convert(write(tmp_path, [{"tokens": ["Ada", "went"]}]))
    assert not found.docs[0].has_annotation("ENT_IOB") and found.scheme == ""


def test_documents(tmp_path):
    records = [{**r, "doc_id": i} for i in (3, 3, 1) for r in RECORDS]
    found = convert(write(tmp_path, records), tag_names=NAMES, group="document")
    assert [len(doc) for doc in found.docs] == [8, 4]


@pytest.mark.parametrize(
    "code,change",
    [
        ("M333", {"tokens": "Ada"}),
        ("M333", {"tokens": ["Ada", 3]}),
        ("M333", {"ner_tags": "O O"}),
        ("M333", {"ner_tags": ["O", "O", ["O"]]}),
        ("M333", {"ner_tags": ["O", "O", 1.0]}),
        ("M333", {"ner_tags": ["O", "O", True]}),
        ("M335", {"ner_tags": [0, 0, 4]}),
        ("M335", {"ner_tags": [0, 0, -1]}),
        ("M335", {"ner_tags": [0, 0, 10**300]}),
        ("M347", {"ner_tags": [0, 0]}),
        ("M348", {"tokens": ["Ada", "\ud83d", "a"]}),
        ("M306", {"ner_tags": ["O", "X-PER", "O"]}),
    ],
)
def test_bad_records(tmp_path, code, change):
    path = write(tmp_path, [RECORDS[0], {**RECORDS[0], **change}])
    with pytest.raises(MoeeError, match=rf"{code}.*data.jsonl, line 2"):
        convert(path, format="huggingface", tag_names=NAMES)


WORDS = st.text(min_size=1, max_size=6).filter(lambda w: w.strip() and "\0" not in w)
TAGS = st.sampled_from(NAMES)


@SETTINGS
@given(
    st.lists(
        st.lists(st.tuples(WORDS, TAGS), min_size=1, max_size=5), min_size=1, max_size=3
    ),
    st.booleans(),
    st.sampled_from(["data.jsonl", "data.json"]),
)
def test_round_trip(tmp_path, rows, as_numbers, name):
    records = [
        {
            "tokens": [word for word, _ in row],
            "ner_tags": [NAMES.index(t) if as_numbers else t for _, t in row],
        }
        for row in rows
    ]
    found = convert(write(tmp_path, records, name), tag_names=NAMES, scheme="iob2")
    assert [[t.text for t in doc] for doc in found.docs] == [
        [word for word, _ in row] for row in rows
    ]
    for doc, row in zip(found.docs, rows, strict=True):
        assert [t.ent_type_ for t in doc] == [tag[2:] for _, tag in row]
        starts = [i for i, (_, tag) in enumerate(row) if tag[0] == "B"]
        assert all(doc[i].ent_iob_ == "B" for i in starts)
