"""The registered architectures."""

from functools import partial
from typing import Any, Dict, Optional

from thinc.api import Config

from ..errors import check_setting
from ..networks.moee import MoEENetwork
from .families import Family
from .memory import DocumentMemory
from .segments import Segmenter, make_sentence_segments
from .types import MoEEModelT, Tok2VecT
from .wrapper import network_model

# what a bare `nlp.add_pipe("moee_ner")` gets: it learns with no download
DEFAULT_MODEL_CONFIG = """
[model]
@architectures = "spacy_moee.MoEETagger.v1"
hidden_width = 200
depth = 2
expert_width = 200
dropout = null
detection = true
experts = true
crf = true
constrained = true
detection_weight = 1.0
gate_weight = 1.0
threads = 1
memory = null

[model.segments]
@misc = "spacy_moee.sentence_segments.v1"
max_length = 256
overlap = 64

[model.tok2vec]
@architectures = "spacy.MultiHashEmbed.v2"
width = 96
attrs = ["NORM","PREFIX","SUFFIX","SHAPE"]
rows = [5000,1000,2500,2500]
include_static_vectors = false
"""
DEFAULT_MODEL = Config().from_str(DEFAULT_MODEL_CONFIG)["model"]


def build_moee_tagger_v1(
    tok2vec: Tok2VecT,
    hidden_width: int = 200,
    depth: int = 2,
    expert_width: int = 200,
    dropout: Optional[float] = None,
    detection: bool = True,
    experts: bool = True,
    crf: bool = True,
    constrained: bool = True,
    detection_weight: float = 1.0,
    gate_weight: float = 1.0,
    segments: Optional[Segmenter] = None,
    threads: int = 1,
    memory: Optional[DocumentMemory] = None,
) -> MoEEModelT:
    """Build BiLSTM-MTL-MoEE-CRF (arXiv 2002.05923). Registered as
    `spacy_moee.MoEETagger.v1`. Without `detection`, `experts` or both it is the
    paper's BiLSTM-CRF + MoEE, + MTL, or the plain one.

    tok2vec (Model[List[Doc], List[Floats2d]]): Token embeddings.
    hidden_width (int): Width of each direction of the BiLSTM.
    depth (int): The number of BiLSTM layers; 0 for none, on an encoder such as BERT
        (decision D20). Then there is no dropout but the encoder's own.
    expert_width (int): Width of each expert.
    dropout (Optional[float]): Rate on the embeddings and between the layers. None
        follows [training] dropout, or `update(drop=)`; a number is used instead of
        any rate above 0.
    detection (bool): Learn entity detection beside recognition (MTL).
    experts (bool): Mix entity experts (MoEE).
    crf (bool): Score sequences with CRFs; else tokens with a softmax.
    constrained (bool): Never decode an illegal IOB2 transition; False is the
        paper's decoding.
    detection_weight (float): Weight of the detection loss.
    gate_weight (float): Weight of the gate loss.
    segments (Optional[Segmenter]): What the network reads at once; by default
        `spacy_moee.sentence_segments.v1`.
    threads (int): How many of torch's threads prediction on a CPU uses; 0 for as many
        as the process has. All are faster on an idle machine, and several times slower
        than one where anything else runs. The process's own number stays as it is.
    memory (Optional[DocumentMemory]): What a doc says of a word elsewhere, such as
        `spacy_moee.document_memory.v1`; None for no memory. It is only used in
        prediction, of docs with and without sentence starts.
    RETURNS (Model[List[Doc], Scores]): The model; it is built by `initialize`.
    RAISES (MoeeError): M103, for values that can't be.
    """
    place = "spacy_moee.MoEETagger.v1"
    widths: Dict[str, Any] = {
        "hidden_width": hidden_width,
        "expert_width": expert_width,
    }
    weights: Dict[str, Any] = {
        "detection_weight": detection_weight,
        "gate_weight": gate_weight,
    }
    for argument, value in widths.items():
        check_setting(value >= 1, argument, place, "1 or more", value)
    for argument, value in weights.items():
        check_setting(value >= 0, argument, place, "0 or more", value)
    for argument, number in (("depth", depth), ("threads", threads)):
        check_setting(number >= 0, argument, place, "0 or more", number)
    if dropout is not None:
        check_setting(
            0 <= dropout < 1, "dropout", place, "null, or 0 to below 1", dropout
        )
    network = partial(
        MoEENetwork,
        **widths,
        depth=depth,
        **weights,
        detection=detection,
        experts=experts,
        crf=crf,
        constrained=constrained,
    )
    segments = segments or make_sentence_segments()
    return network_model(network, tok2vec, dropout, segments, threads, Family(), memory)
