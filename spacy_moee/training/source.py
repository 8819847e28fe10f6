"""Training that starts from a trained pipeline."""

from typing import Any, Callable, cast

from spacy.language import Language
from spacy.util import copy_config, load_model, registry
from thinc.api import Model

from ..errors import MoeeError


def make_take_over(source: str) -> Callable[[Language], Language]:
    """Copy the vocabulary of another pipeline, with word vectors of any kind, and its
    tokenizer. Registered as `spacy_moee.take_over.v1`, a callback for
    [initialize.before_init], for a config whose components have `source` set to the
    same pipeline.

    source (str): The trained pipeline: a folder, or the name of a package.
    RETURNS (Callable[[Language], Language]): The callback.
    RAISES (MoeeError): M720, if a component listens to one that the config lacks.
    """

    def take_over(nlp: Language) -> Language:
        # the components themselves are sourced already, and an encoder is large
        base = load_model(source, exclude=nlp.component_names)
        _check_listeners(nlp, source)
        ours, theirs = nlp.config["nlp"], base.config["nlp"]
        if ours["vectors"] != theirs["vectors"]:
            # with vectors of another kind there would be a W113 without a cause
            nlp.meta.pop("_sourced_vectors_hashes", None)
        vocab = base.vocab.to_bytes(exclude=["vectors"])
        nlp.vocab.from_bytes(vocab, exclude=["vectors"])
        nlp.vocab.vectors = base.vocab.vectors
        for part in ("tokenizer", "vectors"):
            ours[part] = copy_config(theirs[part])
        create = registry.resolve({"tokenizer": theirs["tokenizer"]})["tokenizer"]
        tokenizer, before = create(nlp), cast(Any, base.tokenizer)
        nlp.tokenizer = tokenizer.from_bytes(before.to_bytes(exclude=["vocab"]))
        return nlp

    return take_over


def _check_listeners(nlp: Language, source: str) -> None:
    """Check that the config has the components to which others listen. Sourced
    components are disabled while spaCy initializes the rest."""
    shared = {name for name, pipe in nlp.components if hasattr(pipe, "add_listener")}
    for name, pipe in nlp.components:
        model = getattr(pipe, "model", None)
        for node in model.walk() if isinstance(model, Model) else ():
            upstream = getattr(node, "upstream_name", None)
            # * stands for any such component
            if upstream not in (None, *shared) and not (upstream == "*" and shared):
                raise MoeeError("M720", source=source, name=name, upstream=upstream)
