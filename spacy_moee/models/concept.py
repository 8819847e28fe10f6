"""The taggers that the paper compares itself with (arXiv 2002.05923, Table 1)."""

from functools import partial
from typing import Dict, List, Optional

from ..errors import check_setting
from ..networks.concept import ConceptNetwork
from .descriptions import DESCRIPTIONS, EXAMPLES, Described
from .memory import DocumentMemory
from .new_types import DescribedTypes
from .segments import Segmenter, make_sentence_segments
from .types import MoEEModelT, Tok2VecT
from .wrapper import network_model

MERGES = ("max_prob", "overwrite")


def build_concept_tagger_v1(
    tok2vec: Tok2VecT,
    hidden_width: int = 200,
    depth: int = 2,
    dropout: Optional[float] = None,
    merge: str = "max_prob",
    descriptions: Dict[str, str] = DESCRIPTIONS,
    segments: Optional[Segmenter] = None,
    threads: int = 1,
    memory: Optional[DocumentMemory] = None,
) -> MoEEModelT:
    """Build the Concept Tagger (Bapna et al. 2017): it tags B, I and O for one entity
    type at a time, and reads which one from the vector of its description. So it
    takes types that it was not trained on: `add_label("PRODUCT",
    description="product")`. Registered as `spacy_moee.ConceptTagger.v1`.

    The vectors are the vocabulary's, or, if the token embeddings contain a
    `spacy_moee.TransformerEmbed.v1`, the input embeddings of its wordpieces. They are
    saved with the model and never trained.

    tok2vec (Model[List[Doc], List[Floats2d]]): Token embeddings.
    hidden_width (int): Width of each direction of both BiLSTMs, the one over the
        sentence and the one over the sentence and a type.
    depth (int): The number of layers of the first; 0 for none, on an encoder such as
        BERT. The second has one.
    dropout (Optional[float]): Rate on the embeddings and between the layers. None
        follows [training] dropout, or `update(drop=)`; a number is used instead of
        any rate above 0.
    merge (str): Which type wins a token that several claim. "max_prob": the one that
        is surest. "overwrite": the one that is described last.
    descriptions (Dict[str, str]): A few words for each entity type: their vectors are
        summed. A type without is called its label, in lower case.
    segments (Optional[Segmenter]): What the network reads at once; by default
        `spacy_moee.sentence_segments.v1`.
    threads (int): Threads of prediction; see `build_moee_tagger_v1`.
    memory (Optional[DocumentMemory]): What a doc says elsewhere; see there.
    RETURNS (Model[List[Doc], Scores]): The model; it is built by `initialize`.
    RAISES (MoeeError): M103, for values that can't be.
    """
    place = "spacy_moee.ConceptTagger.v1"
    described = Described({**descriptions}, None)
    sizes = hidden_width, depth
    return _build(
        place, tok2vec, *sizes, dropout, merge, described, segments, threads, memory
    )


def build_robust_tagger_v1(
    tok2vec: Tok2VecT,
    hidden_width: int = 150,
    depth: int = 2,
    dropout: Optional[float] = None,
    merge: str = "max_prob",
    descriptions: Dict[str, str] = DESCRIPTIONS,
    examples: Dict[str, List[str]] = EXAMPLES,
    segments: Optional[Segmenter] = None,
    threads: int = 1,
    memory: Optional[DocumentMemory] = None,
) -> MoEEModelT:
    """Build the Robust Sequence Tagger (Shah et al. 2019): the Concept Tagger with
    examples of each entity type, which each token attends to. Registered as
    `spacy_moee.RobustTagger.v1`. All but `examples` is as in
    `build_concept_tagger_v1`.

    tok2vec (Model[List[Doc], List[Floats2d]]): Token embeddings.
    hidden_width (int): Width of each direction of both BiLSTMs. If two directions are
        as wide as the word vectors, the attention has a weight for each dimension, as
        in the original; else a matrix.
    depth (int): The number of layers of the first.
    dropout (Optional[float]): The dropout rate.
    merge (str): Which type wins a token that several claim.
    descriptions (Dict[str, str]): A few words for each entity type.
    examples (Dict[str, List[str]]): Some entities of each type, any number: the
        vectors of the words of each are averaged. A type may have none.
    segments (Optional[Segmenter]): What the network reads at once.
    threads (int): Threads of prediction.
    memory (Optional[DocumentMemory]): What a doc says elsewhere.
    RETURNS (Model[List[Doc], Scores]): The model; it is built by `initialize`.
    RAISES (MoeeError): M103, for values that can't be.
    """
    place = "spacy_moee.RobustTagger.v1"
    described = Described({**descriptions}, {**examples})
    sizes = hidden_width, depth
    return _build(
        place, tok2vec, *sizes, dropout, merge, described, segments, threads, memory
    )


def _build(
    place: str,
    tok2vec: Tok2VecT,
    hidden_width: int,
    depth: int,
    dropout: Optional[float],
    merge: str,
    described: Described,
    segments: Optional[Segmenter],
    threads: int,
    memory: Optional[DocumentMemory],
) -> MoEEModelT:
    rate_is_valid = dropout is None or 0 <= dropout < 1
    for argument, value, valid, expected in (
        ("hidden_width", hidden_width, hidden_width >= 1, "1 or more"),
        ("depth", depth, depth >= 0, "0 or more"),
        ("dropout", dropout, rate_is_valid, "null, or 0 to below 1"),
        ("merge", merge, merge in MERGES, " or ".join(MERGES)),
        ("threads", threads, threads >= 0, "0 or more"),
    ):
        check_setting(valid, argument, place, expected, value)
    network = partial(
        ConceptNetwork, hidden_width=hidden_width, depth=depth, merge=merge
    )
    segments = segments or make_sentence_segments()
    how = dropout, segments, threads, DescribedTypes(), memory
    model = network_model(network, tok2vec, *how)
    model.attrs.update(described._asdict())
    return model
