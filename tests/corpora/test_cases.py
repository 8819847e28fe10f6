"""Files as users had them, and the right value of each."""

import os
from pathlib import Path

import pytest

from spacy_moee.corpora.convert import Converted, convert_file
from spacy_moee.corpora.options import Options
from spacy_moee.errors import MoeeError

from .util import NLP, get_spans

REPO = Path(__file__).parents[2]
DATA = Path(os.environ.get("MOEE_DATA", REPO.parent / "shared" / "data"))
CASES = DATA.parent / "cases"


def convert_case(name: str, **options) -> Converted:
    if not (CASES / name).exists():
        pytest.skip("the cases are not here")
    return convert_file(CASES / name, Options(vocab=NLP.vocab, **options))


@pytest.mark.parametrize(
    "name,options,sizes,entities",
    [
        ("cr_only.txt", {}, (2, 6), {"ORG": 1, "MISC": 1, "PER": 1}),
        ("comments_germeval.tsv", {}, (1, 3), {"PER": 1, "LOC": 1}),
        ("comments_hipe.tsv", {}, (1, 2), {"pers": 1}),
        ("blank_tokens.conll", {"blank_tokens": "keep"}, (2, 6), {"LOC": 1}),
        ("blank_tokens.conll", {"blank_tokens": "drop"}, (2, 4), {"LOC": 1}),
        ("ioe2.txt", {}, (1, 4), {"LOC": 2}),
        ("bioes_e_then_b.txt", {}, (1, 4), {"MISC": 2}),
        ("io_scheme.tsv", {}, (1, 4), {"organization": 1, "event": 1}),
        ("suffix_tags.tsv", {}, (1, 3), {"PER": 1, "DAT": 1}),
        ("untyped_bio.tsv", {"label": "Disease"}, (1, 4), {"Disease": 1}),
    ],
)
def test_right_value(name, options, sizes, entities):
    found = convert_case(name, **options)
    assert (found.sentences, found.tokens) == sizes
    assert found.entities == entities


@pytest.mark.parametrize(
    "name,code,part",
    [
        ("blank_tokens.conll", "M304", "2 lines are like that: 3, 4."),
        ("untyped_bio.tsv", "M319", "--type"),
    ],
)
def test_refused_as_it_is(name, code, part):
    with pytest.raises(MoeeError) as err:
        convert_case(name)
    assert err.value.code == code and part in str(err.value)


def test_tokens_and_tags_of_cases():
    assert get_spans(convert_case("ioe2.txt").docs[0]) == [(0, 2, "LOC"), (2, 3, "LOC")]
    (doc,) = convert_case("suffix_tags.tsv").docs
    assert [token.text for token in doc] == ["Vittorio", "two", "after"]
    assert [token.ent_iob_ for token in doc] == ["B", "B", ""]
    (doc,) = convert_case("suffix_tags.tsv", outside=["-"]).docs
    assert doc[2].ent_iob_ == "O"
    (doc,) = convert_case("io_scheme.tsv").docs
    assert get_spans(doc) == [(0, 1, "organization"), (2, 4, "event")]
