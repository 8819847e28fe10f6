"""A pipeline that is put together from parts of others, and their word vectors."""

import re
from pathlib import Path
from typing import Any, List

import numpy
import pytest
import spacy
from spacy.language import Language
from spacy.vectors import Vectors

from spacy_moee.errors import MoeeError
from tests.embeddings.fasttext.util import write_fasttext

from .util import TINY, get_ents, make_tagged, make_texts, train

# what spaCy says of any vectors that are not the source's, before ours are missed
pytestmark = pytest.mark.filterwarnings("ignore:\\[W113\\]")
STATIC = {"@architectures": "spacy_moee.StaticEmbed.v1"}
WORDS = sorted({word for words, _ in make_tagged() for word in words})


def add_and_train(nlp: Language, tok2vec: Any, **model: Any) -> Language:
    config = {**TINY, **model, "tok2vec": {**STATIC, **tok2vec}}
    nlp.add_pipe("moee_ner", config={"model": config})
    train(nlp, steps=40)
    return nlp


def make_table(**tok2vec: Any) -> Language:
    nlp = spacy.blank("en")
    table = numpy.random.default_rng(0).normal(size=(len(WORDS), 12)).astype("float32")
    nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings, data=table, keys=WORDS)
    return add_and_train(nlp, tok2vec)


def make_fasttext(path: Path) -> Language:
    block = {
        "@vectors": "spacy_moee.FastTextVectors.v1",
        "path": str(write_fasttext(path, WORDS, dim=12)),
    }
    nlp = spacy.blank("en", config={"nlp": {"vectors": block}})
    return add_and_train(nlp, {})


def get_all_ents(nlp: Language) -> List[list]:
    return [get_ents(doc) for doc in nlp.pipe(make_texts(30, seed=3))]


def get_remedies(nlp: Language) -> List[str]:
    with pytest.raises(MoeeError, match="M203.* 0 dimensions.* with 12") as error:
        nlp("Anna lives in Berlin .")
    return re.findall("`(.*?)`", str(error.value))


@pytest.mark.parametrize("trainable", [False, True], ids=["frozen", "trained"])
def test_remedy_that_the_error_names(trainable: bool, tmp_path: Path) -> None:
    source = make_table(trainable=trainable)
    expected = get_all_ents(source)
    assert any(expected)
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    nlp.add_pipe("moee_ner", source=source)
    remedy, _ = get_remedies(nlp)
    assert remedy == "nlp.vocab.vectors = source.vocab.vectors"
    exec(remedy)
    assert get_all_ents(nlp) == expected
    # neither of the two suffers
    assert get_all_ents(source) == expected
    nlp.to_disk(tmp_path / "nlp")
    assert get_all_ents(spacy.load(tmp_path / "nlp")) == expected


def test_remedy_for_fasttext(tmp_path: Path) -> None:
    source = make_fasttext(tmp_path / "words.bin")
    expected = get_all_ents(source)
    assert any(expected)
    nlp = spacy.blank("en")
    nlp.add_pipe("moee_ner", source=source)
    *_, remedy = get_remedies(nlp)
    nlp = eval(remedy.replace("...", "'en'"))
    nlp.add_pipe("moee_ner", source=source)
    assert get_all_ents(nlp) == expected
    # words that only one of the two has met
    nlp("Ytrewq met Poiuy .")
    source("Qwertz met Zuiop .")
    nlp.to_disk(tmp_path / "nlp")
    assert get_all_ents(spacy.load(tmp_path / "nlp")) == expected


def test_new_types_name_the_same_remedy(tmp_path: Path) -> None:
    block = {"@architectures": "spacy_moee.ConceptTagger.v1", **TINY}
    block = {key: value for key, value in block.items() if key != "expert_width"}
    source = spacy.blank("en")
    words = [*WORDS, "person", "location", "town"]
    table = numpy.random.default_rng(0).normal(size=(len(words), 12)).astype("float32")
    source.vocab.vectors = Vectors(data=table, keys=words)
    source.add_pipe("moee_ner", config={"model": {**block, "tok2vec": STATIC}})
    train(source, steps=1)
    nlp = spacy.blank("en")
    nlp.add_pipe("moee_ner", source=source)
    # until it is saved, the component has the vocabulary that it was made with
    nlp.to_disk(tmp_path / "nlp")
    nlp = spacy.load(tmp_path / "nlp")
    ner: Any = nlp.get_pipe("moee_ner")
    with pytest.raises(MoeeError, match="M105") as error:
        ner.add_label("TOWN", description="town")
    assert "`nlp.vocab.vectors = source.vocab.vectors`" in str(error.value)
    nlp.vocab.vectors = source.vocab.vectors
    assert ner.add_label("TOWN", description="town") == 1
