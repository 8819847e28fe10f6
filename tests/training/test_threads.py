"""Threads in training."""

import spacy
import torch

from spacy_moee.training.threads import make_torch_threads

NLP = spacy.blank("en")


def test_torch_threads() -> None:
    before = torch.get_num_threads()
    try:
        assert make_torch_threads(2)(NLP) is NLP
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
