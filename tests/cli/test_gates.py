"""`spacy moee gates`."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from threading import Thread
from typing import Iterator, Tuple, Union
from xml.etree import ElementTree

import pytest
import spacy
from spacy.cli import app
from typer.testing import CliRunner

import spacy_moee.cli  # noqa: F401
from spacy_moee.insight.serving import PageServer
from tests.component.util import initialize, make_nlp, make_trained
from tests.insight.pictures import EVIL, Page

TEXT = "Anna lives in Oslo ."


def run(*args: object, stdin: Union[str, bytes, None] = None):
    return CliRunner().invoke(app, ["moee", "gates", *map(str, args)], input=stdin)


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "nlp"
    make_trained().to_disk(path)
    return path


def test_page(model: Path, tmp_path: Path) -> None:
    """The gates are those of the network, although the config has them off."""
    file = tmp_path / "new" / "gates.HTML"
    result = run(model, TEXT, "--output", file)
    assert result.exit_code == 0, result.output
    assert f"Saved: {file}" in " ".join(result.output.split())
    rows = Page(file.read_text(encoding="utf8")).rows
    assert rows[0] == ["Token", "Tag", "O", "LOC", "PER"]
    nlp = spacy.load(model)
    doc = nlp(TEXT)
    (found,) = nlp.get_pipe("moee_ner").predict(  # type: ignore[attr-defined]
        [nlp.make_doc(TEXT)], ["gates"]
    )
    assert rows[1:] == [
        [
            token.text,
            f"B-{token.ent_type_}" if token.ent_type else "O",
            *(f"{x:.2f}" for x in weights),
        ]
        for token, weights in zip(doc, found.gates.tolist(), strict=True)
    ]


def test_pictures(model: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    for name in ("gates.svg", "gates.png"):
        result = run(model, TEXT, "-o", tmp_path / name, "--vmax", 0.35)
        assert result.exit_code == 0, result.output
    root = ElementTree.parse(tmp_path / "gates.svg").getroot()
    assert "\u2265 0.35" in "".join(root.itertext())
    assert (tmp_path / "gates.png").read_bytes().startswith(b"\x89PNG")


def test_standard_input(model: Path, tmp_path: Path) -> None:
    file = tmp_path / "gates.html"
    result = run(model, "-", "-o", file, stdin=f"{TEXT}\n{EVIL}\n")
    assert result.exit_code == 0, result.output
    page = Page(file.read_text(encoding="utf8"))
    assert "script" not in page.tags
    assert "\u21b5" in [row[0] for row in page.rows]


@pytest.mark.parametrize(
    "args, code, found",
    [
        (["MODEL", TEXT, "-o", "gates.gif"], "M756", "gates.gif"),
        (["MODEL", TEXT, "-o", "gates"], "M756", ".html, .svg, .png"),
        (["MODEL", " \n"], "M757", "an empty text"),
        (["MODEL", "\udcff"], "M757", "UTF-8"),
        (["MODEL", "x" * 1_000_001], "M757", "1,000,001 characters"),
        (["MODEL", TEXT, "--vmax", "0"], "M752", "0"),
        (["nowhere", TEXT, "-o", "gates.svg"], "M704", "nowhere"),
    ],
)
def test_bad_input(
    args: list,
    code: str,
    found: str,
    model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*(model if arg == "MODEL" else arg for arg in args))
    assert result.exit_code == 1
    assert f"[{code}]" in result.output and found in flat(result.output)
    assert not any(tmp_path.iterdir())


def test_standard_input_of_another_encoding(model: Path) -> None:
    result = run(model, "-", stdin=b"caf\xe9")
    assert result.exit_code == 1 and "[M757]" in result.output


def test_file_that_can_not_be_written(model: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    result = run(model, TEXT, "-o", tmp_path / "file" / "gates.svg")
    assert result.exit_code == 1 and "[M734]" in result.output


def test_pipelines_without_gates(tmp_path: Path) -> None:
    nlp = make_nlp(experts=False)
    initialize(nlp)
    nlp.to_disk(tmp_path / "linear")
    result = run(tmp_path / "linear", TEXT, "-o", tmp_path / "gates.svg")
    assert result.exit_code == 1
    assert "M758" in result.output and "without experts" in flat(result.output)
    blank = spacy.blank("en")
    blank.add_pipe("sentencizer")
    blank.to_disk(tmp_path / "blank")
    result = run(tmp_path / "blank", TEXT, "-o", tmp_path / "gates.svg")
    assert result.exit_code == 1
    assert "M758" in result.output and "(sentencizer)" in flat(result.output)
    assert not (tmp_path / "gates.svg").exists()


def test_port_in_use(model: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        result = run(model, TEXT, "--port", port)
    assert result.exit_code == 1
    assert "[M759]" in result.output and f"port {port}" in flat(result.output)


@pytest.fixture
def address() -> Iterator[Tuple[str, int]]:
    with PageServer(b"<p>page</p>", "127.0.0.1", 0) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield "127.0.0.1", server.server_port
        server.shutdown()
        thread.join()


def ask(address: Tuple[str, int], method: str, path: str):
    host, port = address
    with closing(http.client.HTTPConnection(host, port, timeout=30)) as connection:
        connection.request(method, path)
        response = connection.getresponse()
        return response, response.read()


def test_served_page_gets_nothing_from_elsewhere(
    address: Tuple[str, int], capfd: pytest.CaptureFixture
) -> None:
    response, body = ask(address, "GET", "/")
    assert (response.status, body) == (200, b"<p>page</p>")
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    response, body = ask(address, "HEAD", "/")
    assert (response.status, body) == (200, b"")
    assert ask(address, "GET", "/<script>")[0].status == 404
    assert ask(address, "POST", "/")[0].status == 501
    assert capfd.readouterr().err == ""


def test_connection_that_says_nothing_blocks_nobody(address: Tuple[str, int]) -> None:
    with closing(socket.create_connection(address)):
        assert ask(address, "GET", "/")[0].status == 200


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_served_until_it_is_stopped(model: Path) -> None:
    command = [sys.executable, "-m", "spacy", "moee", "gates", str(model), TEXT]
    with subprocess.Popen(
        [*command, "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+) ", line)
        assert found is not None, line + process.stdout.read()
        response, body = ask(("127.0.0.1", int(found[1])), "GET", "/")
        assert response.status == 200 and "Oslo" in body.decode("utf8")
        process.send_signal(signal.SIGINT)
        assert process.stdout.read() == "Stopped.\n"
    assert process.returncode == 0
