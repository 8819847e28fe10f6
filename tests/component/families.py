"""A small trained pipeline of each family of networks and embeddings."""

from pathlib import Path
from typing import Any, Dict, List

import numpy
import spacy
from spacy.language import Language
from spacy.vectors import Vectors
from thinc.api import Config, fix_random_seed

from ..embeddings.fasttext.util import write_fasttext
from .util import NAMES, get_ents, make_examples, make_texts

HASHES = {
    "@architectures": "spacy.MultiHashEmbed.v2",
    "width": 6,
    "attrs": ["NORM", "SHAPE"],
    "rows": [60, 20],
    "include_static_vectors": False,
}
CHARACTERS = {
    "@architectures": "spacy_moee.CharacterCNN.v1",
    "width": 4,
    "character_width": 4,
    "rows": 60,
}
FEATURES = {
    "@architectures": "spacy_moee.DistinctWords.v1",
    "embed": {
        "@layers": "concatenate.v1",
        "*": {
            "vectors": {"@architectures": "spacy_moee.StaticEmbed.v1", "attr": "LOWER"},
            "attributes": {**HASHES, "attrs": ["SUFFIX", "SHAPE"]},
            "characters": CHARACTERS,
        },
    },
}
UNFROZEN = {"@architectures": "spacy_moee.StaticEmbed.v1", "trainable": True}
ENCODER = {
    "@architectures": "spacy_moee.TransformerEmbed.v1",
    "window": 32,
    "overlap": 8,
}
FROZEN = {"@architectures": "spacy_moee.FrozenEmbed.v1"}
BILSTM = {"depth": 1, "hidden_width": 6}
MOEE = {"@architectures": "spacy_moee.MoEETagger.v1", "expert_width": 4, **BILSTM}
HEADS = {**MOEE, "depth": 0, "crf": False}
CONCEPT = {"@architectures": "spacy_moee.ConceptTagger.v1", **BILSTM}
ROBUST = {"@architectures": "spacy_moee.RobustTagger.v1", **BILSTM}
GENERATED = {
    **{"@architectures": "spacy_moee.GeneratedTagger.v1", "domain": "source"},
    **{"hidden_width": 6, "task_width": 2, "domain_width": 2},
}
FASTTEXT = {"@vectors": "spacy_moee.FastTextVectors.v1", "embed": True}
FAMILIES = {
    "hashes": {**MOEE, "tok2vec": HASHES},
    "static_features": {**MOEE, "tok2vec": FEATURES},
    "unfrozen": {**MOEE, "tok2vec": UNFROZEN},
    "fasttext": {**MOEE, "tok2vec": FEATURES},
    "concept": {**CONCEPT, "tok2vec": FEATURES},
    "robust": {**ROBUST, "tok2vec": FEATURES},
    "generated": {**GENERATED, "tok2vec": FEATURES},
}
ENCODERS = ("bert", "bert_frozen", "roberta")
LEARN_RATE, STEPS = 0.03, 60


def make_model(family: str, folder: Path) -> Dict[str, Any]:
    """The model block of a family; an encoder is made in the folder."""
    if family in FAMILIES:
        return FAMILIES[family]
    # needs transformers
    from ..embeddings import encoder_util

    if family == "roberta":
        name = encoder_util.make_roberta(folder / "encoder", 40)
        return {**HEADS, "tok2vec": {**FROZEN, "embed": {**ENCODER, "name": name}}}
    bert = {**ENCODER, "name": encoder_util.make_bert(folder / "encoder", 40)}
    if family == "bert":
        return {**HEADS, "tok2vec": bert}
    beside = {"words": FEATURES, "encoder": {**FROZEN, "embed": bert}}
    return {**MOEE, "tok2vec": {"@layers": "concatenate.v1", "*": beside}}


def make_nlp(family: str, folder: Path) -> Language:
    """A pipeline that is trained a little."""
    words = sorted({w for text in make_texts() for w in text.split()} - {"Anna"})
    nlp = spacy.blank("en")
    config = Config(nlp.config)
    if family == "fasttext":
        path = write_fasttext(folder / "words.bin", words, dim=6, bucket=40)
        config["nlp"]["vectors"] = {**FASTTEXT, "path": str(path)}
    model = make_model(family, folder)
    config["components"]["moee_ner"] = {"factory": "moee_ner", "model": model}
    config["nlp"]["pipeline"] = ["moee_ner"]
    nlp = type(nlp).from_config(config)
    if family not in ("hashes", "fasttext", "bert", "roberta"):
        words += ["location", "person", *(name.lower() for name in NAMES)]
        table = numpy.random.default_rng(0).normal(size=(len(words), 6))
        nlp.vocab.vectors = Vectors(data=table.astype("float32"), keys=words)
    fix_random_seed(0)
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = LEARN_RATE
    for _ in range(STEPS):
        nlp.update(examples, sgd=optimizer)
    return nlp


def predict(nlp: Language) -> List[Dict[str, Any]]:
    """What a pipeline says of texts, and the scores that lie behind it."""
    ner: Any = nlp.get_pipe("moee_ner")
    found = []
    for text in make_texts(12, seed=1):
        scores = ner.model.predict([nlp.make_doc(text)])
        emissions = [batch.outputs.emissions for batch in scores.batches]
        values = [x for e in emissions for x in e.flatten().tolist()]
        found.append({"ents": get_ents(nlp(text)), "scores": values})
    return found
