"""Raw text that is held out of training: how well its words are predicted."""

from itertools import islice
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping, Optional

from spacy.language import Language
from spacy.tokens import Doc
from thinc.api import Model

from ..errors import MoeeError
from ..extensions import set_domain, set_raw
from ..models.language import measure_perplexity, predicts_words
from .raw import RawText

# as the reader of raw text in training: longer sentences are left out
MAX_LENGTH = 250


def make_measure(
    nlp: Language, paths: Mapping[str, Optional[Path]], limit: int
) -> Callable[[], Dict[str, float]]:
    """Read texts, and make a function that measures the perplexity of each.

    nlp (Language): The pipeline. Of its components, the first that predicts words is
        measured.
    paths (Mapping[str, Optional[Path]]): The file of each domain; None for none.
    limit (int): The number of sentences to read of each, from the beginning.
    RETURNS (Callable[[], Dict[str, float]]): The function. It returns
        `perplexity_source` and `perplexity_target`, of the domains that have a file.
    RAISES (MoeeError): M622 if no component predicts words, M606, M710 or M711 for
        files without a sentence or that can't be read.
    """
    texts = {
        f"perplexity_{domain}": _read(nlp, Path(path), domain, limit)
        for domain, path in paths.items()
        if path is not None
    }
    if not texts:
        return dict
    model = _find_model(nlp)

    def measure() -> Dict[str, float]:
        return {name: measure_perplexity(model, docs) for name, docs in texts.items()}

    return measure


def _find_model(nlp: Language) -> Model[Any, Any]:
    for _, pipe in nlp.components:
        model = getattr(pipe, "model", None)
        if isinstance(model, Model) and "vocabulary" in model.attrs:
            if predicts_words(model):
                return model
    raise MoeeError("M622", names=", ".join(nlp.component_names))


def _read(nlp: Language, path: Path, domain: str, limit: int) -> List[Doc]:
    text = RawText([path], domain, f"[training.logger] {domain}", MAX_LENGTH)
    docs = list(islice(text.read(nlp), limit))
    for doc in docs:
        set_domain(doc, domain)
        set_raw(doc, True)
    return docs
