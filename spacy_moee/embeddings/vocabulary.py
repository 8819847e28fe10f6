"""Word vectors as Jia et al. (2019) read and train them."""

from typing import Any, Callable, List, Optional, Sequence, Tuple, cast

import numpy
from numpy import ndarray
from spacy.attrs import ORTH
from spacy.strings import StringStore, get_string_id
from spacy.tokens import Doc
from spacy.vectors import BaseVectors
from thinc.api import Model
from thinc.initializers import lecun_uniform_init
from thinc.types import Floats2d

from ..errors import MoeeError, check_setting
from ..finite import check_vectors
from ..vocabulary import normalise
from . import learned
from .distinct import find_distinct
from .static import look_up

PLACE = "spacy_moee.VocabularyEmbed.v1"
# row 0, which all words share that have neither a vector nor a row; its key is the hash
# of the empty string, which is no word
UNKNOWN = 0


def build_vocabulary_embed_v1(
    width: Optional[int] = None, trainable: bool = True
) -> Model[List[Doc], List[Floats2d]]:
    """Look up words in `doc.vocab.vectors`, with every digit as 0: as they are, or else
    in lower case. Each word of the vocabulary is trained; if it has no vector, it
    starts at random. Other words keep the vocabulary's vector, and those without one
    share that of the unknown word, which is trained. So Jia et al. (2019) represent
    words. Registered as `spacy_moee.VocabularyEmbed.v1`.

    `spacy_moee.read_vocabulary.v1` sets the vocabulary, from which the rows are made at
    initialization. The changes are saved with the model; the vocabulary's vectors stay
    as they are. One departure: L2 draws a word towards its vector, and not towards
    zero, as only changes are trained.

    width (Optional[int]): The width of the vectors; None for that of the vocabulary's
        vectors. With a width there need not be any: then all words start at random.
    trainable (bool): Train the words of the vocabulary, and the unknown word.
    RETURNS (Model[List[Doc], List[Floats2d]]): The layer.
    RAISES (MoeeError): M103, for a width below 1. The layer raises M201 without vectors
        and without a width, M203 for vectors of another width, M621 for words that the
        strings of the vocabulary lack, and M245 or M246 for vectors that are not
        finite.
    """
    sound = width is None or width > 0
    check_setting(sound, "width", PLACE, "above 0, or null", width)
    return Model(
        "vocabulary_embed",
        forward,
        init=init,
        dims={"nO": width},
        attrs={
            "width": width,
            "trainable": trainable,
            "vocabulary": learned.NO_WORDS,
            "words": learned.NO_WORDS,
            "has_vectors": False,
        },
    )


def init(model: Model, X: Any = None, Y: Any = None) -> None:
    """Take the width from the vectors, and make a row for each word."""
    if not X:
        return
    vocab, width = X[0].vocab, model.attrs["width"]
    found = vocab.vectors.shape[1]
    if not found and width is None:
        raise MoeeError("M201", place=PLACE, lang=vocab.lang)
    if found and found != (width or found):
        raise MoeeError("M203", found=found, expected=width)
    check_vectors(vocab.vectors)
    learned.reset(model, width or found)
    model.attrs["has_vectors"] = bool(found)
    hashes, numbers = model.attrs["vocabulary"]
    hashes = hashes[numpy.argsort(numbers)]
    words = _find_forms(vocab.strings, hashes)
    unknown = numpy.asarray([UNKNOWN], dtype="uint64")
    # the row of a word is its number
    learned.add_words(model, numpy.concatenate([unknown, hashes]))
    vectors = _look_up(model, vocab.vectors, hashes, words)
    (without,) = numpy.nonzero(~_has_vector(model, vectors))
    rows = numpy.concatenate([[UNKNOWN], without + 1])
    start: Any = lecun_uniform_init(model.ops, (len(rows), width or found))
    learned.set_rows(model, rows, start)


def forward(
    model: Model, docs: List[Doc], is_train: bool
) -> Tuple[List[Floats2d], Callable]:
    """Look up each distinct word once."""
    distinct, vocab = find_distinct(docs, ORTH), docs[0].vocab
    words = [normalise(vocab.strings[key]) for key in distinct.keys.tolist()]
    keys = _hash(words)
    table = _look_up(model, vocab.vectors, keys, words)
    rows = learned.find_rows(model, keys)
    rows[(rows < 0) & ~_has_vector(model, table)] = UNKNOWN
    return learned.finish(model, distinct, rows, table)


def _find_forms(strings: StringStore, hashes: ndarray) -> List[str]:
    missing = sum(key not in strings for key in hashes.tolist())
    if missing:
        raise MoeeError("M621", count=missing, total=len(hashes))
    return [strings[key] for key in hashes.tolist()]


def _hash(words: Sequence[str]) -> ndarray:
    return numpy.fromiter(map(get_string_id, words), "uint64", count=len(words))


def _has_vector(model: Model, table: Any) -> ndarray:
    return model.ops.to_numpy(table.any(axis=1))


def _look_up(
    model: Model, vectors: BaseVectors, keys: ndarray, words: Sequence[str]
) -> Any:
    """The vectors of words as they are, or else in lower case."""
    if not model.attrs["has_vectors"]:
        return model.ops.alloc2f(len(keys), model.get_dim("nO"))
    table = look_up(model, vectors, keys, words)
    (missing,) = numpy.nonzero(~_has_vector(model, table))
    if len(missing):
        lower = [words[place].lower() for place in missing.tolist()]
        found = look_up(model, vectors, _hash(lower), lower)
        table[model.ops.asarray1i(cast(Any, missing))] = found
    return table
