"""Where the entity types come from, and what can't be one."""

from pathlib import Path
from typing import Any

import pytest
import srsly
from spacy.language import Language

from spacy_moee.errors import MoeeError

from .util import (
    get_ents,
    get_ner,
    initialize,
    make_example,
    make_examples,
    make_nlp,
)


def check_code(error: Any, code: str, *words: str) -> None:
    assert isinstance(error.value, MoeeError) and error.value.code == code
    assert str(error.value).startswith(f"[{code}] ")
    for word in words:
        assert word in str(error.value)


def test_not_initialized() -> None:
    nlp = make_nlp()
    ner = get_ner(nlp)
    ner.add_label("PER")
    for use in (
        lambda: nlp("Anna"),
        lambda: list(nlp.pipe(["Anna"])),
        lambda: ner.predict([nlp.make_doc("Anna")]),
        lambda: ner.predict([nlp.make_doc("")]),
        lambda: ner.update(make_examples(nlp), sgd=False),
    ):
        with pytest.raises(MoeeError) as error:
            use()
        check_code(error, "M101", "moee_ner", "nlp.initialize()")


def test_no_labels() -> None:
    nlp = make_nlp()
    with pytest.raises(MoeeError) as error:
        nlp.initialize()
    check_code(error, "M007", "moee_ner")
    with pytest.raises(MoeeError) as error:
        nlp.initialize(lambda: [make_example(nlp, ["It", "rains"], ["O", "O"])])
    check_code(error, "M007")
    with pytest.raises(MoeeError) as error:
        get_ner(nlp).initialize(lambda: make_examples(nlp), labels=[])
    check_code(error, "M007")


def test_labels_of_the_data() -> None:
    nlp = make_nlp()
    initialize(nlp)
    ner = get_ner(nlp)
    assert ner.labels == ("LOC", "PER")
    assert nlp.pipe_labels["moee_ner"] == ["LOC", "PER"]
    assert nlp.meta["labels"]["moee_ner"] == ["LOC", "PER"]
    assert not ner.hide_labels


def test_labels_of_all_examples() -> None:
    """Not just of the first ten, which give the sizes."""
    nlp = make_nlp()
    examples = [make_example(nlp, ["a"], ["O"])] * 50
    nlp.initialize(lambda: [*examples, make_example(nlp, ["b"], ["B-LATE"])])
    assert get_ner(nlp).labels == ("LATE",)


def test_added_labels_come_first() -> None:
    nlp = make_nlp()
    ner = get_ner(nlp)
    assert [ner.add_label(n) for n in ("ZOO", "PER", "ZOO")] == [1, 1, 0]
    assert "ZOO" in nlp.vocab.strings
    initialize(nlp)
    assert ner.labels == ("ZOO", "PER", "LOC")


def test_added_labels_are_enough() -> None:
    nlp = make_nlp()
    get_ner(nlp).add_label("PER")
    nlp.initialize()
    assert [t.ent_iob_ for t in nlp("Who is Anna ?")] == ["O"] * 4


@pytest.mark.parametrize("labels", [["PER", "LOC"], ("PER", "LOC"), ["LOC-X", "a b"]])
def test_given_labels(labels: Any) -> None:
    nlp = make_nlp()
    ner = get_ner(nlp)
    ner.initialize(lambda: make_examples(nlp), labels=labels)
    assert ner.labels == tuple(labels)
    assert all(label in nlp.vocab.strings for label in labels)


def test_given_labels_replace_added_ones() -> None:
    nlp = make_nlp()
    ner = get_ner(nlp)
    ner.add_label("OLD")
    ner.initialize(lambda: make_examples(nlp), nlp=nlp, labels=["PER", "PER", "LOC"])
    assert ner.labels == ("PER", "LOC")


def test_labels_file(tmp_path: Path) -> None:
    source = make_nlp()
    initialize(source)
    path = tmp_path / "moee_ner.json"
    srsly.write_json(path, get_ner(source).label_data)
    nlp = make_nlp()
    nlp.config["initialize"]["components"]["moee_ner"] = {
        "labels": {"@readers": "spacy.read_labels.v1", "path": str(path)}
    }
    nlp.initialize()
    ner = get_ner(nlp)
    assert ner.labels == ("LOC", "PER")
    assert ner.label_data == get_ner(source).label_data == ["LOC", "PER"]


def test_label_data_is_a_copy(nlp: Language) -> None:
    ner = get_ner(nlp)
    ner.label_data.append("X")
    assert ner.labels == ("LOC", "PER")


# the last is a part of what spaCy's own ner saves
@pytest.mark.parametrize(
    "labels", ["PER", 5, True, [1, 2], [["PER"]], [None], {"0": {}, "1": {"PER": 3}}]
)
def test_bad_labels(labels: Any) -> None:
    nlp = make_nlp()
    with pytest.raises(MoeeError) as error:
        get_ner(nlp).initialize(lambda: make_examples(nlp), labels=labels)
    check_code(error, "M006", repr(labels))


@pytest.mark.parametrize("label", ["", "!PER", 3, None])
def test_bad_label(label: Any) -> None:
    nlp = make_nlp()
    ner = get_ner(nlp)
    with pytest.raises(MoeeError) as error:
        ner.add_label(label)
    check_code(error, "M003")
    assert ner.labels == ()
    if isinstance(label, str):
        with pytest.raises(MoeeError) as error:
            ner.initialize(lambda: make_examples(nlp), labels=["PER", label])
        check_code(error, "M003")


def test_initialize_again(nlp: Language) -> None:
    """The labels are those that were there, and new ones of the data."""
    nlp.initialize(lambda: [make_example(nlp, ["x"], ["B-NEW"])])
    assert get_ner(nlp).labels == ("LOC", "PER", "NEW")
    assert get_ents(nlp("Anna lives in Oslo .")) == []


def test_types_with_dashes() -> None:
    nlp = make_nlp()
    words, tags = ["A", "B", "c"], ["B-BIG-CITY", "I-BIG-CITY", "O"]
    nlp.initialize(lambda: [make_example(nlp, words, tags)])
    assert get_ner(nlp).labels == ("BIG-CITY",)


def test_initialize_wants_a_function_of_examples() -> None:
    nlp = make_nlp()
    ner = get_ner(nlp)
    for bad in (make_examples(nlp), lambda: None, lambda: [], lambda: ["x"]):
        with pytest.raises((TypeError, ValueError)):
            ner.initialize(bad)
