"""How many threads prediction computes with; the process keeps its own number."""

import threading
from pathlib import Path
from typing import Any, Iterator, List

import pytest
import spacy
import torch
from spacy.language import Language

from spacy_moee.errors import MoeeError

from .util import (
    get_module,
    get_ner,
    initialize,
    make_nlp,
    make_texts,
    make_trained,
    train,
)

PROCESS = 3


@pytest.fixture(autouse=True)
def process_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(PROCESS)
    yield
    torch.set_num_threads(before)


def spy(nlp: Language) -> List[int]:
    """Note the number of threads each time that docs are embedded, or decoded."""
    seen: List[int] = []
    model = get_ner(nlp).model
    embed = model.layers[0]
    forward = embed._func

    def note(layer: Any, docs: Any, is_train: bool) -> Any:
        seen.append(torch.get_num_threads())
        return forward(layer, docs, is_train)

    embed._func = note
    network = get_module(nlp)
    decode = network.decode

    def note_decoding(*args: Any) -> Any:
        seen.append(torch.get_num_threads())
        return decode(*args)

    network.decode = note_decoding
    return seen


def in_new_thread() -> int:
    found: List[int] = []
    thread = threading.Thread(target=lambda: found.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    return found[0]


def test_one_thread_by_default() -> None:
    nlp = make_trained()
    seen = spy(nlp)
    nlp("Anna lives in Rome .")
    list(nlp.pipe(make_texts()))
    assert set(seen) == {1}
    assert torch.get_num_threads() == in_new_thread() == PROCESS


@pytest.mark.parametrize("threads, expected", [(2, 2), (0, PROCESS)])
def test_setting(threads: int, expected: int) -> None:
    nlp = make_nlp(threads=threads)
    train(nlp, steps=1)
    seen = spy(nlp)
    nlp("Anna lives in Rome .")
    assert seen == [expected, expected]
    assert torch.get_num_threads() == PROCESS


def test_reading_again_uses_the_setting() -> None:
    nlp = make_trained()
    seen = spy(nlp)
    read = get_ner(nlp).read([nlp.make_doc("Anna lives in Rome .")])
    read(["scores"], 2.0)
    assert seen == [1, 1]


def test_training_uses_the_threads_of_the_process() -> None:
    nlp = make_nlp()
    optimizer, examples = initialize(nlp)
    seen = spy(nlp)
    nlp.update(examples, sgd=optimizer)
    assert seen == [PROCESS]


def test_the_setting_can_be_changed_at_load(tmp_path: Path) -> None:
    make_trained().to_disk(tmp_path)
    assert torch.get_num_threads() == in_new_thread() == PROCESS
    for threads in (2, 1):
        config = {"components.moee_ner.model.threads": threads}
        nlp = spacy.load(tmp_path, config=config)
        assert torch.get_num_threads() == in_new_thread() == PROCESS
        for loaded in (nlp, make_nlp(threads=threads).from_bytes(nlp.to_bytes())):
            seen = spy(loaded)
            loaded("Anna lives in Rome .")
            assert seen == [threads, threads]


def test_an_error_gives_the_number_back() -> None:
    nlp = make_trained()
    embed = get_ner(nlp).model.layers[0]

    def fail(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("no memory")

    embed._func = fail
    with pytest.raises(RuntimeError):
        nlp("Anna lives in Rome .")
    assert torch.get_num_threads() == in_new_thread() == PROCESS


def test_many_threads_at_once() -> None:
    nlp = make_trained()
    seen = spy(nlp)
    docs = [nlp.make_doc("Anna lives in Rome .")]
    pipe: Any = get_ner(nlp)
    after: List[int] = []

    def work() -> None:
        for _ in range(50):
            pipe.predict(docs)
        after.append(torch.get_num_threads())

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(seen) == {1} and len(seen) == 2 * 8 * 50
    assert after == [PROCESS] * 8
    assert torch.get_num_threads() == in_new_thread() == PROCESS


def test_a_number_that_cannot_be() -> None:
    with pytest.raises(MoeeError, match="M103.*threads"):
        make_nlp(threads=-1)
