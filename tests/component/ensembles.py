"""Small trained pipelines that can be members of one ensemble."""

from typing import List

import numpy
import spacy
from spacy.language import Language
from spacy.vectors import Vectors
from thinc.api import fix_random_seed

from spacy_moee.models.joining import Joined, join_pipelines
from spacy_moee.models.membership import MemberPipeline

from . import families
from .util import get_ner, make_examples, make_texts

STEPS = 30


def make_member(family: str, labels: List[str], seed: int) -> Language:
    """A small trained pipeline. All have the same word vectors."""
    nlp = spacy.blank("en")
    nlp.add_pipe("moee_ner", config={"model": families.FAMILIES[family]})
    words = sorted({word for text in make_texts() for word in text.split()} - {"Anna"})
    table = numpy.random.default_rng(0).normal(size=(len(words), 6))
    nlp.vocab.vectors = Vectors(data=table.astype("float32"), keys=words)
    examples = make_examples(nlp)
    fix_random_seed(seed)
    ner = get_ner(nlp)
    ner.initialize(lambda: examples, nlp=nlp, labels=labels)
    optimizer = nlp.create_optimizer()
    optimizer.learn_rate = 0.05
    for _ in range(STEPS):
        nlp.update(examples, sgd=optimizer)
    return nlp


def make_members() -> List[Language]:
    """Two seeds of one recipe, and another recipe whose entity types are in another
    order."""
    features = [make_member("static_features", ["LOC", "PER"], i) for i in range(2)]
    return [*features, make_member("hashes", ["PER", "LOC"], 2)]


def join_all(pipelines: List[Language]) -> Joined:
    names = (str(number) for number in range(len(pipelines)))
    pairs = zip(names, pipelines, strict=False)
    return join_pipelines(
        [MemberPipeline(name, nlp, "moee_ner") for name, nlp in pairs]
    )
