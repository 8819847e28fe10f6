"""A batch that fails is tried again in halves, so that an error handler gets the doc
that is at fault alone."""

from typing import Iterator, List

from spacy.pipeline import TrainablePipe
from spacy.tokens import Doc


def annotate_in_halves(pipe: TrainablePipe, docs: List[Doc]) -> Iterator[Doc]:
    """Annotate a batch of docs, as far as possible.

    pipe (TrainablePipe): The component.
    docs (List[Doc]): At least one doc.
    YIELDS (Doc): The docs in order, but for those that went to the error handler.
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
    # here the error is let go, and what its frames held
    middle = len(docs) // 2
    for half in (docs[:middle], docs[middle:]):
        yield from annotate_in_halves(pipe, half)
