"""Annotation of a batch; after an error, of its halves, so that the error handler only
gets the docs with an error."""

from typing import Iterator, List

from spacy.pipeline import TrainablePipe
from spacy.tokens import Doc


def annotate_in_halves(pipe: TrainablePipe, docs: List[Doc]) -> Iterator[Doc]:
    """Annotate a batch of docs, except those with an error.

    pipe (TrainablePipe): The component.
    docs (List[Doc]): At least one doc.
    YIELDS (Doc): The docs in order, without those of the error handler.
    """
    try:
        pipe.set_annotations(docs, pipe.predict(docs))
    except Exception as error:
        if len(docs) == 1:
            pipe.get_error_handler()(pipe.name, pipe, docs, error)
            return
    else:
        yield from docs
        return
    # outside of the handler: the error and its frames are freed
    middle = len(docs) // 2
    for half in (docs[:middle], docs[middle:]):
        yield from annotate_in_halves(pipe, half)
