"""Make the pipelines of this folder: `python -m tests.saved.make FOLDER`, in a checkout
of the version whose pipelines are wanted. Those that lie here were made at e26e036, the
last version without checksums, with spacy-transformers' own format for encoders."""

import shutil
import sys
from pathlib import Path
from typing import Any, Dict, List

import numpy
import spacy
import srsly
import torch
from spacy.language import Language
from spacy.vectors import Vectors
from thinc.api import Config, fix_random_seed

from ..component.util import NAMES, get_ents, make_examples, make_texts
from ..embeddings.fasttext.util import write_fasttext

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
MOEE = {"@architectures": "spacy_moee.MoEETagger.v1", "expert_width": 4}
BILSTM = {"depth": 1, "hidden_width": 6}
HEADS = {"depth": 0, "crf": False, "hidden_width": 6}
CONCEPT = {"@architectures": "spacy_moee.ConceptTagger.v1", **BILSTM}
ROBUST = {"@architectures": "spacy_moee.RobustTagger.v1", **BILSTM}
FASTTEXT = {"@vectors": "spacy_moee.FastTextVectors.v1", "embed": True}
LEARN_RATE, STEPS = 0.03, 60


def make_models(folder: Path) -> Dict[str, Dict]:
    """A model of each family."""
    # needs transformers, which who reads the pipelines may do without
    from ..embeddings import encoder_util

    encoder_util.SIZES.update(
        {"hidden_size": 8, "num_hidden_layers": 1, "intermediate_size": 8}
    )
    bert = {**ENCODER, "name": encoder_util.make_bert(folder / "encoder-1", 40)}
    roberta = {**ENCODER, "name": encoder_util.make_roberta(folder / "encoder-2", 40)}
    beside = {"words": FEATURES, "encoder": {**FROZEN, "embed": bert}}
    return {
        "hashes": {**MOEE, **BILSTM, "tok2vec": HASHES},
        "static_features": {**MOEE, **BILSTM, "tok2vec": FEATURES},
        "unfrozen": {**MOEE, **BILSTM, "tok2vec": UNFROZEN},
        "fasttext": {**MOEE, **BILSTM, "tok2vec": FEATURES},
        "concept": {**CONCEPT, "tok2vec": FEATURES},
        "robust": {**ROBUST, "tok2vec": FEATURES},
        "bert": {**MOEE, **HEADS, "tok2vec": bert},
        "bert_frozen": {
            **MOEE,
            **BILSTM,
            "tok2vec": {"@layers": "concatenate.v1", "*": beside},
        },
        "roberta": {**MOEE, **HEADS, "tok2vec": {**FROZEN, "embed": roberta}},
    }


def make_nlp(kind: str, model: Dict, folder: Path) -> Language:
    """A pipeline that is trained a little."""
    words = sorted({w for text in make_texts() for w in text.split()} - {"Anna"})
    nlp = spacy.blank("en")
    config = Config(nlp.config)
    if kind == "fasttext":
        path = write_fasttext(folder / "words.bin", words, dim=6, bucket=40)
        config["nlp"]["vectors"] = {**FASTTEXT, "path": str(path)}
    config["components"]["moee_ner"] = {"factory": "moee_ner", "model": model}
    config["nlp"]["pipeline"] = ["moee_ner"]
    nlp = type(nlp).from_config(config)
    if kind not in ("hashes", "fasttext", "bert", "roberta"):
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
    ner, found = nlp.get_pipe("moee_ner"), []
    for text in make_texts(12, seed=1):
        doc = nlp(text)
        scores = ner.model.predict([nlp.make_doc(text)])
        emissions = [batch.outputs.emissions for batch in scores.batches]
        rounded = [round(x, 5) for e in emissions for x in e.flatten().tolist()]
        ents = [[*ent] for ent in get_ents(doc)]
        found.append({"text": text, "ents": ents, "scores": rounded})
    return found


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    draft = folder / "draft"
    draft.mkdir(parents=True)
    for kind, model in make_models(draft).items():
        nlp = make_nlp(kind, model, draft)
        nlp.to_disk(draft / kind, exclude=["tokenizer"])
        srsly.write_json(draft / kind / "expected.json", predict(nlp), indent=0)
        shutil.make_archive(str(folder / kind), "zip", draft / kind)
        print(kind, nlp.evaluate(make_examples(nlp))["ents_f"])
    shutil.rmtree(draft)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
