"""The tagger of Jia et al. 2019, which learns from raw text of two domains."""

from functools import partial
from typing import Dict, Optional, Sequence

import numpy
from numpy import ndarray
from spacy.tokens import Doc

from ..embeddings.learned import NO_WORDS
from ..errors import MoeeError, check_setting
from ..extensions import get_domain, is_raw
from ..networks.generated import GeneratedNetwork
from ..networks.network import SOURCE, TARGET
from ..vocabulary import find_words
from .families import Constants, Family
from .memory import DocumentMemory
from .origins import Origins
from .segments import Segmenter, make_sentence_segments
from .types import MoEEModelT, Tok2VecT
from .word_level import find_word_level
from .wrapper import network_model

DOMAINS = {"source": SOURCE, "target": TARGET}


def build_generated_tagger_v1(
    tok2vec: Tok2VecT,
    hidden_width: int = 100,
    task_width: int = 8,
    domain_width: int = 8,
    dropout: Optional[float] = None,
    language_weight: float = 1.0,
    negatives: int = 50,
    domain: str = "target",
    segments: Optional[Segmenter] = None,
    threads: int = 1,
    memory: Optional[DocumentMemory] = None,
) -> MoEEModelT:
    """Build the cross-domain tagger of Jia et al. (2019), which learns from annotated
    text of a source domain, and from raw text of that domain and of a target domain:
    one BiLSTM-CRF whose weights are generated from the vector of a task (to tag, or to
    predict words) and that of a domain. Registered as `spacy_moee.GeneratedTagger.v1`.

    It is trained on a `spacy_moee.MixedCorpus.v1`, which says of each doc where it
    comes from. Docs of a training without a domain are of the source; the annotation of
    docs of the target is never read. The words that it predicts are those of a
    vocabulary, which `spacy_moee.read_vocabulary.v1` reads. A trained pipeline is an
    ordinary BiLSTM-CRF: what is generated is kept.

    tok2vec (Model[List[Doc], List[Floats2d]]): Token embeddings. Their columns that
        depend on the words beside a token are 0 where words are predicted.
    hidden_width (int): Width of each direction of the BiLSTM.
    task_width (int): Width of the vector of a task.
    domain_width (int): Width of the vector of a domain.
    dropout (Optional[float]): Rate on the embeddings and on the output of the BiLSTM.
        None follows [training] dropout, or `update(drop=)`; a number is used instead of
        any rate above 0.
    language_weight (float): Weight of the loss of words; with 0 raw text is not read.
    negatives (int): The number of words that stand for all others when one is
        predicted in training; 0 for none, which reads the whole vocabulary each time.
    domain (str): The domain of docs that do not say theirs, when they are tagged:
        "target", or "source", which it has to be with a `language_weight` of 0, since
        then nothing is learned of the target.
    segments (Optional[Segmenter]): What the network reads at once; by default
        `spacy_moee.sentence_segments.v1`.
    threads (int): Threads of prediction; see `build_moee_tagger_v1`.
    memory (Optional[DocumentMemory]): What a doc says of a word elsewhere.
    RETURNS (Model[List[Doc], Scores]): The model; it is built by `initialize`.
    RAISES (MoeeError): M103, for values that can't be.
    """
    place = "spacy_moee.GeneratedTagger.v1"
    rate_is_valid = dropout is None or 0 <= dropout < 1
    domain_is_valid = domain == "source" or (domain == "target" and language_weight > 0)
    for argument, value, valid, expected in (
        ("hidden_width", hidden_width, hidden_width >= 1, "1 or more"),
        ("task_width", task_width, task_width >= 1, "1 or more"),
        ("domain_width", domain_width, domain_width >= 1, "1 or more"),
        ("dropout", dropout, rate_is_valid, "null, or 0 to below 1"),
        ("language_weight", language_weight, language_weight >= 0, "0 or more"),
        ("negatives", negatives, negatives >= 0, "0 or more"),
        (
            *("domain", domain, domain_is_valid),
            '"target" or "source", and "source" with a language_weight of 0',
        ),
        ("threads", threads, threads >= 0, "0 or more"),
    ):
        check_setting(valid, argument, place, expected, value)
    network = partial(
        GeneratedNetwork,
        hidden_width=hidden_width,
        task_width=task_width,
        domain_width=domain_width,
        language_weight=language_weight,
        negatives=negatives,
    )
    segments = segments or make_sentence_segments()
    family = Generated(DOMAINS[domain], language_weight > 0)
    model = network_model(network, tok2vec, dropout, segments, threads, family, memory)
    model.attrs["vocabulary"] = NO_WORDS
    return model


class Generated(Family):
    """Networks that know the domain of a doc, and words by their numbers.

    domain (int): The domain of docs that do not say theirs, when they are tagged.
    learns_words (bool): Whether words are predicted in training.
    """

    def __init__(self, domain: int, learns_words: bool) -> None:
        self.domain = domain
        self.learns_words = learns_words

    def make_constants(
        self, model: MoEEModelT, sample: Sequence[Doc], labels: Sequence[str]
    ) -> Constants:
        """Find the columns of the token vectors that do not know the words beside."""
        return {"word_level": find_word_level(model.get_ref("tok2vec"), sample)}

    def read_sizes(self, model: MoEEModelT, constants: Constants) -> Dict[str, int]:
        """Count the words, the unknown one included."""
        n_words: int = model.attrs["vocabulary"].shape[1]
        if self.domain == TARGET and not n_words:
            raise MoeeError("M026")
        return {"n_words": 1 + n_words * self.learns_words}

    def find_origins(
        self, model: MoEEModelT, docs: Sequence[Doc], is_train: bool
    ) -> Optional[Origins]:
        """Read where docs come from off `doc._.moee_domain` and `doc._.moee_raw`."""
        default = SOURCE if is_train else self.domain
        named = map(get_domain, docs)
        domains = [default if name is None else DOMAINS[name] for name in named]
        raw = [is_train and is_raw(doc) for doc in docs]
        words: Optional[ndarray] = None
        index = model.attrs["vocabulary"]
        if is_train and self.learns_words and index.shape[1]:
            words = numpy.concatenate([*find_words(index, docs), [0]])
        elif any(raw) and self.learns_words:
            raise MoeeError("M025")
        return Origins(numpy.array(domains), numpy.array(raw, dtype=bool), words)
