"""What is read from a column file, and what is refused."""

import os
from pathlib import Path
from typing import Dict, Tuple

import pytest

from spacy_moee.corpora.columns import Sentence, read_columns
from spacy_moee.corpora.convert import (
    UNMARKED,
    convert_file,
    convert_sentences,
    parse_types,
)
from spacy_moee.corpora.options import Options, make_vocab
from spacy_moee.errors import MoeeError

from .util import (
    NLP,
    convert,
    get_spans,
    read_like_conlleval,
    to_standard,
    write,
)

REPO = Path(__file__).parents[2]
DATA = Path(os.environ.get("MOEE_DATA", REPO.parent / "shared" / "data"))


def test_sentences_end_entities(tmp_path):
    text = "-DOCSTART-\n\na B-X\n\nb I-X\nc I-X\n"
    (doc,) = convert(tmp_path, text, group="document").docs
    assert get_spans(doc) == [(0, 1, "X"), (1, 3, "X")]


def test_missing_tags_stay_missing_and_others_are_outside(tmp_path):
    (doc,) = convert(tmp_path, "a B-X\nb -\nc I-X\nd O\n").docs
    assert [token.ent_iob_ for token in doc] == ["", "", "", "O"]
    (doc,) = convert(tmp_path, "a O\n").docs
    assert doc.has_annotation("ENT_IOB") and doc[0].ent_iob_ == "O"


def test_types_are_renamed_after_reading(tmp_path):
    types = parse_types(" person = PER, people=PER")
    assert types == {"person": "PER", "people": "PER"}
    found = convert(tmp_path, "a B-person\nb I-people\nc I-Z\n", types=types)
    assert get_spans(found.docs[0]) == [(0, 1, "PER"), (1, 2, "PER"), (2, 3, "Z")]
    assert found.entities == {"PER": 2, "Z": 1}
    assert found.source_types == ["Z", "people", "person"]
    assert parse_types("") == {}


def test_columns_are_chosen(tmp_path):
    text = "1\tB-X\tEU\tNNP\n2\tO\tNew York\tVB\n"
    for tag_column in (1, -3):
        found = convert(tmp_path, text, token_column=2, tag_column=tag_column)
        assert [token.text for token in found.docs[0]] == ["EU", "New York"]
        assert found.entities == {"X": 1}


@pytest.mark.parametrize(
    "docstart",
    ["-DOCSTART-", "-DOCSTART-\tO", "-DOCSTART- -X- -X- O", "-DOCSTART- (1 EU)"],
)
def test_docstart_lines_need_no_blank_line(tmp_path, docstart):
    text = f"a O\n{docstart}\nb O\n \t \n-DOCSTART\tO\n{docstart}\n"
    docs = convert(tmp_path, text.replace(" O", "\tO"), group="document").docs
    assert [[token.text for token in doc] for doc in docs] == [
        ["a"],
        ["b", "-DOCSTART"],
    ]


def test_without_a_marked_document_a_sentence_is_one(tmp_path):
    marked = convert(tmp_path, "a O\n\n-DOCSTART-\nb O\n\nc O\n", group="document")
    assert [len(doc) for doc in marked.docs] == [1, 2]
    assert UNMARKED not in marked.notes
    found = convert(tmp_path, "a O\n\nb O\n", group="document")
    assert [len(doc) for doc in found.docs] == [1, 1] and UNMARKED in found.notes
    assert UNMARKED not in convert(tmp_path, "a O\n\nb O\n").notes


@pytest.mark.parametrize(
    "code,line,text,options",
    [
        ("M302", 2, b"a O\nb\xe9 O\n", {}),
        ("M302", 1, "a O\n".encode("utf-16"), {}),
        ("M303", 3, b"a NN O\n\nb O\n", {}),
        ("M303", 2, b"a\tO\nb\tO\t\n", {}),
        ("M304", 1, b"\tO\n", {}),
        ("M304", 2, "a O\n\u00a0 O\n".encode(), {}),
        ("M305", 2, b"\nword\n", {"tag_column": 0}),
        ("M305", 2, b"\nword\n", {"token_column": 1}),
        ("M305", 1, b"a O\n", {"tag_column": 2}),
        ("M305", 1, b"a O\n", {"token_column": -3}),
        ("M305", 1, b"a O\n", {"token_column": 1}),
        ("M306", 2, b"a O\nb X-PER\n", {}),
        ("M306", 3, b"a B-X\n\nb B\n", {}),
        ("M306", 1, b"a B-\n", {}),
        ("M306", 1, b"a o\n", {}),
        ("M306", 1, b"a ?\n", {}),
        ("M306", 1, b"a\t\n", {}),
        ("M306", 1, b"a O-PER\n", {}),
        ("M307", 2, b"a B-X\nb E-X\n", {"scheme": "iob2"}),
        ("M307", 1, b"a S-X\n", {"scheme": "iob1"}),
        ("M307", 1, b"a U-X\n", {"scheme": "bioes"}),
        ("M307", 1, b"a S-X\n", {"scheme": "bilou"}),
        ("M308", 3, b"a U-X\n\nb S-X\n", {}),
        ("M309", None, b"", {}),
        ("M309", None, b"\xef\xbb\xbf-DOCSTART- -X- O O\r\n\r\n", {}),
        ("M314", None, b"a O\n", {"group": "page"}),
        ("M314", None, b"a O\n", {"scheme": "bmse"}),
    ],
)
def test_errors_name_code_file_and_line(tmp_path, code, line, text, options):
    path = tmp_path / "bad.txt"
    path.write_bytes(text)
    with pytest.raises(MoeeError) as err:
        convert_file(path, Options(vocab=NLP.vocab, **options))
    assert err.value.code == code and f"[{code}]" in str(err.value)
    if code != "M314":
        assert str(path) in str(err.value)
    if line is not None:
        assert f"{path}, line {line}:" in str(err.value)


def test_bad_byte_is_located(tmp_path):
    path = tmp_path / "bad.txt"
    path.write_bytes(b"\xef\xbb\xbfa O\nb\xe9 O\n")
    with pytest.raises(MoeeError, match=r"line 2: found the byte 0xe9 at offset 8"):
        convert_file(path)


def test_missing_and_unreadable_files(tmp_path):
    with pytest.raises(MoeeError, match="M301"):
        convert_file(tmp_path / "nothing.txt")
    with pytest.raises(MoeeError, match="M313"):
        convert_file(tmp_path, Options(format="columns"))
    with pytest.raises(MoeeError, match="M330"):
        convert_file(tmp_path)


@pytest.mark.parametrize("text", ["a", "=b", "a=b=c", "a=b,", "a=b,a=c", "a=,a=c"])
def test_bad_types(text):
    with pytest.raises(MoeeError, match="M311"):
        parse_types(text)


@pytest.mark.parametrize("name", ["O", "-", "_", "B-X", "I-X", "B_PER", "!X"])
def test_new_names_that_can_be_no_type(name):
    with pytest.raises(MoeeError, match="M003"):
        parse_types(f"MISC={name}")


def test_a_type_is_dropped(tmp_path):
    assert parse_types("MISC=,PER= P") == {"MISC": "", "PER": "P"}
    text = "a B-MISC\nb I-MISC\nc B-PER\n\nd B-MISC\n"
    found = convert(tmp_path, text, types={"MISC": "", "PER": "P"})
    assert found.entities == {"P": 1} and found.dropped == {"MISC": 2}
    assert found.source_types == ["MISC", "PER"]
    assert [[t.ent_iob_ for t in doc] for doc in found.docs] == [["O", "O", "B"], ["O"]]


def test_tokens_only_become_docs_without_annotation(tmp_path):
    found = convert(tmp_path, "Ada\ncame\n\n#\nNew\u00a0York\n")
    assert (found.scheme, found.sentences, found.tokens) == ("", 2, 4)
    assert [[token.text for token in doc] for doc in found.docs] == [
        ["Ada", "came"],
        ["#", "New\u00a0York"],
    ]
    for doc in found.docs:
        assert not doc.has_annotation("ENT_IOB") and doc.has_annotation("SENT_START")
    header = convert(tmp_path, "-DOCSTART-\n\nAda\n", group="document")
    assert not header.docs[0].has_annotation("ENT_IOB")
    # of other formats, one sentence may have tags and another none
    some = [Sentence(["a"], [], 1, 0), Sentence(["b"], ["O"], 2, 0)]
    docs = convert_sentences(some, tmp_path).docs
    assert [doc.has_annotation("ENT_IOB") for doc in docs] == [False, True]


@pytest.mark.parametrize("separator", [",", ";", "|", "/"])
def test_other_separators_are_not_taken_for_tokens(tmp_path, separator):
    text = "Ada B-PER\ncame O\nin O\n".replace(" ", separator)
    with pytest.raises(MoeeError, match=r"M323.*line 1: found '.' between.*a tab"):
        convert(tmp_path, text)
    assert convert(tmp_path, "and/O\nor\neither\n").tokens == 3


def test_long_sentences_are_counted(tmp_path):
    word, stop = "w O\n", ". O\n"
    found = convert(tmp_path, word * 300 + "\n" + word * 256 + "\n" + word * 257)
    assert found.n_long == 2 and found.longest == (300, 1)
    assert convert(tmp_path, word * 256).n_long == 0
    # a file that is one short sentence with full stops inside lacks blank lines
    assert convert(tmp_path, (word + stop) * 4).n_long == 1
    assert convert(tmp_path, (word + stop) * 3).n_long == 0
    assert convert(tmp_path, (word + stop) * 4 + "\n" + word).n_long == 0


@pytest.mark.parametrize("lang", ["en", "ja", "ko", "th", "vi", "zh", "xx"])
def test_no_tokenizer_is_needed(tmp_path, lang):
    vocab = make_vocab(lang)
    path = write(tmp_path, "\u6771\u4eac B-LOC\n")
    (doc,) = convert_file(path, Options(vocab=vocab)).docs
    assert doc.lang_ == lang and get_spans(doc) == [(0, 1, "LOC")]
    with pytest.raises(ImportError):
        make_vocab("qqq")


COUNTS: Dict[str, Tuple[str, int, int, Dict[str, int], int]] = {
    "source/train.txt": (
        *("iob2", 14041, 203621),
        *({"ORG": 6297, "LOC": 7129, "PER": 6600, "MISC": 3403}, 0),
    ),
    "source/dev.txt": (
        *("iob2", 3250, 51362),
        *({"ORG": 1341, "LOC": 1837, "PER": 1842, "MISC": 918}, 0),
    ),
    "source/test.txt": (
        *("iob2", 3453, 46435),
        *({"ORG": 1656, "LOC": 1662, "PER": 1617, "MISC": 693}, 0),
    ),
    "target/test.txt": (
        *("bioes", 2000, 54116),
        *({"ORG": 875, "LOC": 489, "PER": 1095, "MISC": 365}, 20),
    ),
}


@pytest.mark.parametrize("name", COUNTS)
def test_published_counts(name):
    path = DATA / "conll2003_scitech" / name
    if not path.exists():
        pytest.skip("the corpus is not here")
    found = convert_file(path)
    assert len(found.docs) == found.sentences
    assert sum(map(len, found.docs)) == found.tokens
    assert sum(len(doc.ents) for doc in found.docs) == sum(found.entities.values())
    counts = (found.scheme, found.sentences, found.tokens, dict(found.entities))
    assert (*counts, len(found.illegal)) == COUNTS[name]


def test_sentences_of_any_format_are_converted():
    sentences = [
        Sentence(["Ada", "came"], ["B-PER", "O"], 7, 0),
        Sentence(["Bonn"], ["B-LOC"], 9, 1),
        Sentence(["too"], ["O"], 9, 1),
    ]
    found = convert_sentences(sentences, Path("any"), Options(group="document"))
    assert [[token.text for token in doc] for doc in found.docs] == [
        ["Ada", "came"],
        ["Bonn", "too"],
    ]
    assert found.entities == {"PER": 1, "LOC": 1} and found.sentences == 3
    bad = [Sentence(["Ada"], ["X-PER"], 7, 0)]
    with pytest.raises(MoeeError, match="M306.*any, line 7"):
        convert_sentences(bad, Path("any"))


def test_what_is_read_as_what_decides_the_count():
    """conlleval.pl knows no S, and reads seven entities of this file otherwise."""
    path = DATA / "conll2003_scitech" / "target" / "test.txt"
    if not path.exists():
        pytest.skip("the corpus is not here")
    rows = [sentence.tags for sentence in read_columns(path).sentences]
    assert sum(len(read_like_conlleval(row)) for row in rows) == 2817
    rows = [list(map(to_standard, row)) for row in rows]
    assert sum(len(read_like_conlleval(row)) for row in rows) == 2824


DOMAINS = {
    # sentences, tokens, entities, tokens with #
    "reuters2020.txt": (1840, 46456, 4007, 0),
    "wikigold.txt": (1696, 39007, 3558, 39),
    "politics.txt": (651, 27585, 3322, 0),
    "music.txt": (465, 19605, 1768, 3),
    "tweets.txt": (2000, 35427, 3001, 771),
}


@pytest.mark.parametrize("name", DOMAINS)
def test_hashtags_of_real_files_are_tokens(name):
    path = DATA / "domains" / name
    if not path.exists():
        pytest.skip("the corpus is not here")
    found = convert_file(path)
    hashes = sum(token.text.startswith("#") for doc in found.docs for token in doc)
    counts = (found.sentences, found.tokens, sum(found.entities.values()), hashes)
    assert counts == DOMAINS[name] and found.notes == []
