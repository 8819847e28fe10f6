"""`nlp.resume_training` and `nlp.rehearse`: what is learned anew, and what stays."""

import copy
import pickle
import statistics
from typing import Any, List

import numpy
import pytest
import spacy
import torch
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import Adam, Optimizer, fix_random_seed

from spacy_moee import padding
from spacy_moee.errors import MoeeError

from ..marks import slow
from .families import FAMILIES, HASHES
from .families import make_nlp as make_family
from .test_pipeline import make_listening as make_shared
from .util import (
    get_gradients,
    get_module,
    get_ner,
    get_weights,
    initialize,
    make_example,
    make_examples,
    make_nlp,
    make_texts,
    make_trained,
    train,
)

MORE_FAMILIES = [name for name in FAMILIES if name not in ("hashes", "robust")]
PARTS = ["moee_ner", "moee_ner_recognition", "moee_ner_detection", "moee_ner_gate"]


def as_texts(nlp: Language, n: int = 12, seed: int = 3) -> List[Example]:
    """Examples without gold, as `nlp.rehearse` is called with."""
    return [Example.from_dict(nlp.make_doc(t), {}) for t in make_texts(n, seed)]


def corrections(nlp: Language, n: int = 4) -> List[Example]:
    """Something else than what was learned: every place is a person."""
    found = []
    for example in make_examples(nlp, n, seed=5):
        tags = [t if t == "O" else f"{t[:2]}PER" for t in tag_strings(example.y)]
        found.append(make_example(nlp, [t.text for t in example.x], tags))
    return found


def tag_strings(doc: Doc) -> List[str]:
    return [t.ent_iob_ + (f"-{t.ent_type_}" if t.ent_type_ else "") for t in doc]


def correct(nlp: Language, steps: int = 5, learn_rate: float = 0.01) -> Optimizer:
    """Resume, and change the weights a lot."""
    nlp.resume_training()
    optimizer = Adam(learn_rate, L2=0.0)
    examples = corrections(nlp)
    for _ in range(steps):
        nlp.update(examples, sgd=optimizer)
    return optimizer


def measure(nlp: Language, examples: List[Example]) -> float:
    """The divergence from the copy; no gradient stays."""
    ner = get_ner(nlp)
    found = ner.rehearse(examples, sgd=False)["moee_ner"]
    ner.finish_update(lambda key, w, d_w: (w, d_w.fill(0)))
    return found


def test_rehearsal_pulls_back(nlp: Language) -> None:
    optimizer = correct(nlp)
    raw = as_texts(nlp)
    weights, before = get_weights(nlp), measure(nlp, raw)
    assert get_weights(nlp) == weights
    losses: dict = {}
    for _ in range(30):
        assert nlp.rehearse(raw, sgd=optimizer, losses=losses) is losses
    assert list(losses) == PARTS
    assert losses["moee_ner"] == pytest.approx(sum(losses[x] for x in PARTS[1:]))
    assert before > 1 and measure(nlp, raw) < before / 20


def test_it_adds_to_the_losses(nlp: Language) -> None:
    correct(nlp)
    raw, ner = as_texts(nlp), get_ner(nlp)
    first = ner.rehearse(raw, sgd=False)
    losses = dict(first)
    assert ner.rehearse(raw, sgd=False, losses=losses) is losses
    assert losses == pytest.approx({name: 2 * value for name, value in first.items()})
    assert type(losses["moee_ner"]) is float


def test_gold_is_not_read(nlp: Language) -> None:
    correct(nlp)
    known = make_examples(nlp, 6, seed=2)
    blank = [Example(eg.x, nlp.make_doc(eg.x.text)) for eg in known]
    assert measure(nlp, known) == measure(nlp, blank) > 0


def test_nothing_without_a_copy(nlp: Language) -> None:
    weights = get_weights(nlp)
    assert nlp.rehearse(as_texts(nlp)) == {"moee_ner": 0.0}
    assert get_weights(nlp) == weights


@pytest.mark.filterwarnings(r"ignore:\[MW12\]")
@pytest.mark.parametrize(
    "family", ["hashes", "robust", "bert", *slow(*MORE_FAMILIES, "bert_frozen")]
)
def test_what_was_not_changed_stays(family: str, tmp_path: Any) -> None:
    """Not even rounding errors are learned, of which Adam makes whole steps."""
    if family not in FAMILIES:
        pytest.importorskip("spacy_transformers")
    nlp = make_family(family, tmp_path)
    nlp.resume_training()
    raw, weights = as_texts(nlp), get_weights(nlp)
    if family == "bert":
        # an encoder that is trained has dropout of its own
        assert nlp.rehearse(raw, sgd=Adam(0.0, L2=0.0))["moee_ner"] > 0
    else:
        losses = nlp.rehearse(raw, sgd=Adam(0.1, L2=0.0))
        assert set(losses.values()) == {0.0}
    assert get_weights(nlp) == weights
    # and what was changed comes back
    optimizer = correct(nlp)
    found = [nlp.rehearse(raw, sgd=optimizer)["moee_ner"] for _ in range(60)]
    assert 0 < statistics.mean(found[-5:]) < found[0] / 2


def test_frozen_embeddings_are_computed_once() -> None:
    """By the same layer for the model and its copy, as often as a text is new."""
    tok2vec = {"@architectures": "spacy_moee.FrozenEmbed.v1", "embed": HASHES}
    nlp = make_nlp(tok2vec=tok2vec)
    initialize(nlp)
    nlp.resume_training()
    model = get_ner(nlp).model
    [layer] = [node for node in model.walk() if node.name == "frozen_embed"]
    embed, counted = layer.layers[0], []
    forward = embed._func

    def count(model: Any, docs: List[Doc], is_train: bool) -> Any:
        counted.extend(docs)
        return forward(model, docs, is_train)

    embed._func = count
    # some of them come in a batch with others, of which some are known by then
    raw = as_texts(nlp)
    for batch in (raw[:3], raw, raw):
        assert set(nlp.rehearse(batch, sgd=Adam(0.1, L2=0.0)).values()) == {0.0}
    assert len(counted) == len({doc.text for doc in counted})
    copied: Any = get_ner(nlp)._rehearsal_model
    [shared] = [node for node in copied.walk() if node.name == "frozen_embed"]
    assert shared.layers[0] is embed


def test_no_dropout(nlp: Language) -> None:
    correct(nlp)
    ner, raw = get_ner(nlp), as_texts(nlp)
    ner.model.attrs["dropout"] = 0.5
    found = set()
    for drop in (0.0, 0.9):
        ner.update(make_examples(nlp, 2), drop=drop, sgd=False)
        found.add(ner.rehearse(raw, sgd=False)["moee_ner"])
    assert len(found) == 1


@pytest.mark.parametrize("sgd", [None, False])
def test_no_optimizer_no_step(sgd: Any, nlp: Language) -> None:
    correct(nlp)
    ner, weights = get_ner(nlp), get_weights(nlp)
    ner.rehearse(as_texts(nlp), sgd=sgd)
    assert get_weights(nlp) == weights
    assert len(get_gradients(nlp)) > 20
    ner.finish_update(Adam(0.01))
    assert get_weights(nlp) != weights
    assert get_gradients(nlp) == {}


def test_the_copy_stays_as_it_was(nlp: Language) -> None:
    before = get_weights(nlp)
    optimizer = correct(nlp)
    for _ in range(3):
        nlp.rehearse(as_texts(nlp), sgd=optimizer)
    teacher = get_ner(nlp)._rehearsal_model
    assert teacher is not get_ner(nlp).model and teacher.to_bytes() == before
    # the next one is of the model as it is now
    nlp.resume_training()
    assert measure(nlp, as_texts(nlp)) == 0.0


def test_large_batches_are_read_in_parts(
    nlp: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    correct(nlp)
    ner, raw = get_ner(nlp), as_texts(nlp)
    whole = ner.rehearse(raw, sgd=False)
    gradients = get_gradients(nlp)
    ner.finish_update(lambda key, w, d_w: (w, d_w.fill(0)))
    monkeypatch.setattr(padding, "MAX_PADDED", 12)
    assert len(ner.model.predict([eg.x for eg in raw]).batches) > 4
    assert ner.rehearse(raw, sgd=False) == pytest.approx(whole, rel=1e-4)
    found = get_gradients(nlp)
    assert found.keys() == gradients.keys()
    for name, gradient in found.items():
        numpy.testing.assert_allclose(gradient, gradients[name], rtol=1e-3, atol=1e-5)
    # the model as it was says the same in parts, too
    nlp.resume_training()
    ner.finish_update(lambda key, w, d_w: (w, d_w.fill(0)))
    assert set(ner.rehearse(raw, sgd=False).values()) == {0.0}
    assert not any(gradient.any() for gradient in get_gradients(nlp).values())


def test_gradient_equals_finite_differences(nlp: Language) -> None:
    correct(nlp)
    ner, raw = get_ner(nlp), as_texts(nlp, 4)
    ner.rehearse(raw, sgd=False)
    gradients = get_gradients(nlp)
    generator, step = torch.Generator().manual_seed(0), 1e-3
    for name in ("encoder.lstm.weight_hh_l0", "recognition_crf.transitions"):
        parameter = dict(get_module(nlp).named_parameters())[name]
        change = torch.randn(parameter.shape, generator=generator)
        ends = []
        for sign in (1, -2, 1):
            parameter.data += sign * step * change
            ends.append(measure(nlp, raw))
        slope = (ends[0] - ends[1]) / (2 * step)
        expected = float((torch.from_numpy(gradients[name]) * change).sum())
        assert slope == pytest.approx(expected, rel=0.05, abs=1e-2), name


def test_docs_of_several_windows() -> None:
    segments = {"@misc": "spacy_moee.doc_segments.v1", "max_length": 6, "overlap": 2}
    nlp = make_nlp(segments=segments)
    train(nlp, steps=10)
    optimizer = correct(nlp)
    words = [word for text in make_texts(8) for word in text.split()]
    doc = Doc(nlp.vocab, words=words)
    raw = [Example(doc, Doc(nlp.vocab, words=words))]
    found = [nlp.rehearse(raw, sgd=optimizer)["moee_ner"] for _ in range(20)]
    assert 0 < found[-1] < found[0] / 4


def test_empty_docs(nlp: Language) -> None:
    correct(nlp)
    ner, raw = get_ner(nlp), as_texts(nlp, 2)
    empty, weights = make_example(nlp, [], []), get_weights(nlp)
    assert nlp.rehearse([]) == {}
    assert ner.rehearse([], sgd=Adam(0.1)) == {"moee_ner": 0.0}
    assert nlp.rehearse([empty, empty]) == {"moee_ner": 0.0}
    assert get_weights(nlp) == weights
    expected = ner.rehearse(raw, sgd=False)
    assert ner.rehearse([empty, *raw], sgd=False) == pytest.approx(expected)


def test_it_wants_examples(nlp: Language) -> None:
    nlp.resume_training()
    with pytest.raises(TypeError):
        get_ner(nlp).rehearse([nlp.make_doc("Anna")])


def test_not_a_number(nlp: Language) -> None:
    optimizer = correct(nlp)
    with torch.no_grad():
        get_module(nlp).recognition.output.bias[1] = float("inf")
    weights = get_weights(nlp)
    with pytest.raises(MoeeError) as error:
        nlp.rehearse(as_texts(nlp), sgd=optimizer)
    assert error.value.code == "M004"
    assert get_weights(nlp) == weights


def test_it_is_not_saved(nlp: Language) -> None:
    before = nlp.to_bytes()
    nlp.resume_training()
    assert nlp.to_bytes() == before
    assert get_ner(make_nlp().from_bytes(nlp.to_bytes()))._rehearsal_model is None
    for other in (copy.deepcopy(get_ner(nlp)), pickle.loads(pickle.dumps(nlp))):
        ner = get_ner(other) if isinstance(other, Language) else other
        raw = [Example.from_dict(Doc(ner.vocab, words=["Anna"]), {})]
        assert ner.rehearse(raw, sgd=False)["moee_ner"] == 0.0


def test_a_new_network_has_no_copy(nlp: Language) -> None:
    nlp.resume_training()
    initialize(nlp)
    assert get_ner(nlp)._rehearsal_model is None


# The pipeline


def test_the_optimizer_that_spacy_calls_later_changes_the_weights() -> None:
    """`Language.rehearse` gives the components one that only collects."""
    ours, direct = make_trained(), make_trained()
    for nlp in (ours, direct):
        fix_random_seed(0)
        optimizer = correct(nlp)
        raw, before = as_texts(nlp), get_weights(nlp)
        for _ in range(3):
            if nlp is ours:
                nlp.rehearse(raw, sgd=optimizer)
            else:
                get_ner(nlp).rehearse(raw, sgd=optimizer)
        assert get_weights(nlp) != before
    assert get_weights(ours) == get_weights(direct)
    assert not any(gradient.any() for gradient in get_gradients(ours).values())


def test_gradients_that_spacy_does_not_use_wait() -> None:
    """It takes a step with the gradients of the component that comes last, in random
    order. Those of the others wait for the next step: as spaCy's own do."""
    nlp = make_trained()
    optimizer = correct(nlp)
    nlp.add_pipe("sentencizer", first=True)
    collected: dict = {}
    weights, ner = get_weights(nlp), get_ner(nlp)
    ner.rehearse(as_texts(nlp), sgd=lambda k, w, d: collected.update({k: d}) or (w, d))
    waiting = get_gradients(nlp)
    assert get_weights(nlp) == weights and len(waiting) == len(collected) > 20
    ner.finish_update(optimizer)
    assert get_weights(nlp) != weights and get_gradients(nlp) == {}


def make_listening(steps: int) -> Language:
    nlp = make_shared()
    nlp.remove_pipe("tagger")
    optimizer, examples = initialize(nlp)
    for _ in range(steps):
        nlp.update(examples, sgd=optimizer)
    return nlp


def test_a_listener_has_nothing_to_give() -> None:
    """With spaCy's `ner` the same is E953, or learns from the last update's tokens."""
    nlp = make_listening(steps=5)
    optimizer = nlp.resume_training()
    for raw in (as_texts(nlp), make_examples(nlp)):
        with pytest.raises(MoeeError, match="M014.* listens to a shared component"):
            nlp.rehearse(raw, sgd=optimizer)
    assert nlp.rehearse(as_texts(nlp), exclude=["moee_ner"]) == {}
    nlp.replace_listeners("tok2vec", "moee_ner", ["model.tok2vec"])
    nlp.resume_training()
    raw = as_texts(nlp)
    assert get_ner(nlp).rehearse(raw, sgd=False)["moee_ner"] == 0.0


def test_a_listener_reads_what_a_frozen_component_wrote() -> None:
    nlp = make_listening(steps=0)
    nlp.resume_training()
    ner, optimizer = get_ner(nlp), Adam(0.01, L2=0.0)
    with pytest.raises(MoeeError, match="M014"):
        nlp.rehearse(as_texts(nlp))

    def annotate(examples: List[Example]) -> List[Example]:
        for example in examples:
            nlp.get_pipe("tok2vec")(example.x)
        return examples

    raw = annotate(as_texts(nlp))
    assert nlp.rehearse(raw, sgd=optimizer)["moee_ner"] == 0.0
    for _ in range(5):
        ner.update(annotate(corrections(nlp)), sgd=optimizer)
    found = [nlp.rehearse(raw, sgd=optimizer)["moee_ner"] for _ in range(20)]
    assert 0 < found[-1] < found[0] / 2


@pytest.mark.filterwarnings(r"ignore:\[MW12\]")
@pytest.mark.parametrize("family", ["concept", *slow("robust")])
def test_a_type_that_is_new(
    family: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy does not know it, and reads fewer types, so more docs, at once."""
    nlp = make_family(family, tmp_path)
    nlp.resume_training()
    ner, raw = get_ner(nlp), as_texts(nlp)
    ner.add_label("THING", description="train")
    monkeypatch.setattr(padding, "MAX_FLOATS", 2048 * 60)
    models = ner.model, ner._rehearsal_model
    own, other = (len(m.predict([eg.x for eg in raw]).batches) for m in models)
    assert own > other > 1
    assert ner.rehearse(raw, sgd=False)["moee_ner"] == pytest.approx(0, abs=1e-5)
    optimizer = Adam(0.01, L2=0.0)
    for _ in range(5):
        nlp.update(corrections(nlp), sgd=optimizer)
    found = [nlp.rehearse(raw, sgd=optimizer)["moee_ner"] for _ in range(20)]
    assert 0 < found[-1] < found[0] / 2


def test_fewer_types_than_the_copy(nlp: Language) -> None:
    nlp.resume_training()
    small = make_nlp()
    get_ner(small).add_label("PER")
    small.initialize()
    get_ner(nlp).from_bytes(get_ner(small).to_bytes())
    with pytest.raises(MoeeError, match="M014.*fewer entity types"):
        nlp.rehearse(as_texts(nlp))


def test_spacys_own_test() -> None:
    """In a pipe that is named as spaCy's, all types of whose data are known."""
    theirs = pytest.importorskip("spacy.tests.training.test_rehearse")
    nlp = spacy.blank("en")
    theirs._add_ner_label(nlp.add_pipe("moee_ner", name="ner"), theirs.REHEARSE_DATA)
    theirs._optimize(nlp, "ner", theirs.TRAIN_DATA, False)
    weights = get_weights(nlp, "ner")
    theirs._optimize(nlp, "ner", theirs.REHEARSE_DATA, True)
    assert get_weights(nlp, "ner") != weights


# What it is for


@pytest.mark.parametrize("seed", range(3))
def test_a_pipeline_forgets_less(seed: int) -> None:
    """Corrections of one kind, with and without the texts of before: the divergence on
    other texts of before."""
    forgot = {}
    for rehearses in (False, True):
        nlp = make_nlp()
        train(nlp, steps=20, seed=seed)
        nlp.resume_training()
        optimizer = Adam(0.005, L2=0.0)
        new, raw = corrections(nlp), as_texts(nlp, 8)
        for _ in range(15):
            nlp.update(new, sgd=optimizer)
            if rehearses:
                nlp.rehearse(raw, sgd=optimizer)
        forgot[rehearses] = measure(nlp, as_texts(nlp, 20, seed=9))
    assert forgot[True] < forgot[False] / 2, forgot
