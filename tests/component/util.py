"""A small corpus, small networks, and what the tests compare."""

import random
from functools import lru_cache
from typing import Any, Dict, List

import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import fix_random_seed
from thinc.util import to_numpy

NAMES = {
    "PER": ["Anna", "Bo Li", "Carla", "Dan Frost", "Eva"],
    "LOC": ["Berlin", "New York", "Oslo", "Rome", "Hong Kong"],
}
FRAMES = [
    "{PER} lives in {LOC} .",
    "The train to {LOC} is late .",
    "Yesterday {PER} met {PER} .",
    "It rains .",
]
TINY: Dict[str, Any] = {
    "hidden_width": 16,
    "depth": 1,
    "expert_width": 8,
    "tok2vec": {"width": 24, "rows": [300, 200, 200, 200]},
}


def make_tagged(n: int = 20, seed: int = 0) -> List[tuple]:
    """Sentences as (words, tags); every name occurs in the first twenty."""
    rng = random.Random(seed)
    names = {label: list(choices) for label, choices in NAMES.items()}
    sentences = []
    for i in range(n):
        words: List[str] = []
        tags: List[str] = []
        for piece in FRAMES[i % len(FRAMES)].split():
            label = piece.strip("{}")
            if label not in NAMES:
                words.append(piece)
                tags.append("O")
                continue
            if not names[label]:
                names[label] = rng.sample(NAMES[label], len(NAMES[label]))
            name = names[label].pop().split()
            words += name
            tags += [f"B-{label}"] + [f"I-{label}"] * (len(name) - 1)
        sentences.append((words, tags))
    return sentences


def make_examples(nlp: Language, n: int = 20, seed: int = 0) -> List[Example]:
    return [
        Example(Doc(nlp.vocab, words=w), Doc(nlp.vocab, words=w, ents=t))
        for w, t in make_tagged(n, seed)
    ]


def make_texts(n: int = 20, seed: int = 0) -> List[str]:
    return [" ".join(words) for words, _ in make_tagged(n, seed)]


def make_example(nlp: Language, words: List[str], tags: Any) -> Example:
    """`tags` as in `Doc(ents=...)`; None leaves the reference unannotated."""
    return Example(Doc(nlp.vocab, words=words), Doc(nlp.vocab, words=words, ents=tags))


def make_random_docs(nlp: Language, n: int, seed: int = 0) -> List[Doc]:
    """Docs of zero to thirty tokens, with white space and words never seen."""
    rng = random.Random(seed)
    words = [w for text in make_texts() for w in text.split()]
    words += ["\n", " ", "\t\n", "zzz", "ünï", "42", "🙂"]
    docs = []
    for _ in range(n):
        length = rng.choice([0, 1, 2, rng.randrange(30)])
        docs.append(Doc(nlp.vocab, words=[rng.choice(words) for _ in range(length)]))
    return docs


def make_nlp(**model: Any) -> Language:
    nlp = spacy.blank("en")
    nlp.add_pipe("moee_ner", config={"model": {**TINY, **model}})
    return nlp


def initialize(nlp: Language, seed: int = 0, n: int = 20):
    fix_random_seed(seed)
    examples = make_examples(nlp, n)
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.02
    return optimizer, examples


def train(nlp: Language, steps: int = 30, drop: float = 0.0, **kwargs: Any) -> Dict:
    optimizer, examples = initialize(nlp, **kwargs)
    losses: Dict[str, float] = {}
    for _ in range(steps):
        losses = {}
        nlp.update(examples, sgd=optimizer, drop=drop, losses=losses)
    return losses


@lru_cache
def trained_bytes() -> bytes:
    nlp = make_nlp()
    train(nlp)
    return nlp.to_bytes()


def make_trained() -> Language:
    """A pipeline of its own for each test, trained once."""
    return make_nlp().from_bytes(trained_bytes())


def get_ents(doc: Doc) -> List[tuple]:
    return [(ent.start, ent.end, ent.label_) for ent in doc.ents]


def get_all(docs: Any) -> List[tuple]:
    """Everything that the component writes."""
    return [
        (
            doc.text,
            [(t.ent_iob, t.ent_type_, t.ent_kb_id_, t.ent_id_) for t in doc],
            get_ents(doc),
        )
        for doc in docs
    ]


def predict_texts(nlp: Language) -> List[tuple]:
    return get_all(nlp(text) for text in make_texts(40, seed=1))


def get_ner(nlp: Language, name: str = "moee_ner") -> Any:
    """A component, of which `Language.get_pipe` says that it is a function."""
    return nlp.get_pipe(name)


def get_module(nlp: Language, name: str = "moee_ner") -> Any:
    shim: Any = get_ner(nlp, name).model.shims[0]
    return shim.module


def get_weights(nlp: Language, name: str = "moee_ner") -> bytes:
    return get_ner(nlp, name).model.to_bytes()


def get_gradients(nlp: Language) -> Dict[Any, Any]:
    """The gradients that wait for an optimizer: the network's, the embeddings'."""
    found: Dict[Any, Any] = {}
    for name, parameter in get_module(nlp).named_parameters():
        if parameter.grad is not None:
            found[name] = parameter.grad.numpy().copy()
    for i, node in enumerate(get_ner(nlp).model.walk()):
        for name in node.grad_names:
            # thinc keeps the array, filled with zeros, after a step
            if node.has_grad(name) and node.get_grad(name).any():
                found[(i, name)] = to_numpy(node.get_grad(name)).copy()
    return found
