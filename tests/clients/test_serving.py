"""One pipeline, eight clients at once: the answers of a pipeline alone."""

import os
import re
import shlex
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator, List

import pytest
from spacy.language import Language

from ..docs.blocks import ROOT, read_blocks
from .util import TEXTS, clients, expect, find_blocks

pytestmark = clients("fastapi", "uvicorn", "httpx")
N_CLIENTS, N_WORKERS = 8, 2
APP = find_blocks("FastAPI")[0].code
GUIDE = ROOT / "docs" / "guides" / "serve.md"


@contextmanager
def serve(folder: Path, *command: str, code: str = APP) -> Iterator[Any]:
    """Run a server of `app.py`. Yields a client of it."""
    import httpx

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "app.py").write_text(code, encoding="utf8")
    log = open(folder / "log.txt", "w")
    command = tuple(part.format(port=port) for part in command)
    # a home for what gunicorn keeps there
    env = {**os.environ, "HOME": str(folder)}
    process = subprocess.Popen(command, stdout=log, stderr=log, env=env)
    try:
        url = f"http://127.0.0.1:{port}"
        # a connection for each request, so that no worker keeps a client
        limits = httpx.Limits(max_keepalive_connections=0)
        with httpx.Client(base_url=url, timeout=60, limits=limits) as client:
            wait_for(client, process, folder)
            yield client
    finally:
        process.terminate()
        process.wait(60)
        log.close()


def wait_for(client: Any, process: subprocess.Popen, folder: Path) -> None:
    import httpx

    for _ in range(600):
        assert process.poll() is None, (folder / "log.txt").read_text()
        try:
            client.get("/docs")
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError((folder / "log.txt").read_text())


def ask(client: Any) -> List[List[List[tuple]]]:
    """What each of the clients gets for all texts, in an order of its own."""

    def ask_all(start: int) -> List[List[tuple]]:
        texts = [*TEXTS[start:], *TEXTS[:start]]
        answers = [client.post("/entities", json={"text": text}) for text in texts]
        found = [[tuple(span) for span in answer.json()] for answer in answers]
        return [*found[len(TEXTS) - start :], *found[: len(TEXTS) - start]]

    with ThreadPoolExecutor(N_CLIENTS) as pool:
        return list(pool.map(ask_all, range(N_CLIENTS)))


def test_fastapi(nlp: Language, folder: Path) -> None:
    command = (sys.executable, "-m", "uvicorn", "app:app", "--port", "{port}")
    with serve(folder, *command) as client:
        answers = ask(client)
    assert answers == [expect(nlp)] * N_CLIENTS


def test_gunicorn(nlp: Language, folder: Path) -> None:
    """The command of the page; each of its workers answers."""
    pytest.importorskip("gunicorn")
    words = shlex.split(find_blocks("gunicorn")[0].code)
    assert words[0] == "gunicorn" and f"--workers {N_WORKERS}" in " ".join(words)
    log = ("--access-logfile", "-", "--access-logformat", "answered by %(p)s")
    command = (sys.executable, "-m", *words, "--bind", "127.0.0.1:{port}", *log)
    expected, workers = expect(nlp), set()
    with serve(folder, *command) as client:
        for _ in range(1000):
            answer = client.post("/entities", json={"text": TEXTS[0]}).json()
            assert [tuple(span) for span in answer] == expected[0]
            lines = (folder / "log.txt").read_text().splitlines()
            workers = {line for line in lines if line.startswith("answered by")}
            if len(workers) == N_WORKERS:
                break
        answers = ask(client)
    assert len(workers) == N_WORKERS
    assert answers == [expected] * N_CLIENTS


def test_own_application(nlp: Language, folder: Path) -> None:
    """`make_app` under gunicorn: the command and the block of the page on serving."""
    pytest.importorskip("gunicorn")
    (code,) = [b.code for b in read_blocks(GUIDE) if "make_app" in b.code]
    (command,) = re.findall(r"`(gunicorn [^`]+)`", GUIDE.read_text(encoding="utf8"))
    words = (sys.executable, "-m", *shlex.split(command), "--bind", "127.0.0.1:{port}")
    with serve(folder, *words, code=code) as client, ThreadPoolExecutor(8) as pool:

        def ask_own(text: str) -> List[tuple]:
            answer = client.post("/api/entities", json={"text": text}).json()
            return [(e["start"], e["end"], e["label"]) for e in answer["entities"]]

        assert list(pool.map(ask_own, TEXTS * 2)) == expect(nlp) * 2
