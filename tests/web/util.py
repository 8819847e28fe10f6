"""A pipeline that says what is written here, and a server of it."""

import threading
import time
from contextlib import contextmanager
from contextvars import copy_context
from typing import Any, Dict, Iterator, List, Tuple

import numpy
import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span

from spacy_moee.alternatives import (
    Alternatives,
    Candidate,
    EntityCandidates,
    Reading,
    SentenceReadings,
)
from spacy_moee.extensions import write_gates, write_scores

# name: its type, score and detection
NAMES: Dict[str, Tuple[str, float, float]] = {
    "Anna": ("PER", 0.95, 0.99),
    "Berlin": ("LOC", 0.4, 0.9),
    "Mozilla": ("ORG", 0.7, 0.8),
    "Oslo": ("LOC", 0.2, 0.3),
}
EXPERTS = ["O", "LOC", "ORG", "PER"]
FAULT = "explode"


class Names:
    """Finds the names above, and makes up the rest."""

    labels = ("LOC", "ORG", "PER")
    gates = False

    def __call__(self, doc: Doc) -> Doc:
        assert FAULT not in doc.text, doc.text
        found = [t for t in doc if t.text in NAMES]
        doc.ents = [Span(doc, t.i, t.i + 1, NAMES[t.text][0]) for t in found]
        numbers = [NAMES[t.text][1:] for t in found]
        scores, detection = numpy.asarray(numbers, "f").reshape(-1, 2).T
        write_scores(doc, "names", doc.ents, scores, detection, "names")
        if self.gates:
            weights = numpy.full((len(doc), len(EXPERTS)), 0.25, "f")
            write_gates(doc, EXPERTS, weights)
        return doc

    def alternatives(self, doc: Doc, k: int = 5) -> Alternatives:
        entities = []
        for ent in doc.ents:
            place, first = (ent.start, ent.end), max(ent.start - 1, 0)
            others = [
                Candidate(*place, "ORG", 0.1),
                Candidate(*place, "PER", 0.03),
                Candidate(first, ent.end, ent.label_, 0.02),
            ]
            score = NAMES[ent.text][1]
            row = EntityCandidates(*place, ent.label_, score, others[:k], 0.05)
            entities.append(row)
        return Alternatives(read_twice(doc, k), entities)


def read_twice(doc: Doc, k: int) -> List[SentenceReadings]:
    """A doc as its entities say, and without any."""
    if not len(doc):
        return []
    tags = [f"{t.ent_iob_}-{t.ent_type_}" if t.ent_type_ else "O" for t in doc]
    readings = [Reading(0.7, tags), Reading(0.1, ["O"] * len(doc))]
    return [SentenceReadings(0, len(doc), readings[:k])]


def make_names() -> Language:
    if not Language.has_factory("names"):
        Language.factory("names", assigns=["doc.ents"], func=lambda nlp, name: Names())
    nlp = spacy.blank("en")
    nlp.add_pipe("names")
    return nlp


@contextmanager
def serve(app: Any) -> Iterator[str]:
    """Run a server of an application. Yields its address."""
    from uvicorn import Config, Server

    config = Config(app, port=0, log_level="critical", ws="none", lifespan="off")
    server = Server(config)
    # as in the main thread of the command
    thread = threading.Thread(target=copy_context().run, args=[server.run])
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
