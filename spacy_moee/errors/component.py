"""Messages about the component (M0) and the model (M1)."""

from typing import Dict

ERRORS: Dict[str, str] = {
    # M0: the component, its labels and its gold annotation
    "M001": (
        "Can't add the label '{label}' to '{name}': its network was built for {labels} "
        "and can't grow. Expected a network with the method `start_new_types` (see "
        "spacy_moee.networks.network.GrowingNetwork), as that of "
        "spacy_moee.MoEETagger.v1. Add every label before `nlp.initialize()`, or train "
        "a new pipeline whose training data (or labels file) contains '{label}'."
    ),
    "M002": (
        "'{name}' can't learn from an entity of the type '{label}': it knows {labels}. "
        "Add it first: `add_label('{label}')`, or, for a Concept or Robust Tagger, "
        "which knows types by what they are called, `add_label('{label}', "
        "description='...')`. Or rename or remove that type in the training data (the "
        "converter's --types does it)."
    ),
    "M003": (
        "'{label}' can't be an entity type: {reason}. Expected a bare type such "
        "as 'PER', without a B- or I- prefix."
    ),
    "M004": (
        "The {what} of '{name}' is not finite ({value}) on a batch of {batch} docs, so "
        "the weights were not changed. Lower the learning rate, set "
        "[training.optimizer] grad_clip above 0, and check the vectors for NaN."
    ),
    "M005": (
        "'{name}' can't read its saved data: {reason}. Expected what `nlp.to_disk()` "
        "or `nlp.to_bytes()` wrote with the same config. Copy the pipeline again, or "
        "train it again."
    ),
    "M006": (
        "`initialize(labels=...)` of '{name}' expected a list of entity types such "
        "as ['LOC', 'PER'], or what `spacy init labels` saves of spaCy's `ner`, and "
        "found {found}."
    ),
    "M007": (
        "'{name}' can't be initialized without an entity type (spaCy's E143): the "
        "training data has no entity, and no label was added. Check the data with "
        "`spacy moee convert`, call `add_label`, or pass a labels file."
    ),
    "M008": (
        "The token embeddings of '{word}' are not finite, and those of {count} of "
        "{total} tokens in all. All docs of the batch would lose their entities. Check "
        "the word vectors and the weights of the embedding layers for NaN."
    ),
    "M009": (
        "{total} docs of one batch have {count} vocabularies, whose words may have "
        "different vectors; expected one vocabulary. Make all docs of a batch with the "
        "pipeline that is trained (`nlp.make_doc`)."
    ),
    "M010": (
        "The vocabulary of a doc does not set {attrs}, which the token embeddings "
        "read: all words would look the same. It has no language, as in `Vocab()`. "
        "Make the doc with the pipeline (`nlp.make_doc`), or with its vocabulary "
        "(`Doc(nlp.vocab, ...)`)."
    ),
    "M011": (
        "`predict` can't give {found}. Expected in `wanted` are some of: {expected}."
    ),
    "M012": (
        "'{name}' can't learn from {text!r}: it is an entity of the gold annotation "
        "and, under '{key}' (incorrect_spans_key), known to be none (spaCy's E868). "
        "Remove it from one of them."
    ),
    "M013": (
        "The threshold of '{name}' must be a probability from 0 (keep all entities) to "
        "1, but is {found}. Change it in the config, [components.{name}] threshold."
    ),
    "M014": (
        "'{name}' can't rehearse: {problem}. If it listens, give it embeddings of its "
        'own before `nlp.resume_training()`, with `nlp.replace_listeners("tok2vec", '
        '"{name}", ["model.tok2vec"])`. To rehearse only the other components, '
        'pass `exclude=["{name}"]`.'
    ),
    "M015": (
        "'{name}' has settings that belong to the transition parser of spaCy's `ner`, "
        "and moee_ner has no parser: {found}. Remove them from the config, "
        "[components.{name}]{change}. All else can stay."
    ),
    "M016": (
        "'{name}' can't use the model '{found}', which another component uses. "
        "Expected an architecture of this package, such as spacy_moee.MoEETagger.v1, "
        "or a network in `spacy_moee.models.wrapper.network_model`. Change it in the "
        "config, [components.{name}.model]; its tok2vec can stay."
    ),
    "M020": (
        "{what} is not what was saved: its SHA-256 is {found}; expected {expected}. It "
        "was damaged, copied in part, or changed by hand. Copy the pipeline again, or "
        "train it again."
    ),
    "M021": (
        "'{name}' was saved with invalid settings: {problem}. Expected the entity "
        "types, each once, under 'labels'. Copy the pipeline again, or train it again."
    ),
    "M022": (
        "The k of `alternatives` is the number of readings that it finds of each "
        "sentence: expected a whole number from 1, and found {found}."
    ),
    "M027": (
        "'{model}' and '{first}' can't be members of one ensemble: they differ in "
        "{what}. Found {found}; expected {expected}, as in '{first}'. Members may "
        "have other weights, embeddings and recipes, but must have the same language, "
        "tokenizer, word vectors, entity types and segments. Name other pipelines, or "
        "train one of the two again with what the other has."
    ),
    "M028": (
        "An ensemble is made of two trained pipelines or more, none of which is an "
        "ensemble; found {found}. Name different folders or packages, such as those "
        "of one recipe with several seeds."
    ),
    # M1: the model and its settings
    "M101": (
        "'{name}' has no network yet (spaCy's E109). Call `nlp.initialize()` or load "
        "a trained pipeline first."
    ),
    "M102": (
        "These weights belong to another network: {problem}. The config and the "
        "saved model must come from the same training run."
    ),
    "M103": (
        "{argument} of {place} must be {expected}, but is {found}. Change it in the "
        "config."
    ),
    "M104": (
        "The token embeddings have {found} columns, but the network was built for "
        "{expected}. If the vectors of the vocabulary were replaced, load those that "
        "the pipeline was trained with."
    ),
    "M105": (
        "The descriptions of entity types need word vectors, and the vocabulary "
        "('{lang}') has none. Build vectors with `python -m spacy moee vectors` and "
        "name them in the config: [initialize] vectors, or --paths.vectors on the "
        "command line; or use those of the pipeline that the component comes from: "
        "`nlp.vocab.vectors = source.vocab.vectors`; or embed tokens with "
        "spacy_moee.TransformerEmbed.v1 inside this component (not through a "
        "listener), whose own vectors are then used."
    ),
    "M106": (
        "Can't add the label '{label}' with {what}: this model does not read them. "
        "Expected spacy_moee.RobustTagger.v1, or spacy_moee.ConceptTagger.v1 without "
        "examples. Choose one of these in the config, or omit {what}."
    ),
    "M107": (
        "An ensemble does not learn: its members are averaged as they are. Train each "
        "member by itself, and make the ensemble again (`python -m spacy moee "
        "ensemble`). To train only other components of this pipeline, name the "
        "ensemble in [training] frozen_components, or disable it with "
        "`nlp.select_pipes`."
    ),
    "M108": (
        "Can't add the label '{label}' to an ensemble of {labels}: its members are "
        "averaged as they are. Add the label to each member, train it with examples, "
        "and make the ensemble again (`python -m spacy moee ensemble`)."
    ),
    "M109": (
        "A part of an ensemble, {part}, {problem}. Expected {expected}. A config of "
        "this kind is written by `python -m spacy moee ensemble`: make the ensemble "
        "again, or restore its config."
    ),
    "M024": (
        "'{name}' can't be calibrated with {found}; expected a temperature above 0, "
        "such as {{'temperature': 1.4}}. `python -m spacy moee calibrate` finds one."
    ),
    "M025": (
        "A doc is raw text (doc._.moee_raw), from which the network learns to predict "
        "words, but it has no vocabulary. Expected [initialize.before_init] with "
        '@callbacks = "spacy_moee.read_vocabulary.v1" and the path of a file that '
        "`python -m spacy moee vocabulary` writes."
    ),
    "M026": (
        "spacy_moee.GeneratedTagger.v1 is to tag the target domain, of which it learns "
        "nothing: there is no vocabulary. Expected [initialize.before_init] with "
        '@callbacks = "spacy_moee.read_vocabulary.v1" and the path of a file that '
        "`python -m spacy moee vocabulary` writes; or, without raw text, "
        'domain = "source" for the model.'
    ),
}

WARNINGS: Dict[str, str] = {
    "MW01": (
        "{count} gold entities cross the border of a segment (sentence), or are longer "
        "than the overlap of two windows, first at {text!r}. '{name}' can't predict "
        "them whole, and does not learn from them. Correct the sentence starts, or use "
        "spacy_moee.doc_segments.v1."
    ),
    "MW02": (
        "{count} gold entities begin or end with white space, first {text!r}. '{name}' "
        "learns and scores them without it. Remove it from their edges in the data."
    ),
    "MW03": (
        "{count} gold entities consist of white space only, first {text!r}. '{name}' "
        "can't predict them, and reads the white space as O. Remove them from the data."
    ),
    "MW04": (
        "{count} gold entities begin or end inside a token of the pipeline, first "
        "{text!r}. '{name}' can't predict them, and does not learn from them. Keep the "
        "tokens of the annotation (gold_preproc = true in spacy.Corpus.v1), correct "
        "the borders, or change the tokenizer."
    ),
    "MW05": (
        "'{name}' has met the new entity type '{label}' in an update, first on "
        "{text!r}, and learns it beside {labels}: its network has grown. If it is a "
        "mistake, correct the data and load the pipeline again, since no type can be "
        "removed. If not, there is nothing to do; `add_label('{label}')` before the "
        "first update says so."
    ),
    "MW07": (
        "{count} incorrect spans cross the border of a segment (sentence), or are "
        "longer than the overlap of two windows, first {text!r}. '{name}' can't "
        "predict them whole, and does not learn from them. Correct the sentence "
        "starts, or use spacy_moee.doc_segments.v1."
    ),
    "MW08": (
        "{count} incorrect spans begin or end inside a token of the pipeline, first "
        "{text!r}. '{name}' can't predict them, and does not learn from them. Correct "
        "the borders, or change the tokenizer."
    ),
    "MW11": (
        "The description '{text}' of the entity type '{label}' has words without a "
        "vector, which have no effect: {words}. Choose other words in the config, "
        "under `descriptions` of the component's model, or with `add_label`."
    ),
    "MW12": (
        "None of the examples of the entity type '{label}' has a vector: {examples}. "
        "Only the description of the type is used. Choose other examples in the "
        "config, under `examples` of the component's model, or with `add_label`."
    ),
    "MW13": (
        "The word vectors are not those that the entity types were described with: "
        "'{text}' of '{label}' has another vector now. A new type is then compared "
        "with unrelated types. Load the vectors that the pipeline was trained with."
    ),
}
