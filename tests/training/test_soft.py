"""The reader of what a teacher says, and the teacher that says it."""

import numpy
import pytest
import spacy
from spacy.tokens import Doc, DocBin
from spacy.util import registry

from spacy_moee.errors import MoeeError
from spacy_moee.marginals import Marginals, get_marginals, set_marginals
from spacy_moee.training.distillation import Recipe, check_types
from spacy_moee.training.soft import META, make_soft_corpus
from spacy_moee.training.teacher import ATTRS, Teacher

from ..component.util import get_ner, make_trained
from .test_readers import make_mixed_config
from .util import as_examples, make_config, make_doc, run_training

FAST = {"training.optimizer.learn_rate": 0.02, "initialize.after_init.patience": 0}
TEXT = "Anna lives in Oslo. Bo Li met Eva.  It rains in Rome!"


def annotate(nlp, texts, student=None):
    teacher = Teacher(nlp, "moee_ner", "en_large")
    docs = [text if isinstance(text, Doc) else nlp.make_doc(text) for text in texts]
    pairs = [teacher.make_text(doc, doc, student or nlp) for doc in docs]
    return [*teacher.annotate(pairs)]


def write(path, docs):
    DocBin(attrs=ATTRS, docs=docs, store_user_data=True).to_disk(path)
    return path


def error_of(call, *args, **kwargs):
    with pytest.raises(MoeeError) as info:
        result = call(*args, **kwargs)
        list(result)
    return info.value


def test_a_teacher_says_the_marginals_of_the_whole_text():
    nlp = make_trained()
    [doc] = annotate(nlp, [TEXT])
    assert doc.text == TEXT and not doc.ents
    found = get_marginals(doc)
    assert found.labels == [*get_ner(nlp).labels] and found.teacher == "en_large"
    [said] = get_ner(nlp).predict([nlp.make_doc(TEXT)], ["marginals"])
    assert numpy.allclose(found.values, said.marginals, atol=1e-3)


def test_components_before_the_teacher_run():
    """Those behind it do not."""
    nlp = make_trained()
    nlp.add_pipe("sentencizer", first=True)
    nlp.add_pipe("entity_ruler")
    nlp.get_pipe("entity_ruler").add_patterns([{"label": "X", "pattern": "Oslo"}])
    [doc] = annotate(nlp, [TEXT])
    in_sentences = nlp.make_doc(TEXT)
    nlp.get_pipe("sentencizer")(in_sentences)
    [said] = get_ner(nlp).predict([in_sentences], ["marginals"])
    assert numpy.allclose(get_marginals(doc).values, said.marginals, atol=1e-3)
    assert nlp.pipe_names == ["sentencizer", "moee_ner", "entity_ruler"]


def test_a_student_with_other_tokens():
    nlp, student = make_trained(), spacy.blank("xx")
    student.tokenizer.infix_finditer = None
    text = "Anna can't come."
    error = error_of(annotate, nlp, [text], student)
    assert error.code == "M626" and error.values["found"] == "ca n't come"
    # of texts whose spaces are unknown the tokens are given
    assert annotate(nlp, [Doc(nlp.vocab, words=text.split())], student)


def test_the_reader_gives_whole_texts_after_gold(tmp_path):
    nlp = make_trained()
    own = make_doc(2)
    docs = annotate(nlp, [TEXT, own])
    path = write(tmp_path / "soft.spacy", docs)
    gold = as_examples([make_doc(1)])
    student = spacy.blank("en")
    reader = make_soft_corpus(path, lambda nlp: gold, weight=0.5)
    first, *rest = reader(student)
    assert first is gold[0] and len(rest) == 2
    for example, doc in zip(rest, docs, strict=True):
        assert example.predicted.text == doc.text and not example.predicted.user_data
        assert example.predicted.vocab is student.vocab
        found = get_marginals(example.reference)
        assert found.weight == 0.5
        assert numpy.array_equal(found.values, get_marginals(doc).values)
    by_rule, known = ([s.start for s in eg.predicted.sents] for eg in rest)
    # the rule of the sentencizer, and what the text says of itself
    assert by_rule == [0, 5, 10] and known == [0, 4]
    words = sum(map(len, docs))
    assert student.meta[META] == [{"teacher": "en_large", "words": words}]


def test_a_folder_and_no_gold(tmp_path):
    nlp = make_trained()
    for name in "ab":
        write(tmp_path / f"{name}.spacy", annotate(nlp, [TEXT]))
    assert len([*make_soft_corpus(tmp_path)(nlp)]) == 2


def test_files_that_nothing_is_learned_from(tmp_path):
    nlp = make_trained()
    plain = nlp.make_doc(TEXT)
    error = error_of(make_soft_corpus(tmp_path / "none.spacy"), nlp)
    assert error.code == "M706" and error.values["found"] == "no such file"
    assert error_of(make_soft_corpus(tmp_path), nlp).code == "M706"
    empty = write(tmp_path / "empty.spacy", [])
    assert error_of(make_soft_corpus(empty), nlp).code == "M629"
    unsaid = write(tmp_path / "unsaid.spacy", [*annotate(nlp, [TEXT]), plain])
    error = error_of(make_soft_corpus(unsaid), nlp)
    assert error.code == "M629" and "unsaid.spacy" in str(error)
    student = spacy.blank("en")
    student.tokenizer = spacy.tokenizer.Tokenizer(student.vocab)
    soft = write(tmp_path / "soft.spacy", annotate(nlp, [TEXT]))
    assert error_of(make_soft_corpus(soft), student).code == "M626"
    assert error_of(make_soft_corpus, soft, weight=0.0).code == "M103"


def make_soft(tmp_path):
    """What a teacher that knows everything says of some texts."""
    docs = []
    for size in (1, 2, 3):
        doc = make_doc(size)
        values = numpy.zeros((len(doc), 5), dtype="float32")
        # O, LOC, PER: a person, then a place
        values[:, 0] = 1
        values[::4, [0, 3]] = values[2::4, [0, 1]] = 0.1, 0.9
        bare = Doc(doc.vocab, words=[token.text for token in doc])
        set_marginals(bare, Marginals(["LOC", "PER"], values, teacher="all"))
        docs.append(bare)
    return write(tmp_path / "soft.spacy", docs)


def make_student(tmp_path, gold, **overrides):
    config = make_config(tmp_path, [1, 2, 1], **overrides)
    recipe = Recipe(config, "sample.cfg")
    path = make_soft(tmp_path)
    return recipe.make_student(path, ["LOC", "PER"], gold, 1.0)


def test_a_config_of_a_student(tmp_path):
    config = make_student(tmp_path, True)
    before = make_config(tmp_path, [1, 2, 1])
    block = config["corpora"]["train"]
    assert block["gold"] == before["corpora"]["train"]
    assert block["@readers"] == "spacy_moee.SoftCorpus.v1"
    labels = config["initialize"]["components"]["moee_ner"]["labels"]
    assert labels == ["LOC", "PER"]
    assert make_student(tmp_path, False)["corpora"]["train"]["gold"] is None
    # variables stay, for `spacy train --paths.train`
    assert "${paths.train}" in config.to_str()


@pytest.mark.parametrize("gold", [True, False])
def test_spacy_train_learns_from_a_teacher(tmp_path, gold):
    values = {"initialize.after_init.max_epochs": 30, "training.dropout": 0.0}
    config = make_student(tmp_path, gold, **FAST, **values)
    nlp, seen = run_training(config)
    # two docs a batch
    assert seen.steps_of_first_epoch() == (3 if gold else 2)
    doc = nlp("Ada left London .")
    assert [(ent.text, ent.label_) for ent in doc.ents] == [
        ("Ada", "PER"),
        ("London", "LOC"),
    ]
    assert nlp.meta[META] == [{"teacher": "all", "words": 24}]
    scores = [ent._.moee_score for ent in doc.ents]
    if not gold:  # it says what the teacher says
        assert scores == pytest.approx([0.9, 0.9], abs=0.08)


def test_recipes_that_can_not_be_distilled(tmp_path):
    config = make_config(tmp_path, [1])
    for changes, problem in (
        ({"training": {"max_epochs": -1}}, "max_epochs is -1"),
        ({"training": {"train_corpus": "corpora.none"}}, "no [corpora.none]"),
        ({"components": {"moee_ner": {"factory": "ner"}}}, "moee_ner: none"),
    ):
        error = error_of(Recipe, config.merge(changes), "x.cfg")
        assert error.code == "M628" and problem in error.values["problem"]
        assert error.values["config"] == "x.cfg"
    assert error_of(Recipe, make_mixed_config(tmp_path), "x.cfg").code == "M628"


def test_gold_that_can_not_be_read(tmp_path):
    nlp = spacy.blank("en")
    config = make_config(tmp_path, [1])
    for path in (str(tmp_path / "none.spacy"), None):
        recipe = Recipe(config.merge({"paths": {"train": path}}), "x.cfg")
        assert error_of(recipe.read_gold, nlp).code == "M628"
    config["corpora"]["train"] = {"@readers": "spacy_moee.SourceCorpus.v1"}
    recipe = Recipe(config, "x.cfg")
    with pytest.raises(MoeeError, match="M628"):
        assert recipe.corpus_path


def test_types_of_gold():
    examples = as_examples([make_doc(1)])
    assert check_types(examples, ["PER", "ORG", "LOC"], "large", "x.cfg") == ["ORG"]
    error = error_of(check_types, examples, ["PER"], "large", "x.cfg")
    assert error.code == "M627" and error.values["expected"] == ["LOC", "PER"]


def test_types_are_found_in_what_a_teacher_says(tmp_path):
    reader = registry.readers.get("spacy_moee.SoftCorpus.v1")(make_soft(tmp_path))
    nlp = spacy.blank("en")
    nlp.add_pipe("moee_ner")
    nlp.initialize(lambda: [*reader(nlp)])
    assert nlp.pipe_labels["moee_ner"] == ["LOC", "PER"]
