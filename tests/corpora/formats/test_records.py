"""JSON that is not as it should be is refused, with its place."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_moee.corpora.formats import FORMATS
from spacy_moee.corpora.formats.identify import ANNOTATED
from spacy_moee.corpora.options import Options
from spacy_moee.errors import MoeeError

from .util import SETTINGS, get_ents, read, write

GOOD = json.dumps({"text": "Ada went", "spans": [{"start": 0, "end": 3, "label": "P"}]})
DEEP = 100_000


def span(**values):
    given = {"start": 0, "end": 3, "label": "P", **values}
    return json.dumps({"text": "Ada went", "spans": [given]})


@pytest.mark.parametrize(
    "code,bad",
    [
        ("M332", GOOD[:-1]),
        ("M332", GOOD + "x"),
        ("M332", GOOD + GOOD),
        ("M332", GOOD.replace('"', "'")),
        ("M332", GOOD.replace("}]", "},]")),
        ("M332", span(start=float("nan"))),
        ("M332", span(start=float("inf"))),
        ("M332", GOOD.replace('"end"', '"start"')),
        ("M332", '{"text": ' + "[" * DEEP + "]" * DEEP + "}"),
        ("M332", GOOD.replace("3", "9" * 5000)),
        ("M332", '{"text": "\t"}'),
        ("M333", "[]"),
        ("M333", "null"),
        ("M333", '"text"'),
        ("M333", '{"spans": []}'),
        ("M333", '{"text": null, "spans": []}'),
        ("M333", '{"text": 3, "spans": []}'),
        ("M333", '{"text": "a", "spans": {}}'),
        ("M333", '{"text": "a", "spans": ["P"]}'),
        ("M333", '{"text": "a", "answer": "yes"}'),
        ("M333", span(start=None)),
        ("M333", span(start="0")),
        ("M333", span(start=0.0)),
        ("M333", span(start=False)),
        ("M333", span(label=None)),
        ("M333", span(label=3)),
        ("M334", span(start=-1)),
        ("M334", span(start=3)),
        ("M334", span(start=5)),
        ("M334", span(end=9)),
        ("M334", span(end=10**300)),
        ("M336", span(label="")),
        ("M348", '{"text": "\\ud83d", "spans": []}'),
        ("M348", span(label="\ud83d")),
    ],
    ids=lambda value: value[:30] if value[:1] != "M" else value,
)
def test_bad_records(tmp_path, code, bad):
    for path in (
        write(tmp_path, f"\ufeff{GOOD}\r\n\n{bad}\n{GOOD}\n".encode(), "data.jsonl"),
        write(tmp_path, f"[{GOOD},\n\n{bad}, {GOOD}]", "data.json"),
    ):
        with pytest.raises(MoeeError) as err:
            read(path, "prodigy")
        message = str(err.value)
        assert err.value.code == code and f"{path}, " in message
        assert len(message) < 500
        place = "line 3" if path.suffix == ".jsonl" else "record 2"
        assert place in message or (code == "M332" and "record 3" in message)


@pytest.mark.parametrize(
    "text",
    [
        f"\ufeff{GOOD}",
        f"\r\n{GOOD}\r\n \n{GOOD}",
        f"[{GOOD}]",
        f" [ {GOOD} , {GOOD} ] \n",
        json.dumps(json.loads(GOOD), indent=2),
        json.dumps([json.loads(GOOD)] * 3, indent=2),
    ],
)
def test_every_layout_of_json(tmp_path, text):
    for name in ("data.jsonl", "data.json", "data.txt"):
        found = read(write(tmp_path, text, name))
        assert len(found.docs) == text.count("went")
        assert {tuple(get_ents(doc)) for doc in found.docs} == {(("Ada", "P"),)}


@pytest.mark.parametrize(
    "text", ["[", f"[{GOOD}", f"[{GOOD},", f"[{GOOD}] {GOOD}", "[,]"]
)
def test_damaged_arrays(tmp_path, text):
    with pytest.raises(MoeeError, match="M332"):
        read(write(tmp_path, text, "data.json"), "prodigy")


def test_line_separators_inside_strings_end_no_line(tmp_path):
    text = "Ada\u2028went\u0085home"
    task = {"text": text, "spans": [{"start": 0, "end": 3, "label": "P"}]}
    path = write(tmp_path, json.dumps(task, ensure_ascii=False))
    assert read(path).docs[0].text == text


@pytest.mark.parametrize("format", [*ANNOTATED, "jsonl"])
def test_other_formats_in_between_are_not_overlooked(tmp_path, format):
    records = {
        "prodigy": json.loads(GOOD),
        "doccano": {"text": "Ada went", "label": [[0, 3, "P"]]},
        "label-studio": {"data": {"text": "Ada"}, "annotations": []},
        "huggingface": {"tokens": ["Ada"], "ner_tags": ["O"]},
    }
    own = records.get(format, {"text": "Ada"})
    for other in records.values():
        if other is own:
            continue
        path = write(tmp_path, [own, other])
        with pytest.raises(MoeeError, match=f"M349.*line 2.*expected {format}"):
            list(FORMATS[format].read(path, path.read_text("utf8"), Options()))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "text",
                    "spans",
                    "start",
                    "end",
                    "label",
                    "data",
                    "annotations",
                    "result",
                ]
                + ["value", "labels", "tokens", "ner_tags", "answer", "entities"]
            )
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@SETTINGS
@given(st.lists(JSON, max_size=3), st.sampled_from([*ANNOTATED, "jsonl", ""]))
def test_any_json_is_read_or_refused_with_a_code(tmp_path, values, format):
    path = write(tmp_path, values)
    try:
        read(path, format)
    except MoeeError as err:
        assert str(path) in str(err)


@SETTINGS
@given(st.binary(max_size=60), st.sampled_from(["a.json", "a.txt", "a.csv", "a.spacy"]))
def test_any_bytes_are_read_or_refused_with_a_code(tmp_path, data, name):
    path = write(tmp_path, data, name)
    try:
        read(path)
    except KeyError as err:
        assert err.args == ("columns",)
    except MoeeError as err:
        assert str(path) in str(err)
