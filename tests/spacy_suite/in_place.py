"""`moee_ner` in the place of `ner`.

`EntityRecognizer`, which the factories `ner` and `beam_ner` make, is our component, and
a transition-based parser of entities is our model, on the embeddings that it was given.
What is the transition parser's alone is accepted and dropped.
"""

import math
from functools import wraps
from typing import Any, Callable, Dict, List, Optional

import spacy.pipeline
from spacy import registry
from spacy.pipeline import factories, ner
from spacy.vocab import Vocab

from spacy_moee.component import MoEENer
from spacy_moee.models.tagger import build_moee_tagger_v1
from spacy_moee.models.types import Tok2VecT

ARCHITECTURES = ("spacy.TransitionBasedParser.v1", "spacy.TransitionBasedParser.v2")

# what the running test has made
built: List[MoEENer] = []


class EntityRecognizer(MoEENer):
    """Takes what spaCy's `EntityRecognizer` takes."""

    def __init__(
        self,
        vocab: Vocab,
        model: Any,
        name: str = "ner",
        moves: Any = None,
        *,
        update_with_oracle_cut_size: int = 100,
        beam_width: int = 1,
        beam_density: float = 0.0,
        beam_update_prob: float = 0.0,
        multitasks: Any = (),
        incorrect_spans_key: Optional[str] = None,
        scorer: Optional[Callable] = ner.ner_score,
    ) -> None:
        if model.name == "parser_model":
            # tests of all parsers give the one for dependencies
            model = registry.resolve({"model": ner.DEFAULT_NER_MODEL})["model"]
        kept: Dict[str, Any] = {}
        if incorrect_spans_key is not None:
            kept["incorrect_spans_key"] = incorrect_spans_key
        super().__init__(vocab, model, name, scorer=scorer, **kept)
        built.append(self)

    def update(
        self, *args: Any, losses: Optional[Dict[str, float]] = None, **options: Any
    ) -> Dict[str, float]:
        """The loss of a parser is the squared error of the probability of its gold
        actions, and has to be that small. Ours is a negative log-likelihood."""
        losses = {} if losses is None else losses
        loss = super().update(*args, **options)[self.name]
        squared_error = (1 - math.exp(-loss)) ** 2
        losses[self.name] = losses.get(self.name, 0.0) + squared_error
        return losses


def read_entities(build_parser: Callable[..., Any]) -> Callable[..., Any]:
    """Make the builder of a transition-based parser build our model for entities."""

    @wraps(build_parser)  # a config is filled and checked by its signature
    def build(tok2vec: Tok2VecT, state_type: str, **options: Any) -> Any:
        if state_type != "ner":
            return build_parser(tok2vec=tok2vec, state_type=state_type, **options)
        model = build_moee_tagger_v1(tok2vec)
        model.attrs["has_upper"] = options.get("use_upper", True)
        return model

    return build


def take_place() -> None:
    """Make spaCy use ours, in this process."""
    registry.ensure_populated()
    for name in ARCHITECTURES:
        build = read_entities(registry.get("architectures", name))
        registry.architectures.register(name, func=build)
    for module in (spacy.pipeline, ner, factories):
        vars(module)["EntityRecognizer"] = EntityRecognizer
