"""Bytes, line ends, and what is said of a file that is no text."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_moee.corpora.convert import convert_file
from spacy_moee.corpora.options import Options
from spacy_moee.corpora.text import list_some, split_lines
from spacy_moee.errors import MoeeError

from .util import NLP, convert, get_spans

ROWS = "EU\tB-ORG\nrejects\tO\n\nPeter\tB-PER\nBlackburn\tI-PER\n"


def refuse(folder: Path, data: bytes, **options) -> MoeeError:
    path = folder / "bad.txt"
    path.write_bytes(data)
    with pytest.raises(MoeeError) as err:
        convert_file(path, Options(vocab=NLP.vocab, **options))
    return err.value


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_line_ends(tmp_path, end, last):
    text = ROWS if last else ROWS[:-1]
    found = convert(tmp_path, text.replace("\n", end))
    assert (found.sentences, found.tokens) == (2, 4)
    assert found.entities == {"ORG": 1, "PER": 1}


@given(st.lists(st.tuples(st.text("ab \t"), st.sampled_from(["\n", "\r\n"]))))
def test_every_line_may_end_in_its_own_way(lines):
    text = "".join(line + end for line, end in lines)
    assert split_lines(text, Path("any")) == [*(line for line, _ in lines), ""]


def test_a_carriage_return_inside_a_line_is_refused(tmp_path):
    error = refuse(tmp_path, b"a\tO\nb\rc\tO\n# x\ry\tO\n")
    assert error.code == "M315"
    assert "line 2: " in str(error) and "2 lines are like that: 2, 3." in str(error)


@pytest.mark.parametrize(
    "data,part",
    [
        (ROWS.encode("utf-16"), "byte order mark of UTF-16: give --encoding utf-16"),
        (ROWS.encode("utf-32"), "byte order mark of UTF-32: give --encoding utf-32"),
        (gzip.compress(ROWS.encode(), mtime=0), "a gzip archive"),
        (b"PK\x03\x04\xff", "a zip archive"),
        ("Caf\u00e9\tO\n".encode("cp1252"), r"would be 'Caf\u00e9\tO'"),
        ("a\tO\rCaf\u00e9\tO\r".encode("cp1252"), r"line 2: found the byte 0xe9"),
        (b"Caf\xe9\tO\n\x81\tO\n", "not in cp1252 (Western European Windows) either"),
        ("Caf\u00e9\tO\n".encode() + b"na\xefve\tO\n", "rest of the file is UTF-8"),
    ],
)
def test_advice_fits_the_bytes(tmp_path, data, part):
    error = refuse(tmp_path, data)
    assert error.code == "M302"
    assert part.replace(r"\u00e9", "\u00e9") in str(error)
    assert "iconv" not in str(error)


def test_text_without_marks_is_known_by_its_zeros(tmp_path):
    for encoding in ("utf-16-le", "utf-16-be"):
        error = refuse(tmp_path, ROWS.encode(encoding))
        assert error.code == "M316" and f"try {encoding}" in str(error)
    error = refuse(tmp_path, b"a\tO\nb\x00\tO\n")
    assert error.code == "M316" and "line 2: " in str(error)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "cp1252", "latin-1"])
def test_a_file_is_read_in_its_own_encoding(tmp_path, encoding):
    path = tmp_path / "a.txt"
    path.write_bytes("Caf\u00e9\tB-LOC\n".encode(encoding))
    (doc,) = convert_file(path, Options(encoding=encoding, vocab=NLP.vocab)).docs
    assert doc.text.strip() == "Caf\u00e9" and get_spans(doc) == [(0, 1, "LOC")]


def test_a_wrong_encoding_is_refused(tmp_path):
    error = refuse(tmp_path, "Caf\u00e9\tO\n".encode(), encoding="latin-1")
    assert error.code == "M318"
    error = refuse(tmp_path, "Caf\u00e9\tO\n".encode(), encoding="ascii")
    assert error.code == "M302" and "valid UTF-8: omit --encoding" in str(error)
    for name in ("klingon", "rot13", "base64"):
        assert refuse(tmp_path, b"a\tO\n", encoding=name).code == "M317"
    error = refuse(tmp_path, "Caf\u00e9\tO\n".encode("cp1252"), encoding="shift_jis")
    assert error.code == "M302" and "line 1" in str(error)


def test_long_lists_are_cut():
    assert list_some([]) == "" and list_some([3]) == "3"
    assert list_some(range(3), 3) == "0, 1, 2"
    assert list_some(range(1005), 2) == "0, 1 and 1,003 more"
