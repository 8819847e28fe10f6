"""Tiny random encoders with tokenizers of their own, made on the spot."""

from pathlib import Path

import torch
from tokenizers import ByteLevelBPETokenizer
from transformers import (
    BertConfig,
    BertModel,
    BertTokenizerFast,
    RobertaConfig,
    RobertaModel,
    RobertaTokenizerFast,
)

TEXT = "Ada Byron left London . The train to Oslo is late , said Bo Li ."
SIZES = {
    "hidden_size": 16,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    # as a trained encoder's, so that layers and places differ
    "initializer_range": 0.1,
}


def make_bert(
    folder: Path, n_positions: int = 64, dropout: float = 0.1, n_layers: int = 3
) -> str:
    """A cased BERT that knows a few words whole, and all others by their letters."""
    folder.mkdir(parents=True)
    letters = sorted(set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.,-'"))
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words = ["London", "train", "the", "is", "left"]
    lines = [*special, *words, *letters, *(f"##{letter}" for letter in letters)]
    (folder / "vocab.txt").write_text("\n".join(lines) + "\n", encoding="utf8")
    tokenizer = BertTokenizerFast(
        str(folder / "vocab.txt"), do_lower_case=False, model_max_length=n_positions
    )
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(tokenizer),
        max_position_embeddings=n_positions,
        hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=dropout,
        **{**SIZES, "num_hidden_layers": n_layers},
    )
    BertModel(config).save_pretrained(folder)
    return str(folder)


def make_roberta(folder: Path, n_positions: int = 64) -> str:
    """A RoBERTa: byte-level pieces, and a space that belongs to the word after it."""
    folder.mkdir(parents=True)
    bpe = ByteLevelBPETokenizer()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    bpe.train_from_iterator([TEXT] * 3, vocab_size=300, special_tokens=special)
    bpe.save_model(str(folder))
    tokenizer = RobertaTokenizerFast(
        str(folder / "vocab.json"),
        str(folder / "merges.txt"),
    )
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = RobertaConfig(
        vocab_size=len(tokenizer), max_position_embeddings=n_positions + 2, **SIZES
    )
    RobertaModel(config).save_pretrained(folder)
    return str(folder)


ENCODERS = {"bert": make_bert, "roberta": make_roberta}
