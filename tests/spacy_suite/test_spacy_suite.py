"""spaCy's own tests, run on `moee_ner`.

The table names functions of the installed spaCy. Each is read from its source,
`"ner"` becomes `"moee_ner"`, what only spaCy's transition system has is replaced, and
the function runs. A replacement that no longer fits fails, so that a new spaCy shows.
"""

import ast
import importlib.util
import re
import sys
import types
from functools import lru_cache, partial
from inspect import signature
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Tuple

import pytest
from spacy.lang.en import English
from thinc.api import fix_random_seed

from spacy_moee.component import MoEENer
from spacy_moee.errors import MoeeError
from spacy_moee.models.tagger import DEFAULT_MODEL
from spacy_moee.scorer import moee_ner_score

pytest.importorskip("spacy.tests")

GIVEN = {
    "MoEENer": MoEENer,
    "MoeeError": MoeeError,
    "DEFAULT_MODEL": DEFAULT_MODEL,
    "moee_ner_score": moee_ner_score,
}
RENAME = ('"ner"', '"moee_ner"')
SMALL = '"moee_ner", config={"model": {"hidden_width": 32, "expert_width": 16}}'
RENAME_SMALL = ('add_pipe("ner"', f"add_pipe({SMALL}")
OUR_CLASS = ("EntityRecognizer", "MoEENer")
OUR_MODEL = ("DEFAULT_NER_MODEL", "DEFAULT_MODEL")
PARSER_MODEL = ("DEFAULT_PARSER_MODEL", "DEFAULT_MODEL")
# a resized transition system: ours is built by its own bytes
RESIZE = (r"re:(?m)^.*attrs\[.resize_output.\].*$", "")
EMPTY_OPTIONS = ("config=config", "config={}")

# spaCy's components in the configs with listeners
LISTENING = (
    ('factory = "ner"', 'factory = "moee_ner"'),
    ("spacy.TransitionBasedParser.v2", "spacy_moee.MoEETagger.v1"),
)
TAGGER = (
    ('factory = "tagger"', 'factory = "moee_ner"'),
    ("spacy.Tagger.v2", "spacy_moee.MoEETagger.v1"),
    ("nO = null", ""),
)
TAGS = (
    "Example.from_dict(nlp.make_doc(t[0]), t[1])",
    "Example.from_dict(nlp.make_doc(t[0]), "
    '{"entities": ["U-" + tag for tag in t[1]["tags"]]})',
)
TAGGED = (".tag_ ==", ".ent_type_ ==")


def case(
    path: str,
    function: str,
    *replacements: Tuple[str, str],
    also: Iterable[Tuple[str, Tuple]] = (),
    slow: bool = False,
    **arguments: Any,
) -> Any:
    """A function of spaCy's tests to run.

    path: The file, below spacy/tests.
    *replacements: Pairs of what stands in the function and what is put there; a
        first part that begins with `re:` is a regular expression.
    also: The same for other names of the file.
    **arguments: What the function takes; else the file's fixtures are called.
    """
    values = "-".join(str(v) for v in arguments.values())
    return pytest.param(
        path,
        function,
        (replacements, tuple(also)),
        arguments,
        id=f"{path}::{function}" + (f"[{values}]" if values else ""),
        marks=[pytest.mark.slow] if slow else [],
    )


def skip(path: str, function: str, reason: str) -> Any:
    return pytest.param(
        path,
        function,
        ((), ()),
        {},
        id=f"{path}::{function}",
        marks=pytest.mark.skip(reason=reason),
    )


NER = "parser/test_ner.py"
LABEL = "parser/test_add_label.py"
TRAIN = "training/test_training.py"
SAVE = "serialize/test_serialize_pipeline.py"
PIPE = "pipeline/test_pipe_methods.py"
TOK2VEC = "pipeline/test_tok2vec.py"
LANGUAGE = "test_language.py"

LATER_BEAM = "scores come later: moee_ner has no beam"
NO_NEGATIVE = "moee_ner has no incorrect_spans_key"
NO_MOVES = "asks the transition system for its moves; tests/component covers the case"
LATER_VECTORS = "vectors come later"
NO_COMPONENT = "has no component in it"

ADD_OURS = 'nlp.add_pipe("moee_ner").add_label("A")'
TEXTCAT = 'textcat = nlp.add_pipe("textcat")'
WITH_OURS = (("nlp", ((TEXTCAT, f"{ADD_OURS}; {TEXTCAT}"),)),)
EVIL = 'nlp.add_pipe("my_evil_component")'
EVIL_WITH_OURS = (EVIL, f"{ADD_OURS}; nlp.initialize(); {EVIL}")
MOVE_NAMES = (r"re:move_names = \[[^\]]*\]", "labels = tuple(ner.labels)")
INTEROP = ("torch.set_num_interop_threads(1)", "pass")

CASES = [
    case(
        NER,
        "test_overfitting_IO",
        ('config={"model": {"use_upper": use_upper}}', ""),
        RENAME,
        ('losses["moee_ner"] < 0.00001', 'losses["moee_ner"] < 0.2, losses'),
        ('ner2.model.attrs["has_upper"] == use_upper', "ner2.labels == ner.labels"),
        use_upper=None,
    ),
    case(NER, "test_empty_ner", RENAME),
    case(NER, "test_ruler_before_ner", RENAME),
    case(NER, "test_ner_before_ruler", RENAME),
    case(NER, "test_block_ner", RENAME),
    skip(NER, "test_accept_blocked_token", NO_MOVES),
    case(NER, "test_train_empty", RENAME),
    case(NER, "test_train_negative_deprecated", RENAME),
    case(
        NER,
        "test_overwrite_token",
        ('nlp.add_pipe("ner")', 'nlp.add_pipe("moee_ner").add_label("GPE")'),
        ("config = {}", "return"),  # the rest asks for moves
        RENAME,
    ),
    case(
        NER,
        "test_issue1967",
        RENAME,
        (
            'assert "JOB-NAME" in ner.moves.get_actions(examples=[example])[1]',
            'ner.initialize(lambda: [example]); assert ner.labels == ("JOB-NAME",)',
        ),
        label="U-JOB-NAME",
    ),
    case(
        NER,
        "test_issue2179",
        RESIZE,
        RENAME,
    ),
    case(
        NER,
        "test_issue2800",
        RENAME_SMALL,
        ("range(20)", "range(2)"),
        slow=True,
    ),
    case(
        NER,
        "test_issue3209",
        RENAME,
        RESIZE,
        MOVE_NAMES,
        ("ner.move_names == move_names", 'ner.labels == labels == ("ANIMAL",)'),
        ("ner2.move_names == move_names", "ner2.labels == labels"),
    ),
    case(
        NER,
        "test_labels_from_BILUO",
        RENAME,
        MOVE_NAMES,
        ("assert ner.move_names == move_names", ""),
    ),
    case(NER, "test_issue4267", RENAME),
    case(
        NER,
        "test_issue4313",
        ('add_pipe("beam_ner", config=config)', 'add_pipe("moee_ner")'),
        (
            "ner.beam_parse(docs, drop=0.0, beam_width=beam_width, "
            "beam_density=beam_density)",
            "list(ner.pipe(docs))",
        ),
        ("len(ner.labels) == 2", "len(ner.labels) == 1"),
        ('"MY_ORG" in ner.labels', '[e.label_ for e in doc.ents] == ["MY_ORG"]'),
    ),
    skip(NER, "test_beam_ner_scores", LATER_BEAM),
    skip(NER, "test_beam_overfitting_IO", LATER_BEAM),
    skip(NER, "test_neg_annotation", NO_NEGATIVE),
    skip(NER, "test_neg_annotation_conflict", NO_NEGATIVE),
    skip(
        NER,
        "test_ner_warns_no_lookups",
        "W033 belongs to spaCy's parsers; the embeddings are a choice of the config",
    ),
    case(
        LABEL,
        "test_add_label_deserializes_correctly",
        OUR_CLASS,
        OUR_MODEL,
        RESIZE,
        ("ner1.moves.n_moves == ner2.moves.n_moves", "ner1.labels == ner2.labels"),
        (
            "ner1.moves.get_class_name(i) == ner2.moves.get_class_name(i)",
            'ner1.labels[:3] == ("C", "B", "A")',
        ),
        ("range(ner1.moves.n_moves)", "range(1)"),
    ),
    case(
        LABEL,
        "test_ner_labels_added_implicitly_on_predict",
        RENAME,
        ('"D" in ner.labels', '"D" not in ner.labels'),
    ),
    case(
        LABEL,
        "test_ner_labels_added_implicitly_on_update",
        RENAME,
        ("nlp.update([example])", "with pytest.warns(): nlp.update([example])"),
    ),
    skip("training/test_rehearse.py", "test_rehearse", "rehearsal comes later"),
    case(TRAIN, "test_issue999", RENAME_SMALL, slow=True),
    skip(TRAIN, "test_issue4402", NO_COMPONENT),
    case(TRAIN, "test_tuple_format_implicit", also=[("_train_tuples", (RENAME,))]),
    case(
        TRAIN, "test_tuple_format_implicit_invalid", also=[("_train_tuples", (RENAME,))]
    ),
    case(SAVE, "test_issue4042", RENAME),
    case(SAVE, "test_issue4042_bug2", RENAME),
    case(
        SAVE,
        "test_issue4725_1",
        RENAME,
        ('"update_with_oracle_cut_size": 111,', ""),
        ('["update_with_oracle_cut_size"] == 111', '["labels"] == []'),
    ),
    *(
        case(SAVE, function, PARSER_MODEL, Parser=MoEENer)
        for function in (
            "test_serialize_parser_roundtrip_bytes",
            "test_serialize_parser_strings",
            "test_serialize_parser_roundtrip_disk",
            "test_serialize_pipe_exclude",
        )
    ),
    case(SAVE, "test_serialize_pipeline_disable_enable", RENAME),
    skip(
        SAVE, "test_serialize_custom_trainable_pipe", "tests TrainablePipe, not a pipe"
    ),
    case("serialize/test_serialize_config.py", "test_config_nlp_roundtrip", RENAME),
    case("serialize/test_serialize_language.py", "test_issue2482", RENAME),
    case(
        "serialize/test_serialize_language.py",
        "test_issue6950",
        ('{"tags": ["V"]}', '{"tags": ["V"], "entities": ["U-A"]}'),
        also=[
            (
                "CONFIG_ISSUE_6950",
                (
                    ('["tok2vec", "tagger"]', '["tok2vec", "tagger", "ner"]'),
                    (
                        'factory = "ner"',
                        'factory = "moee_ner"\n\n[components.ner.model]\n'
                        '@architectures = "spacy_moee.MoEETagger.v1"\n\n'
                        "[components.ner.model.tok2vec]\n"
                        '@architectures = "spacy.Tok2VecListener.v1"\n'
                        "width = ${components.tok2vec.model.encode:width}",
                    ),
                ),
            )
        ],
    ),
    skip("test_pickles.py", "test_pickle_vocab", NO_COMPONENT),
    case(PIPE, "test_issue3880", RENAME),
    case(PIPE, "test_replace_last_pipe", RENAME),
    case(PIPE, "test_pipe_base_class_add_label", component="moee_ner"),
    case(PIPE, "test_pipe_labels", RENAME),
    case(PIPE, "test_add_pipe_before_after", RENAME),
    case(PIPE, "test_pipe_methods_frozen", RENAME),
    case(PIPE, "test_pipe_label_data_exports_labels", pipe="moee_ner"),
    case(PIPE, "test_pipe_methods_initialize", RENAME),
    case(
        "pipeline/test_pipe_factories.py",
        "test_pipe_factory_meta_config_cleanup",
        RENAME,
    ),
    case(
        "pipeline/test_initialize.py",
        "test_initialize_arguments",
        ("nlp.add_pipe(name)", f"nlp.add_pipe(name); {ADD_OURS}"),
    ),
    case(
        "pipeline/test_annotates_on_update.py",
        "test_annotates_on_update",
        (
            'nlp.add_pipe("assert_sents")',
            f'nlp.add_pipe("assert_sents"); {ADD_OURS}; nlp.initialize()',
        ),
    ),
    case(
        "pipeline/test_annotates_on_update.py",
        "test_annotating_components_from_config",
        ("    train(nlp)\n\n", f"    {ADD_OURS}; nlp.initialize(); train(nlp)\n\n"),
    ),
    *(
        case(
            TOK2VEC, "test_tok2vec_listener", also=[("cfg_string", TAGGER)], **arguments
        )
        for arguments in ({"with_vectors": False}, {"with_vectors": True})
    ),
    case(
        TOK2VEC,
        "test_tok2vec_listener_overfitting",
        TAGS,
        TAGGED,
        ("< 0.00001", "< 0.5, losses"),
        also=[("cfg_string", TAGGER)],
        slow=True,
    ),
    case(
        TOK2VEC,
        "test_tok2vec_frozen_not_annotating",
        TAGS,
        also=[("cfg_string", TAGGER)],
    ),
    case(
        TOK2VEC,
        "test_tok2vec_frozen_overfitting",
        TAGS,
        TAGGED,
        ("< 0.0001", "< 0.5, losses"),
        also=[("cfg_string", TAGGER)],
        slow=True,
    ),
    case(
        TOK2VEC,
        "test_replace_listeners",
        ('{"tags": ["V", "Z"]}', '{"entities": ["U-V", "U-Z"]}'),
        also=[("cfg_string", TAGGER)],
    ),
    *(
        case(TOK2VEC, function, also=[("cfg_string_multi", LISTENING)])
        for function in (
            "test_replace_listeners_from_config",
            "test_tok2vec_listener_source_link_name",
            "test_tok2vec_listener_source_replace_listeners",
        )
    ),
    skip("pipeline/test_entity_ruler.py", "test_issue3345", NO_MOVES),
    case(
        "pipeline/test_entity_linker.py",
        "test_overfitting_IO_with_ner",
        RENAME,
        ('losses["moee_ner"] < 0.001', 'losses["moee_ner"] < 0.5, losses'),
        slow=True,
    ),
    skip("vocab_vectors/test_vectors.py", "test_issue4725_2", LATER_VECTORS),
    skip(
        "vocab_vectors/test_memory_zone.py", "test_memory_zone_insertion", LATER_VECTORS
    ),
    *(
        case(LANGUAGE, function, also=WITH_OURS)
        for function in ("test_language_update", "test_language_evaluate")
    ),
    *(
        case(LANGUAGE, function, also=WITH_OURS, n_process=n)
        for function in (
            "test_language_pipe",
            "test_language_pipe_stream",
            "test_pass_doc_to_pipeline",
        )
        for n in (1, 2)
    ),
    *(
        case(LANGUAGE, function, EVIL_WITH_OURS, n_process=n)
        for function in (
            "test_language_pipe_error_handler_custom",
            "test_language_pipe_error_handler_input_as_tuples",
        )
        for n in (1, 2)
    ),
    skip(LANGUAGE, "test_language_pipe_error_handler", NO_COMPONENT),
    skip(LANGUAGE, "test_language_pipe_error_handler_pipe", NO_COMPONENT),
    case(
        LANGUAGE,
        "test_language_source_and_vectors",
        ('textcat = nlp.add_pipe("textcat")', 'textcat = nlp.add_pipe("moee_ner")'),
        ('nlp2.add_pipe("textcat", name=', 'nlp2.add_pipe("moee_ner", name='),
        also=WITH_OURS,
    ),
    skip(LANGUAGE, "test_multiprocessing_gpu_warning", "needs a GPU"),
    case(
        "test_cli.py",
        "test_get_labels_from_model",
        factory_name="moee_ner",
        pipe_name="my_ner",
    ),
    case("test_cli.py", "test_init_labels", component_name="moee_ner"),
    skip(
        "test_cli.py",
        "test_debug_data_compile_gold",
        "spacy debug data looks at the factory 'ner' only; ours comes later",
    ),
    skip(
        "test_cli_app.py",
        "test_init_config_trainable",
        "spacy init config knows its own factories only; tests/cli covers training",
    ),
    case(
        "test_scorer.py",
        "test_ner_per_type",
        ("scorer.score(examples)", "moee_ner_score(examples)"),
    ),
    skip(
        "test_factory_registrations.py",
        "test_factory_registrations_preserved",
        "lists spaCy's own factories",
    ),
]


@lru_cache
def find_source(path: str) -> Tuple[str, str, str]:
    """The package, file name and text of one of spaCy's test files."""
    spec = importlib.util.find_spec("spacy.tests")
    assert spec is not None and spec.submodule_search_locations
    root = spec.submodule_search_locations[0]
    file = Path(root) / path
    package = ".".join(["spacy", "tests", *Path(path).parts[:-1]])
    return package, str(file), file.read_text(encoding="utf8")


def find_part(text: str, name: str) -> Tuple[int, int]:
    """The lines of a function or constant."""
    for node in ast.parse(text).body:
        targets = getattr(node, "targets", [node])
        if name in (getattr(t, "id", getattr(t, "name", None)) for t in targets):
            return node.lineno - 1, node.end_lineno or node.lineno
    raise LookupError(f"spaCy's tests have no {name} any more")


def replace(text: str, replacements: Iterable[Tuple[str, str]]) -> str:
    for old, new in replacements:
        before = text
        if old.startswith("re:"):
            text = re.sub(old[3:], new, text)
        else:
            text = text.replace(old, new)
        assert text != before, f"spaCy's test has no {old!r} any more"
    return text


def load(path: str, changes: Dict[str, Tuple], modules: Callable) -> Dict[str, Any]:
    """Run one of spaCy's test files with some of its parts changed."""
    package, file, text = find_source(path)
    for name, replacements in changes.items():
        lines = text.splitlines(keepends=True)
        start, end = find_part(text, name)
        part = replace("".join(lines[start:end]), replacements)
        text = "".join([*lines[:start], part, *lines[end:]])
    # a fixture is called like any function; the numbers of issues are spaCy's
    text = re.sub(r"(?m)^@pytest\.(fixture|mark\.issue).*$", "", text)
    text = text.replace(*INTEROP)
    module = types.ModuleType(f"tests.{package}.{Path(path).stem}")
    module.__dict__.update(GIVEN, __file__=file, __package__=package)
    modules(module.__name__, module)
    exec(compile(text, file, "exec"), module.__dict__)
    return module.__dict__


def call(names: Dict[str, Any], function: str, arguments: Dict[str, Any]) -> Any:
    """Call a function with what it asks for, as pytest does."""
    run = names[function]
    values = {}
    for name in signature(run).parameters:
        if name in arguments:
            values[name] = arguments[name]
        elif name == "en_vocab":
            values[name] = English().vocab
        else:
            values[name] = call(names, name, arguments)
    return run(**values)


@pytest.mark.parametrize("path, function, changes, arguments", CASES)
def test_spacy(
    path: str,
    function: str,
    changes: Tuple,
    arguments: Dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    replacements, also = changes
    names = load(
        path,
        {function: replacements, **dict(also)},
        partial(monkeypatch.setitem, sys.modules),
    )
    fix_random_seed(0)
    call(names, function, arguments)


def test_skipped_ones_exist() -> None:
    """A row whose test spaCy has dropped should go."""
    for row in CASES:
        find_part(find_source(row.values[0])[2], row.values[1])
