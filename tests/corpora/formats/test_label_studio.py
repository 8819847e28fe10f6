"""Label Studio's JSON and JSON-MIN."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_moee.corpora.detect import detect_format
from spacy_moee.errors import MoeeError

from .util import SETTINGS, get_chars, get_ents, kinds, read, texts, to_utf16, write

TEXT = "Ada went to Bonn."


def region(start, end, label, text=TEXT, **more):
    value = {"start": start, "end": end, "text": text[start:end], "labels": [label]}
    names = {"from_name": "label", "to_name": "text", "type": "labels"}
    return {"value": value, "id": "x", **names, **more}


ADA, BONN = region(0, 3, "PER"), region(12, 16, "LOC")


def task(*annotations, data=None, key="annotations"):
    return {"id": 1, "data": data or {"text": TEXT}, key: list(annotations)}


def annotation(*regions, **more):
    return {"id": 7, "completed_by": 1, "result": list(regions), **more}


def write_tasks(folder, *tasks):
    path = write(folder, list(tasks), "project.json")
    assert detect_format(path) == "label-studio"
    return path


def test_regions_become_entities(tmp_path):
    relation = {"from_id": "x", "to_id": "y", "type": "relation", "direction": "right"}
    choice = {"type": "choices", "from_name": "c", "value": {"choices": ["news"]}}
    tasks = [
        {**task(annotation(ADA, relation, choice, BONN)), "predictions": [{}]},
        task(annotation(BONN), key="completions"),
        task(annotation()),
        task(),
    ]
    found = read(write_tasks(tmp_path, *tasks))
    both = [("Ada", "PER"), ("Bonn", "LOC")]
    assert [get_ents(doc) for doc in found.docs] == [both, both[1:], [], []]
    # nobody has looked at the last one
    has_annotation = [doc.has_annotation("ENT_IOB") for doc in found.docs]
    assert has_annotation == [True, True, True, False]
    assert kinds(found) == []


def test_cancelled_annotations_are_counted(tmp_path):
    tasks = [
        task(annotation(ADA, was_cancelled=True), annotation(BONN)),
        task(annotation(ADA, was_cancelled=True)),
        task(annotation(ADA, skipped=True), key="completions"),
    ]
    found = read(write_tasks(tmp_path, *tasks))
    assert [get_ents(doc) for doc in found.docs] == [[("Bonn", "LOC")]]
    assert kinds(found) == ["cancelled"] * 3
    assert [notice.where for notice in found.notices][:2] == ["record 1", "record 2"]


@pytest.mark.parametrize("truth", [True, False])
def test_one_of_several_annotations_is_read(tmp_path, truth):
    early = annotation(ADA, updated_at="2024-01-02T10:00:00Z", ground_truth=truth)
    late = annotation(BONN, updated_at="2024-01-10T09:00:00Z")
    found = read(write_tasks(tmp_path, task(late, early)))
    assert get_ents(found.docs[0]) == [("Ada", "PER") if truth else ("Bonn", "LOC")]
    assert kinds(found) == ["superseded"]


def test_json_min(tmp_path):
    fields = {"annotator": 1, "annotation_id": 5, "lead_time": 3.2}
    early, late = {"created_at": "2024-01-01"}, {"created_at": "2024-02-01"}
    tasks = [
        {"id": 1, "text": TEXT, "label": [ADA["value"]], **fields, **late},
        {"id": 1, "text": TEXT, "label": [BONN["value"]], **fields, **early},
        {"id": 2, "text": TEXT, **fields},
        {"id": 3, "content": TEXT, "ner": [BONN["value"]], "mood": ["a", "b"]},
    ]
    found = read(write_tasks(tmp_path, *tasks))
    ada, bonn = ("Ada", "PER"), ("Bonn", "LOC")
    assert [get_ents(doc) for doc in found.docs] == [[ada], [], [bonn]]
    assert all(doc.has_annotation("ENT_IOB") for doc in found.docs)
    assert kinds(found) == ["superseded"]


def test_regions_without_a_label_or_with_two(tmp_path):
    bare, two = region(0, 3, "PER"), region(12, 16, "LOC")
    del bare["value"]["labels"]
    two["value"]["labels"] = ["LOC", "ORG"]
    found = read(write_tasks(tmp_path, task(annotation(bare, two))))
    assert get_ents(found.docs[0]) == [("Bonn", "LOC")]
    assert [(n.kind, n.text, n.label) for n in found.notices] == [
        ("unlabelled", "Ada", ""),
        ("overlapping", "Bonn", "ORG"),
    ]


@pytest.mark.parametrize(
    "data,names",
    [
        ({"content": TEXT}, ["text", "text"]),
        ({"title": "x", "text": TEXT}, ["t", "t"]),
        ({"title": TEXT, "text": "x"}, ["title", "title"]),
        ({"title": TEXT, "number": 3}, ["text", "text"]),
    ],
)
def test_the_text_is_found(tmp_path, data, names):
    regions = [
        region(0, 3, "PER", to_name=names[0]),
        region(12, 16, "X", to_name=names[1]),
    ]
    (doc,) = read(write_tasks(tmp_path, task(annotation(*regions), data=data))).docs
    assert doc.text == TEXT and len(doc.ents) == 2


@pytest.mark.parametrize(
    "data,regions",
    [
        ({"a": TEXT, "b": "x"}, [ADA]),
        ({"a": 3}, [ADA]),
        ({"a": TEXT}, [ADA, region(0, 3, "X", to_name="other")]),
        ({"text": TEXT}, [{"type": "hypertextlabels", "value": {}}]),
    ],
)
def test_texts_that_can_not_be_told(tmp_path, data, regions):
    with pytest.raises(MoeeError, match="M346.*record 1"):
        read(write_tasks(tmp_path, task(annotation(*regions), data=data)))
    value = {"start": "/p[1]", "end": "/p[1]", "hypertextlabels": ["X"]}
    with pytest.raises(MoeeError, match="M346.*hypertextlabels"):
        read(write_tasks(tmp_path, {"text": TEXT, "label": [value]}))


def test_quotes_tell_what_offsets_count_and_whether_they_are_right(tmp_path):
    text = "\U0001f680 Ada went\nto Bonn"
    old = region(2, 5, "PER", text)
    # as before version 1.4; and line ends as the tool quotes them
    old["value"].update(start=3, end=6)
    line = region(6, 13, "X", text)
    line["value"]["text"] = "went\\nto"
    wrong = region(14, 18, "LOC", text)
    wrong["value"]["text"] = "Berlin"
    tasks = [task(annotation(old, line, wrong), data={"text": text})]
    found = read(write_tasks(tmp_path, *tasks))
    assert get_ents(found.docs[0]) == [("Ada", "PER"), ("went\nto", "X")]
    assert [(n.kind, n.text, n.label) for n in found.notices] == [
        ("misquoted", "Bonn", "LOC")
    ]
    assert [t.ent_iob_ for t in found.docs[0] if t.text == "Bonn"] == [""]


@SETTINGS
@given(st.lists(texts(), min_size=1, max_size=3), st.booleans(), st.booleans())
def test_round_trip(tmp_path, items, in_utf16, is_min):
    tasks = []
    for number, (text, spans) in enumerate(items):
        quotes = [text[start:end] for start, end, _ in spans]
        offsets = to_utf16(text, spans) if in_utf16 else spans
        regions = [
            {"value": {"start": a, "end": b, "labels": [label], "text": quote}}
            for (a, b, label), quote in zip(offsets, quotes, strict=True)
        ]
        if is_min:
            values = [region["value"] for region in regions]
            labels = {"label": values} if values else {}
            tasks.append({"id": number, "text": text, "annotation_id": 1, **labels})
            tasks[-1]["annotator"] = 2
        else:
            tasks.append(task(annotation(*regions), data={"text": text}))
    found = read(write_tasks(tmp_path, *tasks))
    assert [(doc.text, get_chars(doc)) for doc in found.docs] == items
    assert kinds(found) == []


@pytest.mark.parametrize("name", [["text"], {"text": 1}, 7, None])
def test_a_region_with_a_strange_name_of_its_text(tmp_path, name):
    path = write_tasks(tmp_path, task(annotation(region(0, 3, "PER", to_name=name))))
    assert get_ents(read(path).docs[0]) == [("Ada", "PER")]
