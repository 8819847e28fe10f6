"""The gold tags of a corpus as its column file has them."""

import os
from pathlib import Path
from typing import Any, List

import pytest
from spacy.tokens import Doc, DocBin

from spacy_moee.corpora.convert import convert_file
from spacy_moee.corpora.options import Options, make_vocab
from spacy_moee.errors import MoeeError
from spacy_moee.evaluation.column_file import read_gold
from spacy_moee.evaluation.counts import sum_counts
from spacy_moee.evaluation.ncrfpp import count_entities

# the second sentence is none that BIOES allows
TEXT = """\
-DOCSTART- O

Ada B-PER
Byron E-PER
left O

Gab B-ORG
and O
London E-LOC
. O

Mozilla B-ORG
"""
REPO = Path(__file__).parents[2]
DATA = Path(os.environ.get("MOEE_DATA", REPO.parent / "shared" / "data"))
REAL = DATA / "conll2003_scitech" / "target" / "test.txt"


def write(folder: Path, text: str = TEXT) -> Path:
    path = folder / "test.txt"
    path.write_text(text, encoding="utf8")
    return path


def write_places(docs: List[Any]) -> List[List[str]]:
    return [[f"{x.label}{[*x.place]}" for x in entities] for entities in docs]


@pytest.mark.parametrize(
    "group, expected",
    [
        ("sentence", [["PER[0, 1]"], ["ORG[0, 2]"], ["ORG[0]"]]),
        ("document", [["PER[0, 1]", "ORG[3, 5]", "ORG[7]"]]),
    ],
)
def test_entities_of_each_doc(tmp_path: Path, group: Any, expected: Any) -> None:
    path = write(tmp_path)
    docs = convert_file(path, Options(group=group)).docs
    # what the conversion made of the second sentence
    assert [e.label_ for doc in docs for e in doc.ents] == ["PER", "ORG", "LOC", "ORG"]
    # as they come back from a file
    DocBin(docs=docs).to_disk(tmp_path / "test.spacy")
    docs = list(DocBin().from_disk(tmp_path / "test.spacy").get_docs(make_vocab()))
    assert write_places(read_gold(path, docs)) == expected


def test_docs_without_tokens_have_no_sentence(tmp_path: Path) -> None:
    path = write(tmp_path)
    docs = convert_file(path).docs
    docs.insert(1, Doc(docs[0].vocab))
    assert write_places(read_gold(path, docs))[:3] == [["PER[0, 1]"], [], ["ORG[0, 2]"]]


def test_other_letters_are_other_names(tmp_path: Path) -> None:
    bilou = "Ada B-PER\nByron L-PER\nleft O\nGab U-ORG\n"
    path = write(tmp_path, bilou)
    assert write_places(read_gold(path, convert_file(path).docs)) == [
        ["PER[0, 1]", "ORG[3]"]
    ]


def message(path: Path, docs: List[Doc]) -> str:
    with pytest.raises(MoeeError) as info:
        read_gold(path, docs)
    return str(info.value)


@pytest.mark.parametrize(
    "change, line, found, expected",
    [
        (("left", "leaves"), 5, "the token 'leaves'", "'left', the token 2 of doc 0"),
        (("left O", "left S-LOC"), 5, "the tag S-LOC, read as B-LOC", "O, the tag of"),
        (("E-PER", "E-LOC"), 4, "the tag E-LOC, read as B-LOC", "I-PER, the tag of"),
        # a sentence less, and one more
        (("Mozilla B-ORG\n", ""), 10, "the end of the file", "doc 2, with 1 tokens"),
        (
            ("Mozilla B-ORG", "Mozilla B-ORG\n\nGab O"),
            *(14, "one more sentence", "the end of the file, since the corpus has 3"),
        ),
        # the sentence goes on after the doc
        (("left O\n\n", "left O\n"), 6, "the token 'Gab'", "the end of doc 0"),
    ],
)
def test_another_file(
    tmp_path: Path, change: Any, line: int, found: str, expected: str
) -> None:
    docs = convert_file(write(tmp_path)).docs
    path = write(tmp_path, TEXT.replace(*change))
    text = message(path, docs)
    assert text.startswith(f"[M516] '{path}', line {line}: found {found}"), text
    assert expected in text


@pytest.mark.parametrize(
    "text, found",
    [
        ("Ada B-PER\nByron I-PER\nleft O\n", "tags in IOB2"),
        ("Ada B-PER\nByron -\nGab S-PER\nleft E-PER\n", "missing tags: '-'"),
        ("Ada\nByron\nleft\n", "no tag"),
        ("Ada O\nByron O\n", "tags in IOB2"),
    ],
)
def test_no_bioes(tmp_path: Path, text: str, found: str) -> None:
    path = write(tmp_path, text)
    error = message(path, convert_file(path).docs)
    assert error.startswith(f"[M517] '{path}': found {found}"), error


def test_no_column_file(tmp_path: Path) -> None:
    path = tmp_path / "gone.txt"
    assert message(path, []).startswith("[M301]")


@pytest.mark.skipif(not REAL.exists(), reason="the corpus is not here")
def test_scitech() -> None:
    """The file of Jia et al. 2019: conlleval's 2,824 entities are 2,820 of theirs."""
    docs = convert_file(REAL).docs
    gold = read_gold(REAL, docs)
    counts = count_entities(gold, gold)
    assert sum(len(doc.ents) for doc in docs) == 2824
    assert sum_counts(counts).gold == 2820
    assert {label: count.gold for label, count in counts.items()} == {
        "LOC": 489,
        "MISC": 365,
        "ORG": 874,
        "PER": 1092,
    }
