"""A pipeline with a memory is a pipeline."""

from concurrent.futures import ThreadPoolExecutor

import spacy
from spacy.tokens import Doc

from spacy_moee.models.memory import NO_MEMORY, DocumentMemory

from .util import get_all, get_ner, make_nlp, make_texts, make_trained, trained_bytes

MEMORY = {"@misc": "spacy_moee.document_memory.v1", "weight": 0.9, "distance": 3}


def make_docs(nlp, seeds=(0, 1, 2)):
    """Documents of several sentences, the last without any, and odd ones."""
    docs = [nlp.make_doc(" ".join(make_texts(12, seed))) for seed in seeds]
    for token in docs[0]:
        token.is_sent_start = token.i == 0 or docs[0][token.i - 1].text == "."
    texts = [[], ["York"], ["york", "lives", "in", "YORK"] * 3, [" ", "\n"] * 6]
    # a person there, and nothing here
    texts.append("zzz lives in Oslo . It rains . Yesterday Eva met zzz .".split())
    return docs + [Doc(nlp.vocab, words=words) for words in texts]


def make_remembering():
    return make_nlp(memory=MEMORY).from_bytes(trained_bytes())


def get_scores(docs):
    return [[round(ent._.moee_score, 5) for ent in doc.ents] for doc in docs]


def test_batches_threads_and_single_docs_agree():
    nlp = make_remembering()
    wanted = [nlp(doc) for doc in make_docs(nlp)]
    for size in (2, 100):
        found = [*nlp.pipe(make_docs(nlp), batch_size=size)]
        assert get_all(found) == get_all(wanted)
        assert get_scores(found) == get_scores(wanted)
    with ThreadPoolExecutor(4) as pool:
        assert get_all(pool.map(nlp, make_docs(nlp))) == get_all(wanted)
    plain = make_trained()
    assert get_scores(map(plain, make_docs(plain))) != get_scores(wanted)


def test_a_memory_belongs_to_the_config(tmp_path):
    nlp = make_remembering()
    memory = DocumentMemory(0.9, 3)
    assert get_ner(nlp).model.attrs["memory"] == memory
    nlp.to_disk(tmp_path)
    again = spacy.load(tmp_path)
    assert get_ner(again).model.attrs["memory"] == memory
    off = spacy.load(tmp_path, config={"components.moee_ner.model.memory": None})
    assert get_ner(off).model.attrs["memory"] == NO_MEMORY
    plain = make_trained()
    wanted = get_scores(map(plain, make_docs(plain)))
    assert get_scores(map(off, make_docs(off))) == wanted
    assert get_scores(map(again, make_docs(again))) != wanted
