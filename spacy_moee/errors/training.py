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
        "There is no sentence to learn from in the raw text of '{setting}': {names}. "
        "Found {found}. Name other files, set {setting} to null, or raise max_length."
    ),
    "M607": (
        "There is no annotated doc to learn from at '{path}': found {found}. Expected "
        "a .spacy file, or a folder of them. Convert the training data first (`python "
        "-m spacy moee convert`), name it with --paths.train, or raise max_length."
    ),
    "M608": (
        "{reader} needs [training] {name} = {expected}, and the config has {found!r}. "
        "{advice}"
    ),
    "M609": (
        "{batcher} got a {found} instead of an epoch of {reader}. Use both or neither, "
        "in [training.batcher] and as train_corpus, with [training] max_epochs = -1."
    ),
    "M610": (
        "The raw text '{file}' changed while a training read it: {problem}. Expected "
        "the same text in each epoch. Start the training again, with files that do "
        "not change."
    ),
    "M611": (
        "Can't read the vocabulary '{file}': {reason}. Expected lines such as "
        '{{"word": "the", "count": 41234}}, by falling count: `python -m spacy moee '
        "vocabulary` writes them."
    ),
    "M612": (
        "No model of the pipeline ({names}) reads the vocabulary '{file}'. Expected "
        "one that learns from raw text, such as spacy_moee.GeneratedTagger.v1. Check "
        "its architecture, or remove {callback} from [initialize.before_init]."
    ),
    "M613": (
        "{reader} has transductive = true, but no 'test': the text of which test "
        "corpus is to be learned from? Name it, or set transductive to false."
    ),
    "M614": (
        "Can't write the vocabulary '{file}': {reason}. Give a file in a folder that "
        "can be written."
    ),
    "M615": (
        "[components.{name}.model] is to tag texts of the {domain} domain, of which "
        "{reader} has no text: nothing would be learned of it. Give raw text of it "
        '(`{domain}`), or set domain = "source" there.'
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
    "M622": (
        "spacy_moee.ScoreLogger.v1 has held-out text, but no component of the pipeline "
        "({names}) predicts words. Expected one with spacy_moee.GeneratedTagger.v1, a "
        "vocabulary and a language_weight above 0. Otherwise set source and target of "
        "[training.logger] to null."
    ),
    # M626 to M629: distillation
    "M626": (
        "A text has other tokens than those of which a teacher said something: the "
        "teacher has '{found}', and the pipeline that learns from it '{expected}'. "
        "Expected the same tokenizer in both. Take the teacher's [nlp.tokenizer] and "
        "language into the config, or let `python -m spacy moee distill` tag the texts "
        "again."
    ),
    "M627": (
        "Can't learn from the teacher '{teacher}': it tells the entity types {found} "
        "apart, and {name} has {expected}. Expected the same types. Annotate the "
        "training corpus with those of the teacher, or train a teacher with those of "
        "the corpus."
    ),
    "M628": (
        "Can't distil with the config '{config}': {problem}. Expected one moee_ner, "
        "and a training corpus that is held in memory ([training] max_epochs = 0 or "
        "more), as in the recipe static_features."
    ),
    "M629": (
        "Can't learn what a teacher says of '{text}': {problem}. Expected, for each "
        "token, the probabilities of O and of B and I of each entity type. Let `python "
        "-m spacy moee distill` write the file."
    ),
}

WARNINGS: Dict[str, str] = {
    "MW09": (
        "The teacher '{teacher}' tells entity types apart of which the training corpus "
        "has none: {labels}. What the student learns of them contradicts the corpus, "
        "where they are no entities. Annotate them there, too, or give --no-gold."
    ),
    "MW81": (
        "spacy_moee.RMSprop.v1 is not told of any score, so it never switches to SGD "
        "(switch_score is {score}). Set [training.logger] @loggers to "
        '"spacy_moee.ScoreLogger.v1"; it takes another logger as its argument '
        "`logger`. For RMSprop alone, set switch_score to null."
    ),
    "MW60": (
        "{n_long:,} of {total:,} sentences of the raw text {names} have {max_length} "
        "tokens or more, and are left out. To read them, raise max_length (0: no "
        "limit)."
    ),
    "MW61": (
        "{n_long:,} of {total:,} tokens of the annotated docs '{path}' are in docs or "
        "sentences of {max_length} tokens or more, and are left out. To read them, "
        "raise max_length (0: no limit)."
    ),
}
