"""The factory of `moee_ner`, and its default settings."""

from typing import Callable, Optional

from spacy.language import Language
from thinc.api import Model

from .annotations import SCORES_KEY
from .component import MoEENer
from .from_ner import refuses_parser_settings
from .models.tagger import DEFAULT_MODEL


@Language.factory(
    "moee_ner",
    assigns=[
        *("doc.ents", "token.ent_iob", "token.ent_type"),
        *("doc.spans", "span._.moee_score", "span._.moee_detection"),
        *("doc._.moee_gates", "token._.moee_gates"),
    ],
    default_config={
        "model": DEFAULT_MODEL,
        "scores_key": SCORES_KEY,
        "threshold": 0.0,
        "gates": False,
        "incorrect_spans_key": None,
        "scorer": {"@scorers": "spacy_moee.moee_ner_scorer.v1"},
    },
    default_score_weights={
        "ents_f": 1.0,
        "ents_p": 0.0,
        "ents_r": 0.0,
        "ents_per_type": None,
    },
)
@refuses_parser_settings
def make_moee_ner(
    nlp: Language,
    name: str,
    model: Model,
    scores_key: Optional[str],
    threshold: float,
    gates: bool,
    incorrect_spans_key: Optional[str],
    scorer: Optional[Callable],
) -> MoEENer:
    """Make the component: what `nlp.add_pipe("moee_ner")` calls.

    nlp (Language): The pipeline.
    name (str): The component's name in it.
    model (Model[List[Doc], Scores]): The model, such as `spacy_moee.MoEETagger.v1`.
    scores_key (Optional[str]): Where the entities are written with their probabilities:
        `doc.spans[scores_key]`, with `attrs["scores"]`. None: nothing is computed.
    threshold (float): Entities that are less probable are left out; 0 for none. It can
        be set when a pipeline is loaded, and `spacy find-threshold` finds one.
    gates (bool): Write the weights of the experts: `doc._.moee_gates`.
    incorrect_spans_key (Optional[str]): The key of the spans of training examples that
        are known to be no entities.
    scorer (Optional[Callable]): The scoring method.
    RETURNS (MoEENer): The component.
    RAISES (MoeeError): M013, for a threshold that can't be; M015, for settings of
        spaCy's `ner` that have no meaning here; M016, for the model of another
        component.
    """
    return MoEENer(
        *(nlp.vocab, model, name),
        scores_key=scores_key,
        threshold=threshold,
        gates=gates,
        incorrect_spans_key=incorrect_spans_key,
        scorer=scorer,
    )
