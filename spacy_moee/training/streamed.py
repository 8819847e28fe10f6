"""What a training config needs for a corpus that streams its own steps."""

from typing import Any, Collection, Dict

from spacy.language import Language
from spacy.util import registry

from ..errors import MoeeError
from ..extensions import TARGET
from .epochs import NAME as PLAN

READER = "spacy_moee.MixedCorpus.v1"
BATCHER = "spacy_moee.batch_mixed.v1"
TAGGER = "spacy_moee.GeneratedTagger.v1"
# why spaCy's training loop needs these values
NEEDED = {
    "max_epochs": (-1, "With another value spaCy holds all of it in memory."),
    "accumulate_gradient": (1, "With another value spaCy cuts the steps into parts."),
}
NUMBERS = (*NEEDED, "max_steps", "patience")


def check_training(nlp: Language, domains: Collection[str]) -> None:
    """Check that the training config of a pipeline suits `spacy_moee.MixedCorpus.v1`,
    if that is its training corpus.

    nlp (Language): The pipeline.
    domains (Collection[str]): The domains that the corpus has text of.
    RAISES (MoeeError): M608, if it does not; M615, for a model that is to tag texts of
        another domain.
    """
    config = nlp.config.interpolate()
    training = config["training"]
    block: Any = config
    for name in training["train_corpus"].split("."):
        block = block.get(name, {})
    if block.get("@readers") != READER:
        return
    numbers = registry.resolve({name: training[name] for name in NUMBERS})
    for name, (expected, advice) in NEEDED.items():
        _check(name, numbers[name], expected, advice, numbers[name] == expected)
    batcher = training["batcher"].get("@batchers")
    advice = "Each batch has annotated docs and raw text."
    _check("batcher", batcher, BATCHER, advice, batcher == BATCHER)
    limited = _is_limited(numbers, config["initialize"])
    advice = f"Else training has no end. In [initialize.after_init], {PLAN} sets both."
    _check("max_steps or patience", 0, "a number above 0", advice, limited)
    _check_domains(config, domains)


def _check_domains(config: Any, domains: Collection[str]) -> None:
    """See that a model that is to tag texts of a domain learns from text of it."""
    for name, block in config["components"].items():
        model = block.get("model") or {}
        if model.get("@architectures") == TAGGER:
            # as its default is
            domain = model.get("domain", TARGET)
            if domain not in domains:
                raise MoeeError("M615", reader=READER, name=name, domain=domain)


def _check(name: str, found: Any, expected: Any, advice: str, valid: bool) -> None:
    if not valid:
        values = {"name": name, "found": found, "expected": expected}
        raise MoeeError("M608", reader=READER, advice=advice, **values)


def _is_limited(numbers: Dict[str, Any], initialize: Any) -> bool:
    """Whether training ends, as far as can be seen: a callback may write the numbers
    after the first epoch is asked for."""
    blocks = [initialize[slot] for slot in ("before_init", "after_init")]
    callbacks = [block for block in blocks if isinstance(block, dict)]
    plans = [block for block in callbacks if block.get("@callbacks") == PLAN]
    if numbers["max_steps"] > 0 or numbers["patience"] > 0:
        return True
    if len(callbacks) > len(plans):
        return True
    # their defaults are not 0
    return any(block.get(x, 1) for block in plans for x in ("patience", "max_epochs"))
