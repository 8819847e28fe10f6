"""`spacy moee serve`."""

import os
import re
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, List

import pytest
import spacy
from spacy.cli import app
from spacy.language import Language
from typer.testing import CliRunner

import spacy_moee.cli  # noqa: F401
from spacy_moee.cli import serve

MODULE = "spacy_moee.cli.serve"


def run(*args: object) -> Any:
    return CliRunner().invoke(app, ["moee", "serve", *map(str, args)])


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pipeline that needs code of its own."""
    folder = tmp_path_factory.mktemp("serve")
    code = """
import time
from spacy.language import Language
from spacy.tokens import Span

@Language.component("served_names", assigns=["doc.ents"])
def find(doc):
    if "slow" in doc.text:
        print("begun", flush=True)
        time.sleep(100)
    doc.ents = [Span(doc, t.i, t.i + 1, "PER") for t in doc if t.text == "Anna"]
    return doc
"""
    (folder / "code.py").write_text(code, encoding="utf8")
    if not Language.has_factory("served_names"):
        exec(compile(code, "code.py", "exec"), {})
    nlp = spacy.blank("en")
    nlp.add_pipe("served_names")
    nlp.to_disk(folder / "model")
    return folder / "model"


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> List[Any]:
    """What would be served."""
    pytest.importorskip("fastapi")
    pytest.importorskip("uvicorn")
    calls: List[Any] = []
    monkeypatch.setattr(serve, "run", lambda *args: calls.append(args))
    return calls


def test_serves_a_pipeline(model: Path, served: List[Any]) -> None:
    result = run(model, "--port", 0, "--max-length", 77, "--allow-host", "ner.org")
    assert result.exit_code == 0, result.output
    ((nlp, server, hosts),) = served
    assert nlp.max_length == 77 and hosts == ["127.0.0.1", "ner.org"]
    port = re.findall(r"http://127.0.0.1:(\d+) serves", result.output)
    assert len(port) == 1 and int(port[0]) > 0
    assert "MW76" not in result.output
    # the port is free again
    assert server.fileno() == -1


@pytest.mark.parametrize(
    "host, url", [("0.0.0.0", "http://127.0.0.1:"), ("::", "http://[::1]:")]
)
def test_warns_of_other_machines(
    model: Path, served: List[Any], host: str, url: str
) -> None:
    if ":" in host and not socket.has_ipv6:
        pytest.skip("needs IPv6")
    result = run(model, "--port", 0, "--host", host)
    assert result.exit_code == 0, result.output
    assert "MW76" in result.output and url in result.output


@pytest.mark.parametrize(
    "host, expected",
    [("localhost", True), ("127.0.0.2", True), ("::1", True), ("my.host", False)],
)
def test_local_addresses(host: str, expected: bool) -> None:
    assert serve.is_local(host) is expected


def test_port_in_use(served: List[Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        # before the pipeline is loaded
        result = run("no_model", "--port", port)
    assert result.exit_code == 1 and not served
    assert "M761" in result.output and f"port {port}: " in result.output


def test_host_that_is_none(served: List[Any]) -> None:
    result = run("no_model", "--host", "nowhere.invalid")
    assert result.exit_code == 1 and not served
    assert "M761" in result.output and "nowhere.invalid" in result.output


def test_missing_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{MODULE}.find_spec", lambda name: None)
    result = run("no_model")
    assert result.exit_code == 1
    assert "M760" in result.output and "spacy-moee[web]" in result.output


def test_pipeline_without_entities(tmp_path: Path, served: List[Any]) -> None:
    spacy.blank("en").to_disk(tmp_path / "blank")
    result = run(tmp_path / "blank", "--port", 0)
    assert result.exit_code == 1 and "M709" in result.output and not served


def ask(url: str, text: str) -> Any:
    import httpx

    return httpx.post(f"{url}/api/entities", json={"text": text}, timeout=90)


def test_a_process_of_its_own(model: Path) -> None:
    """It answers until Ctrl-C, and then ends well, though a text is being read."""
    for package in ("fastapi", "uvicorn", "httpx"):
        pytest.importorskip(package)
    options = ["--port", "0", "--code", str(model.parent / "code.py")]
    process = subprocess.Popen(
        [sys.executable, "-m", "spacy", "moee", "serve", str(model), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().split()[1]
        assert ask(url, "Anna").json()["entities"][0]["label"] == "PER"
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(ask, url, "slow")
            while process.stdout.readline() != "begun\n":
                assert process.poll() is None
            process.send_signal(signal.SIGINT)
            output, _ = process.communicate(timeout=60)
            assert answer.result().status_code == 503
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0
    assert output.split("\n")[-2:] == ["Stopped.", ""]
    assert "Traceback" not in output and "POST" not in output
