"""What models look up in the vocabulary's vectors."""

from typing import Any, Dict

import numpy
import pytest
import spacy
from spacy.attrs import LOWER, ORTH
from spacy.language import Language
from spacy.strings import get_string_id
from spacy.tokens import Doc
from spacy.vectors import Vectors
from thinc.api import Config

from spacy_moee.models.lookups import find_lookups
from tests.component.util import TINY, initialize, train

VOCABULARY = {"@architectures": "spacy_moee.VocabularyEmbed.v1"}
STATIC = {"@architectures": "spacy_moee.StaticEmbed.v1"}
WORDS = ["Anna", "Berlin", "person", "location", "france", "Town", "quigley"]
DESCRIBED = {"hidden_width": 16, "depth": 1}


def make_nlp(model: Dict[str, Any]) -> Language:
    nlp = spacy.blank("en")
    table = numpy.random.default_rng(0).normal(size=(len(WORDS), 8)).astype("float32")
    nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings, data=table, keys=WORDS)
    # a whole config, since add_pipe would merge our tok2vec into the default one
    config = Config(nlp.config)
    model = {"@architectures": "spacy_moee.MoEETagger.v1", **model}
    config["components"]["moee_ner"] = {"factory": "moee_ner", "model": model}
    config["nlp"]["pipeline"] = ["moee_ner"]
    made = type(nlp).from_config(config)
    made.vocab.vectors = nlp.vocab.vectors
    return made


def distinct(embed: Dict[str, Any]) -> Dict[str, Any]:
    return {"@architectures": "spacy_moee.DistinctWords.v1", "embed": embed}


@pytest.mark.parametrize(
    "tok2vec, attrs",
    [
        (TINY["tok2vec"], set()),
        (STATIC, {ORTH}),
        ({**STATIC, "attr": "LOWER"}, {LOWER}),
        (distinct({**STATIC, "attr": "LOWER"}), {LOWER}),
        ({**TINY["tok2vec"], "include_static_vectors": True}, {ORTH}),
    ],
    ids=["hash", "orth", "lower", "inside", "spacy's"],
)
def test_attributes(tok2vec: Dict[str, Any], attrs: set) -> None:
    if "@architectures" not in tok2vec:
        defaults = {"attrs": ["NORM", "PREFIX", "SUFFIX", "SHAPE"]}
        hashed = {"@architectures": "spacy.MultiHashEmbed.v2", **defaults}
        tok2vec = {**hashed, "include_static_vectors": False, **tok2vec}
    lookups = find_lookups(make_nlp({**TINY, "tok2vec": tok2vec}))
    assert lookups.attrs == attrs and not lookups.keys
    assert lookups.is_any == bool(attrs) and not lookups.forms


def test_forms_of_words() -> None:
    """With every digit as 0: as they are, and in lower case."""
    nlp = make_nlp({**TINY, "tok2vec": distinct(VOCABULARY)})
    initialize(nlp)
    lookups = find_lookups(nlp)
    assert lookups.is_any and lookups.forms and not lookups.attrs
    doc = Doc(nlp.vocab, words=["Ada", "in", "B12", "Ada"])
    forms = [["Ada", "ada"], ["in", "in"], ["B00", "b00"], ["Ada", "ada"]]
    expected = [[get_string_id(form) for form in row] for row in forms]
    assert lookups.of(doc).tolist() == expected
    assert lookups.of(nlp.make_doc("")).shape == (0, 2)


def test_words_of_a_vocabulary() -> None:
    """Their vectors are what a change is added to."""
    nlp = make_nlp({**TINY, "tok2vec": VOCABULARY})
    words = ["France", "Town", "in"]
    for word in words:
        nlp.vocab.strings.add(word)
    ner: Any = nlp.get_pipe("moee_ner")
    ids = [get_string_id(word) for word in words]
    order = numpy.argsort(numpy.asarray(ids, dtype="uint64"))
    index = [[ids[i] for i in order], (order + 1).tolist()]
    ner.tok2vec.attrs["vocabulary"] = numpy.asarray(index, dtype="uint64")
    initialize(nlp)
    forms = {*words, "france", "town"}
    assert find_lookups(nlp).keys == set(map(get_string_id, forms))


def test_a_layer_that_learns_all_words() -> None:
    nlp = make_nlp({**TINY, "tok2vec": {**VOCABULARY, "width": 8}})
    nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings)
    initialize(nlp)
    assert not find_lookups(nlp).is_any


def test_of_a_doc() -> None:
    nlp = make_nlp({**TINY, "tok2vec": {**STATIC, "attr": "LOWER"}})
    doc = nlp.make_doc("Ada left")
    strings = nlp.vocab.strings
    assert find_lookups(nlp).of(doc).tolist() == [[strings["ada"]], [strings["left"]]]
    assert find_lookups(nlp).of(nlp.make_doc("")).shape[0] == 0
    # nothing looks it up but the user
    plain = find_lookups(spacy.blank("en"))
    assert plain.of(doc).tolist() == [[strings["Ada"]], [strings["left"]]]


def test_words_with_a_learned_vector() -> None:
    nlp = make_nlp({**TINY, "tok2vec": {**STATIC, "trainable": True}})
    train(nlp, steps=1)
    assert find_lookups(nlp).keys == {nlp.vocab.strings[w] for w in ("Anna", "Berlin")}


@pytest.mark.filterwarnings("ignore:\\[MW11\\]")
@pytest.mark.parametrize("attr", ["ORTH", "LOWER"])
@pytest.mark.parametrize("system", ["Concept", "Robust"])
def test_words_that_describe_types(system: str, attr: str) -> None:
    tok2vec = {**STATIC, "attr": attr}
    name = f"spacy_moee.{system}Tagger.v1"
    nlp = make_nlp({**DESCRIBED, "@architectures": name, "tok2vec": tok2vec})
    train(nlp, steps=1)
    ner: Any = nlp.get_pipe("moee_ner")
    ner.add_label("TOWN", description="Town, location")
    keys = find_lookups(nlp).keys
    found = {word for word in WORDS if nlp.vocab.strings[word] in keys}
    expected = {"person", "location"} | ({"Town"} if attr == "ORTH" else set())
    expected |= {"france", "quigley"} if system == "Robust" else set()
    assert found == expected
