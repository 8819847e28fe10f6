"""Reads a corpus with a trained pipeline, and keeps what its network says inside."""

from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator, List, NamedTuple, Optional

import torch
from numpy import ndarray
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Corpus, Example
from torch import Tensor
from torch.nn.functional import one_hot

from spacy_moee.networks.experts import ExpertMixture
from spacy_moee.networks.moee import MoEEOutputs as Outputs
from spacy_moee.scheme import iob2_scheme

# a logit that takes all the weight
CERTAIN = 50.0


class Reading(NamedTuple):
    """What a pipeline made of a corpus.

    examples (List[Example]): Predicted and gold docs.
    gold (Tensor): The gold category of each token, shape [tokens]; 0 is O.
    found (Tensor): The category of the decoded tag, shape [tokens].
    weights (Optional[Tensor]): The gate's, shape [tokens, experts]; None without
        experts.
    detected (Optional[List[ndarray]]): O, B and I (0, 1, 2) of each doc, as the
        detection head sees it; None without detection.
    """

    examples: List[Example]
    gold: Tensor
    found: Tensor
    weights: Optional[Tensor]
    detected: Optional[List[ndarray]]


def network_of(nlp: Language) -> Any:
    """Find the network of a pipeline. RETURNS (Any): A `MoEENetwork`, or another."""
    pipe: Any = nlp.get_pipe("moee_ner")
    return pipe.model.shims[0].module


def mixture_of(nlp: Language) -> Optional[ExpertMixture]:
    """Find the experts of a pipeline. RETURNS (Optional[ExpertMixture]): None if there
    are none."""
    layer = getattr(network_of(nlp), "recognition", None)
    return layer if isinstance(layer, ExpertMixture) else None


def read(nlp: Language, path: Path, gate: Optional[str] = None) -> Reading:
    """Tag a corpus doc by doc.

    nlp (Language): The pipeline.
    path (Path): The corpus.
    gate (Optional[str]): "even" for equal weights of all experts, "gold" for those
        that gold would give, None for the gate as it was trained.
    RETURNS (Reading): What came out.
    RAISES (SystemExit): If a doc is read in several windows.
    """
    labels = list(nlp.get_pipe("moee_ner").labels)  # type: ignore[attr-defined]
    examples = [eg for eg in Corpus(path)(nlp) if len(eg.reference)]
    gold, found, outputs = [], [], []
    for example in examples:
        gold.append(_categories(example.reference, labels))
        weights = one_hot(gold[-1], len(labels) + 1).float()
        logits = {"even": 0 * weights, "gold": CERTAIN * weights}
        with _listen(nlp, logits.get(gate or "")) as heard:
            example.predicted = nlp(example.predicted)
        if [len(x.emissions) for x in heard] != [1]:
            raise SystemExit(f"✘ {path} has a doc that is longer than a window")
        outputs += heard
        found.append(_categories(example.predicted, labels))
    first = outputs[0]
    return Reading(
        examples,
        torch.cat(gold),
        torch.cat(found),
        None if _part(first, "gate") is None else _weights(outputs),
        None if _part(first, "detection") is None else _detected(nlp, outputs),
    )


@contextmanager
def _listen(nlp: Language, logits: Optional[Tensor]) -> Iterator[List[Any]]:
    """Collect the network's outputs, and put logits in place of the gate's."""
    heard: List[Any] = []
    network, layer = network_of(nlp), mixture_of(nlp)
    hooks = [network.register_forward_hook(lambda *x: heard.append(x[-1]))]
    if layer is not None and logits is not None:
        hooks.append(layer.gate.register_forward_hook(lambda *_: logits[None]))
    try:
        yield heard
    finally:
        for hook in hooks:
            hook.remove()


def _categories(doc: Doc, labels: List[str]) -> Tensor:
    numbers = {"": 0, **{label: n for n, label in enumerate(labels, start=1)}}
    return torch.tensor([numbers[token.ent_type_] for token in doc])


def _part(outputs: Any, name: str) -> Optional[Tensor]:
    return getattr(outputs, name, None)


def _weights(outputs: List[Outputs]) -> Tensor:
    return torch.cat([x.gate.softmax(dim=2)[0] for x in outputs if x.gate is not None])


def _detected(nlp: Language, outputs: List[Outputs]) -> List[ndarray]:
    crf = network_of(nlp).detection_crf
    legal = torch.from_numpy(iob2_scheme(1).legal)
    found = []
    for scores in (x.detection for x in outputs if x.detection is not None):
        mask = torch.ones(scores.shape[:2], dtype=torch.bool)
        path = scores.argmax(dim=2) if crf is None else crf.viterbi(scores, mask, legal)
        found.append(path[0].numpy())
    return found
