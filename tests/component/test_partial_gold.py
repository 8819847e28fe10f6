"""Gold that is known in part: the loss is that of all sequences of tags that have the
known entities, and no entity where there is none. They are found here by trying all."""

from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Callable, Dict, List, Set, Tuple

import numpy
import pytest
import spacy
import torch
from hypothesis import given
from hypothesis import strategies as st
from spacy.language import Language
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Corpus, Example
from spacy.vectors import Vectors
from thinc.api import fix_random_seed
from torch import Tensor

from spacy_moee.models.wrapper import network_of
from spacy_moee.networks.generated import GeneratedNetwork
from spacy_moee.training.case import change_case
from tests.networks.util import randomize, spell

from .families import CONCEPT, GENERATED, HASHES, MOEE
from .util import get_ents, get_ner

WORDS = ["Shaka", "Khan", "met", "Bo", "Li"]
NAMES = ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]
KINDS = st.sampled_from(["O", "missing", "missing", "blocked", "LOC", "PER", "PER"])
Entity = Tuple[int, int, str]
Sequence = Tuple[int, ...]


def make_nlp(family: str) -> Language:
    nlp = spacy.blank("en")
    keys = [*WORDS, "location", "person"]
    table = numpy.random.default_rng(0).normal(size=(len(keys), 6)).astype("float32")
    nlp.vocab.vectors = Vectors(data=table, keys=keys)
    ner: Any = nlp.add_pipe("moee_ner", config={"model": MODELS[family]})
    for label in ("LOC", "PER"):
        ner.add_label(label)
    doc = nlp.make_doc("Bo")
    nlp.initialize(lambda: [Example(doc, doc.copy())])
    return nlp


MODELS: Dict[str, Dict[str, Any]] = {
    "crf": {**MOEE, "tok2vec": HASHES},
    "softmax": {**MOEE, "crf": False, "tok2vec": HASHES},
    "concept": {**CONCEPT, "tok2vec": HASHES},
    "generated": {**GENERATED, "tok2vec": HASHES},
}


@pytest.fixture(scope="module", params=MODELS)
def nlp(request: pytest.FixtureRequest) -> Language:
    nlp = make_nlp(request.param)
    randomize(network_of(get_ner(nlp).model), seed=1)
    return nlp


@st.composite
def partial_golds(draw: Any) -> Tuple[List[str], List[Entity]]:
    """What is known of each token, and the entities."""
    kinds = draw(st.lists(KINDS, min_size=1, max_size=5))
    entities: List[Entity] = []
    for i, kind in enumerate(kinds):
        if kind not in ("LOC", "PER"):
            continue
        if entities and entities[-1][1:] == (i, kind) and draw(st.booleans()):
            entities[-1] = (entities[-1][0], i + 1, kind)
        else:
            entities.append((i, i + 1, kind))
    return kinds, entities


def make_reference(nlp: Language, kinds: List[str], entities: List[Entity]) -> Doc:
    doc = Doc(nlp.vocab, words=WORDS[: len(kinds)])
    spans = {
        kind: [doc[i : i + 1] for i, found in enumerate(kinds) if found == kind]
        for kind in ("O", "missing", "blocked")
    }
    doc.set_ents(
        [Span(doc, *entity) for entity in entities],
        outside=spans["O"],
        missing=spans["missing"],
        blocked=spans["blocked"],
    )
    return doc


def entities_of(path: Sequence) -> Set[Entity]:
    """Of a legal sequence."""
    found: List[Entity] = []
    for i, tag in enumerate(path):
        if NAMES[tag][0] == "B":
            found.append((i, i + 1, NAMES[tag][2:]))
        elif NAMES[tag][0] == "I":
            start, _, label = found.pop()
            found.append((start, i + 1, label))
    return {*found}


def agreeing_paths(kinds: List[str], entities: List[Entity]) -> Set[Sequence]:
    agree = set()
    for path in product(range(len(NAMES)), repeat=len(kinds)):
        before = ("O", *(NAMES[tag] for tag in path))
        pairs = zip(before, before[1:], strict=False)
        if any(b[0] == "I" and a[1:] != b[1:] for a, b in pairs):
            continue
        outside = all(
            tag == 0 or kind not in ("O", "blocked")
            for tag, kind in zip(path, kinds, strict=True)
        )
        if outside and {*entities} <= entities_of(path):
            agree.add(path)
    return agree


def log_sum(paths: Set[Sequence], scores: Tensor, crf: Any = None) -> Tensor:
    """Of the scores of some sequences; scores [seq, tags]."""
    rows = torch.tensor(sorted(paths))
    total = scores[torch.arange(rows.shape[1]), rows].sum(dim=1)
    if crf is not None:
        total = total + crf.start_transitions[rows[:, 0]]
        total = total + crf.end_transitions[rows[:, -1]]
        total = total + crf.transitions[rows[:, :-1], rows[:, 1:]].sum(dim=1)
    return total.logsumexp(0)


def brute_loss(paths: Set[Sequence], scores: Tensor, crf: Any = None) -> float:
    everything = {*product(range(scores.shape[1]), repeat=scores.shape[0])}
    return float(log_sum(everything, scores, crf) - log_sum(paths, scores, crf))


def image(paths: Set[Sequence], numbers: List[int]) -> Set[Sequence]:
    return {tuple(numbers[tag] for tag in path) for path in paths}


def to_bioes(path: Sequence) -> Sequence:
    """The tags inside of the network: O, then B, I, E and S of each label."""
    found = []
    for tag, following in zip(path, (*path[1:], 0), strict=True):
        label, begins = (tag - 1) // 2, tag % 2 == 1
        goes_on = following == 2 * label + 2
        border = (0 if begins else 1) if goes_on else (3 if begins else 2)
        found.append(1 + 4 * label + border if tag else 0)
    return tuple(found)


def expected_parts(
    nlp: Language, kinds: List[str], paths: Set[Sequence], outputs: Any
) -> Dict[str, float]:
    """Each part of the loss, times its units."""
    network: Any = network_of(get_ner(nlp).model)
    if all(kind == "missing" for kind in kinds):
        heads = ["detection", "gate"] if hasattr(outputs, "gate") else []
        return dict.fromkeys(["recognition", *heads], 0.0)
    if hasattr(network, "crf"):
        # of tags of BIOES
        inner = log_sum({*map(spell, paths)}, outputs.emissions[0], network.crf)
        mask = torch.ones(1, len(kinds), dtype=torch.bool)
        total = network.crf.chain.log_partition(outputs.emissions, mask)
        return {"recognition": float(total - inner)}
    known = len(kinds) - kinds.count("missing")
    if isinstance(network, GeneratedNetwork):
        inner = {to_bioes(path) for path in paths}
        return {"recognition": brute_loss(inner, outputs.emissions[0], network.crf)}
    if not hasattr(network, "weights"):
        # of each type by itself, averaged over cells
        borders = ([0, 1, 2, 0, 0], [0, 0, 0, 1, 2])
        total = sum(
            brute_loss(image(paths, numbers), outputs.emissions[0, :, i])
            for i, numbers in enumerate(borders)
        )
        return {"recognition": total / (2 * known)}
    scores = {
        "recognition": (outputs.emissions[0], [0, 1, 2, 3, 4], network.recognition_crf),
        "detection": (outputs.detection[0], [0, 1, 2, 1, 2], network.detection_crf),
        "gate": (outputs.gate[0], [0, 1, 1, 2, 2], None),
    }
    units = known
    return {
        name: brute_loss(image(paths, numbers), table, crf) / units
        for name, (table, numbers, crf) in scores.items()
    }


def read_corpus(nlp: Language, reference: Doc, **options: Any) -> Example:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "gold.spacy"
        DocBin(docs=[reference]).to_disk(path)
        (example,) = Corpus(path, **options)(nlp)
    return example


READERS: Dict[str, Callable[[Language, Doc], Example]] = {
    "doc": lambda nlp, doc: Example(nlp.make_doc(doc.text), doc),
    "corpus": read_corpus,
    "gold tokens": lambda nlp, doc: read_corpus(nlp, doc, gold_preproc=True),
    "in upper case": lambda nlp, doc: change_case(
        read_corpus(nlp, doc), lambda word: word.upper()
    ),
}


@given(gold=partial_golds(), reader=st.sampled_from(sorted(READERS)))
def test_loss_equals_enumeration(
    nlp: Language, gold: Tuple[List[str], List[Entity]], reader: str
) -> None:
    ner = get_ner(nlp)
    example = READERS[reader](nlp, make_reference(nlp, *gold))
    scores = ner.model.predict([example.x])
    _, gradient = ner.get_loss([example], scores)
    outputs = scores.batches[0].outputs
    paths = agreeing_paths(*gold)
    with torch.no_grad():
        expected = expected_parts(nlp, gold[0], paths, outputs)
    assert gradient.parts == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_each_sentence_by_itself(nlp: Language) -> None:
    """An entity that ends with a sentence says nothing of the next one."""
    ner = get_ner(nlp)
    kinds = [["O", "PER"], ["missing", "missing", "O"]]
    words = WORDS[:5]
    starts: List[Any] = [True, False, True, False, False]
    doc = Doc(nlp.vocab, words=words, sent_starts=starts)
    reference = make_reference(nlp, [*kinds[0], *kinds[1]], [(1, 2, "PER")])
    loss, _ = ner.get_loss([Example(doc, reference)], ner.model.predict([doc]))
    apart = []
    for place, entities in (slice(0, 2), [(1, 2, "PER")]), (slice(2, 5), []):
        part = Doc(nlp.vocab, words=words[place])
        gold = Doc(nlp.vocab, words=words[place])
        tags = [*kinds[0], *kinds[1]][place]
        outside = [gold[i : i + 1] for i, kind in enumerate(tags) if kind == "O"]
        gold.set_ents(
            [Span(gold, *entity) for entity in entities],
            outside=outside,
            default="missing",
        )
        apart.append(Example(part, gold))
    together, _ = ner.get_loss(apart, ner.model.predict([eg.x for eg in apart]))
    assert loss == pytest.approx(together, rel=1e-5)


@pytest.mark.parametrize("family", MODELS)
def test_known_end_holds(family: str) -> None:
    """It was passed over: an entity went on in what was unknown."""
    fix_random_seed(0)
    nlp = make_nlp(family)
    examples = []
    for words in ["Who is Shaka Khan ?", "I met Bo Li .", "Anna Lee !"]:
        doc, gold = nlp.make_doc(words), nlp.make_doc(words)
        end = len(gold) - 1
        entity = Span(gold, end - 2, end, label="PER")
        outside = [gold[i : i + 1] for i in range(end - 2)]
        gold.set_ents([entity], outside=outside, default="missing")
        examples.append(Example(doc, gold))
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.03
    for _ in range(40):
        nlp.update(examples, sgd=optimizer)
    for example in examples:
        doc = nlp(example.x.text)
        assert get_ents(example.y)[0] in get_ents(doc)
