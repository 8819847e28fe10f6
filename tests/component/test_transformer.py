"""The component on a pretrained encoder: fine-tuned, frozen, and shared."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Dict

import numpy
import pytest
import spacy
import torch
from spacy.language import Language
from spacy.tokens import Doc
from thinc.api import Config, fix_random_seed

pytest.importorskip("spacy_transformers")

from transformers import BertTokenizerFast  # noqa: E402

from ..embeddings.encoder_util import make_bert  # noqa: E402
from ..marks import slow  # noqa: E402
from .util import get_all, get_module, get_ner, make_examples, predict_texts  # noqa: E402

ENCODER = {
    "@architectures": "spacy_moee.TransformerEmbed.v1",
    "window": 32,
    "overlap": 8,
}
FROZEN = {"@architectures": "spacy_moee.FrozenEmbed.v1"}
LISTENER = {
    "@architectures": "spacy-transformers.TransformerListener.v1",
    "grad_factor": 1.0,
    "upstream": "*",
    "pooling": {"@layers": "reduce_first.v1"},
}
WORDS = {
    "@architectures": "spacy.MultiHashEmbed.v2",
    "width": 24,
    "attrs": ["NORM", "SUFFIX"],
    "rows": [300, 200],
    "include_static_vectors": False,
}
HEADS = {"depth": 0, "crf": False, "expert_width": 8}
BILSTM = {"depth": 1, "hidden_width": 16, "expert_width": 8}
CONCEPT = {"@architectures": "spacy_moee.ConceptTagger.v1", "depth": 0}
ROBUST = {"@architectures": "spacy_moee.RobustTagger.v1", "depth": 0}


@pytest.fixture(scope="module")
def bert(tmp_path_factory: Any) -> str:
    return make_bert(tmp_path_factory.mktemp("encoder") / "bert", dropout=0.0)


def beside_words(encoder: Dict) -> Dict:
    return {"@layers": "concatenate.v1", "*": {"words": WORDS, "encoder": encoder}}


def make_nlp(bert: str, kind: str) -> Language:
    """`tuned` is bert.cfg, `frozen` is bert_frozen.cfg, in small, or the taggers that
    describe types; those that are shared get their encoder from a component."""
    nlp = spacy.blank("en")
    encoder = {**ENCODER, "name": bert}
    models = {
        "tuned": {**HEADS, "tok2vec": encoder},
        "frozen": {**BILSTM, "tok2vec": beside_words({**FROZEN, "embed": encoder})},
        "concept tuned": {**CONCEPT, "hidden_width": 16, "tok2vec": encoder},
        "robust tuned": {**ROBUST, "hidden_width": 16, "tok2vec": encoder},
        "robust frozen": {
            **ROBUST,
            "hidden_width": 16,
            "tok2vec": beside_words({**FROZEN, "embed": encoder}),
        },
        "shared tuned": {**HEADS, "tok2vec": LISTENER},
        "shared frozen": {**BILSTM, "tok2vec": beside_words(LISTENER)},
    }
    if kind.startswith("shared"):
        nlp.add_pipe("transformer", config={"model": {"name": bert}})
    # a whole config, since add_pipe would merge our tok2vec into the default one
    config = Config(nlp.config)
    model = {"@architectures": "spacy_moee.MoEETagger.v1", **models[kind]}
    config["components"]["moee_ner"] = {"factory": "moee_ner", "model": model}
    config["nlp"]["pipeline"] = [*nlp.pipe_names, "moee_ner"]
    return type(nlp).from_config(config)


def train(
    nlp: Language, steps: int, learn_rate: float = 0.01, frozen: Any = ()
) -> None:
    fix_random_seed(0)
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = learn_rate
    annotates = ["transformer"] if "transformer" in nlp.pipe_names else []
    for _ in range(steps):
        nlp.update(examples, sgd=optimizer, annotates=annotates, exclude=frozen)


def find_encoder(nlp: Language) -> Any:
    for name in nlp.pipe_names:
        for node in get_ner(nlp, name).model.walk():
            if node.name == "transformer":
                return node.transformer
    raise AssertionError("no encoder")


def encoder_weights(nlp: Language) -> torch.Tensor:
    return find_encoder(nlp).embeddings.word_embeddings.weight.clone()


KINDS = ["tuned", "frozen", "concept tuned", "robust tuned", "robust frozen"]
KINDS += ["shared tuned", "shared frozen"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.parametrize("kind", [*KINDS[:2], *slow(*KINDS[2:])])
def test_overfitting_IO(kind: str, bert: str, tmp_path: Path) -> None:
    nlp = make_nlp(bert, kind)
    nlp.initialize(lambda: make_examples(nlp))
    pretrained = encoder_weights(nlp)
    train(nlp, steps=140, frozen=["transformer"] if kind == "shared frozen" else ())
    moved = not torch.equal(encoder_weights(nlp), pretrained)
    assert moved == kind.endswith("tuned")
    assert nlp.evaluate(make_examples(nlp))["ents_f"] == 1.0
    expected = predict_texts(nlp)
    nlp.to_disk(tmp_path / "nlp")
    nothing = make_nlp("no/such/encoder", kind)
    for other in (
        spacy.load(tmp_path / "nlp"),
        nothing.from_bytes(nlp.to_bytes()),
        pickle.loads(pickle.dumps(nlp)),
        copy.deepcopy(nlp),
    ):
        assert predict_texts(other) == expected


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("kind", ["tuned", "frozen"])
def test_threads_and_processes(kind: str, tmp_path: Path) -> None:
    # with dropout, which would show if a thread switched the mode of the others
    nlp = make_nlp(make_bert(tmp_path / "bert", dropout=0.5), kind)
    train(nlp, steps=2)
    texts = [f"{word} lives in Rome ." for word in ("Anna", "Bo", "It", "")] * 20
    expected = get_all(nlp.pipe(texts))
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(lambda _: get_all(nlp.pipe(texts, batch_size=7)), range(8))
        assert all(docs == expected for docs in found)
    assert get_all(nlp.pipe(texts, n_process=2, batch_size=16)) == expected


def test_long_doc_gets_vectors_for_all_its_tokens(bert: str) -> None:
    nlp = make_nlp(bert, "tuned")
    nlp.initialize(lambda: make_examples(nlp))
    doc = Doc(nlp.vocab, words=["Anna", "lives", "in", "Rome", "."] * 200)
    (vectors,) = get_ner(nlp).tok2vec.predict([doc])
    assert len(vectors) == 1000 and abs(vectors).max(axis=1).min() > 0
    get_ner(nlp)(doc)


def test_frozen_encoder_runs_once_a_doc(bert: str, monkeypatch: Any) -> None:
    # docs of a call are one batch, whatever its padding
    monkeypatch.setattr("spacy_moee.padding.BATCH_COST", 10**6)
    nlp = make_nlp(bert, "frozen")
    nlp.initialize(lambda: make_examples(nlp))
    seen = []
    encoder = find_encoder(nlp)
    encoder.register_forward_hook(lambda module, inputs, output: seen.append(module))
    for _ in range(4):
        nlp.update(make_examples(nlp))
        nlp.evaluate(make_examples(nlp, seed=1))
    # docs that are only evaluated are kept when they come again
    assert len(seen) == 3


@pytest.mark.parametrize("way", ["bytes", "disk"])
def test_frozen_vectors_are_those_of_the_weights(
    way: str, bert: str, tmp_path: Path
) -> None:
    """A pipeline that was trained gets another encoder."""
    nlp, other, fresh = (make_nlp(bert, "frozen") for _ in range(3))
    train(nlp, steps=2)
    train(other, steps=2)
    tok2vec, *copies = (get_ner(pipeline).tok2vec for pipeline in (nlp, other, fresh))
    for parameter in find_encoder(other).parameters():
        parameter.data += 0.1
    if way == "bytes":
        nlp.from_bytes(other.to_bytes())
        fresh.from_bytes(other.to_bytes())
    else:
        other.to_disk(tmp_path / "nlp")
        nlp.from_disk(tmp_path / "nlp")
        fresh.from_disk(tmp_path / "nlp")
    docs = [eg.predicted for eg in make_examples(nlp)]
    found, expected = tok2vec.predict(docs), copies[1].predict(docs)
    assert all(map(numpy.array_equal, found, expected))
    cache = next(
        node.attrs["cache"] for node in tok2vec.walk() if "cache" in node.attrs
    )
    assert (cache.n_bytes, cache.is_on) == (0, False)


@pytest.mark.parametrize("kind", ["concept tuned", "robust frozen"])
def test_types_are_described_by_the_input_embeddings(kind: str, bert: str) -> None:
    nlp = make_nlp(bert, kind)
    nlp.initialize(lambda: make_examples(nlp))
    table = encoder_weights(nlp)
    tokenizer = BertTokenizerFast.from_pretrained(bert)

    def mean(*pieces: str) -> torch.Tensor:
        return table[tokenizer.convert_tokens_to_ids(list(pieces))].mean(dim=0)

    ner = get_ner(nlp)
    network = get_module(nlp)
    person = mean("p", *(f"##{letter}" for letter in "erson"))
    assert ner.labels == ("LOC", "PER")
    assert torch.allclose(network.descriptions[1], person)
    # no vectors are needed, and the encoder's training does not move them
    assert not nlp.vocab.vectors.shape[1]
    train(nlp, steps=2)
    assert torch.allclose(get_module(nlp).descriptions[1], person)
    examples = ["London", "the train"] if kind.startswith("robust") else None
    ner.add_label("NEW", description="London train", examples=examples)
    network, table = get_module(nlp), encoder_weights(nlp)
    assert torch.allclose(network.descriptions[1], person)
    assert torch.allclose(network.descriptions[2], mean("London", "train"))
    if examples:
        assert torch.allclose(network.examples[2, 0], mean("London"))
        assert torch.allclose(network.examples[2, 1], mean("the", "train"))


@pytest.mark.parametrize("kind", ["tuned", "frozen", "robust frozen"])
def test_default_dtype(kind: str, bert: str) -> None:
    """Whatever PyTorch's is, encoders compute in single precision."""
    nlp = make_nlp(bert, kind)
    train(nlp, steps=3)
    expected, data = predict_texts(nlp), nlp.to_bytes()
    try:
        torch.set_default_dtype(torch.float64)
        loaded = make_nlp("no/such/encoder", kind).from_bytes(data)
        assert predict_texts(loaded) == expected
        nlp = make_nlp(bert, kind)
        train(nlp, steps=3)
        assert find_encoder(nlp).dtype == torch.float32
        expected, data = predict_texts(nlp), nlp.to_bytes()
    finally:
        torch.set_default_dtype(torch.float32)
    loaded = make_nlp("no/such/encoder", kind).from_bytes(data)
    assert predict_texts(loaded) == expected
