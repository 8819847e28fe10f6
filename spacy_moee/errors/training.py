"""Messages about training (M6)."""

from typing import Dict

ERRORS: Dict[str, str] = {
    "M601": (
        "[training] max_epochs is {found}: the corpus is streamed, so the steps of an "
        "epoch can't be counted. Give [training] eval_frequency, patience and "
        "max_steps in steps (above 0), or set max_epochs to 0 to read the corpus into "
        "memory."
    ),
    "M602": (
        "The batcher made no batch from '{corpus}', so training would never begin. "
        "Expected at least one batch per epoch. Check the limits of [training.batcher] "
        "(discard_oversize, size) and of the corpus (max_length, limit)."
    ),
    "M605": (
        "doc._.moee_domain can't be {found!r}. Expected one of {expected}, or None for "
        "the model's own default."
    ),
    "M606": (
        "The raw text of the {domain} domain has no sentence to learn from: {files}. "
        "{n_long:,} sentences have max_length = {max_length} tokens or more. Name files "
        "with text in [{block}], or set '{domain}' to null there."
    ),
    "M607": (
        "The annotated corpus '{path}' has no doc to learn from, so training would "
        "never begin. Expected a .spacy file, or a folder of them, with at least one "
        "doc of fewer than max_length = {max_length} tokens (0: of any length)."
    ),
    "M608": (
        "{reader} needs {name} = {expected} in the training config, which has {found}. "
        "Each of its epochs is a stream of steps that it makes itself. {advice}"
    ),
    "M609": (
        "{batcher} got {found} instead of an epoch of {reader}. Use both or neither: "
        "[training.batcher] {batcher}, a train_corpus of {reader}, and [training] "
        "max_epochs = -1, so that spaCy does not read the corpus into memory."
    ),
    "M610": (
        "The raw text '{file}' changed while a training read it: {problem}. Expected "
        "the same file in each epoch. Start the training again, with a copy that does "
        "not change."
    ),
    "M611": (
        "Can't read the vocabulary '{file}': {problem}. Expected lines such as "
        '{{"word": "the", "count": 41234}}, by falling count. `python -m spacy moee '
        "vocabulary` writes it."
    ),
    "M612": (
        "No model of the pipeline ({names}) reads the vocabulary '{file}'. Expected a "
        "model that learns from raw text, such as spacy_moee.GeneratedTagger.v1. Remove "
        "{callback} from [initialize.before_init], or check the architecture."
    ),
    "M613": (
        "{reader} has transductive = true, but no 'test': the text of which test "
        "corpus is to be learned from? Name it, or set transductive to false."
    ),
    "M614": (
        "Can't write the vocabulary '{file}': {reason}. Give a file in a folder that "
        "can be written."
    ),
    "M620": (
        "spacy_moee.ScoreLogger.v1 found no optimizer to tell of scores: "
        "[training.optimizer] has {found}. Expected @optimizers = "
        '"spacy_moee.RMSprop.v1". Name it there, or set [training.logger] to another '
        "logger, such as that of its block `logger`."
    ),
    "M621": (
        "spacy_moee.VocabularyEmbed.v1 does not know {count:,} of the {total:,} words "
        "of its vocabulary: their hashes are not in `nlp.vocab.strings`, and without "
        "its form a word's vector can't be found in lower case. Set the vocabulary "
        'with "spacy_moee.read_vocabulary.v1" in [initialize.before_init], which '
        "adds the words."
    ),
}

WARNINGS: Dict[str, str] = {
    "MW81": (
        "spacy_moee.RMSprop.v1 is not told of any score, so it never switches to SGD "
        "(switch_score is {score}). Set [training.logger] @loggers to "
        '"spacy_moee.ScoreLogger.v1"; it takes another logger as its argument '
        "`logger`. For RMSprop alone, set switch_score to null."
    ),
}
