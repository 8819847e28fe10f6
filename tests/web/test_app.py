"""The JSON that programs get, and what they do not."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from typing import Any, Dict, Iterator, List

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.language import Language

from ..component.util import make_texts, make_trained
from .util import EXPERTS, FAULT, NAMES, make_names, serve

pytest.importorskip("fastapi")
pytest.importorskip("uvicorn")
httpx = pytest.importorskip("httpx")

from spacy_moee.web import app as web  # noqa: E402
from spacy_moee.web.app import make_app  # noqa: E402

LENGTH = 1_000
TEXT = "🙂 Anna of Mozilla met Oslo in Berlin."
EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def nlp() -> Language:
    return make_names()


@pytest.fixture(scope="module")
def client(nlp: Language) -> Iterator[Any]:
    hosts = ["ner.example.org"]
    with serve(make_app(nlp, max_length=LENGTH, hosts=hosts)) as url:
        with httpx.Client(base_url=url, timeout=60) as client:
            yield client


def find(client: Any, **question: Any) -> Dict[str, Any]:
    response = client.post("/api/entities", json=question)
    assert response.status_code == 200, response.text
    return response.json()


def check_problem(response: Any, status: int, *parts: str) -> None:
    """An error says what is wrong, and repeats nothing of the request."""
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert problem.keys() == {"title", "status", "detail"}
    assert problem["status"] == status
    assert all(part in problem["detail"] for part in parts), problem
    assert "script" not in response.text
    check_headers(response)


def check_headers(response: Any) -> None:
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in response.headers


class TestEntities:
    def test_offsets_count_characters(self, client: Any) -> None:
        entities = find(client, text=TEXT)["entities"]
        assert [e["text"] for e in entities] == ["Anna", "Mozilla", "Oslo", "Berlin"]
        for entity in entities:
            assert TEXT[entity["start"] : entity["end"]] == entity["text"]
            label, score, detection = NAMES[entity["text"]]
            assert entity["label"] == label
            assert entity["score"] == pytest.approx(score)
            assert entity["detection"] == pytest.approx(detection)
            assert entity["candidates"] is None and entity["gates"] is None

    def test_threshold_leaves_out_what_is_below(self, client: Any) -> None:
        entities = find(client, text=TEXT, threshold=0.4)["entities"]
        assert [e["text"] for e in entities] == ["Anna", "Mozilla", "Berlin"]

    def test_alternatives(self, client: Any) -> None:
        answer = find(client, text=TEXT, alternatives=2)
        berlin = answer["entities"][-1]
        assert berlin["candidates"] == [
            {"start": 30, "end": 36, "label": "ORG", "probability": 0.1},
            {"start": 30, "end": 36, "label": "PER", "probability": 0.03},
        ]
        assert berlin["outside"] == 0.05
        (sentence,) = answer["sentences"]
        assert (sentence["start"], sentence["end"]) == (0, len(TEXT))
        first, second = sentence["readings"]
        assert (first["probability"], second["probability"]) == (0.7, 0.1)
        places = [(e["start"], e["end"], e["label"]) for e in answer["entities"]]
        assert [(e["start"], e["end"], e["label"]) for e in first["entities"]] == places
        assert second["entities"] == []

    def test_gates(self, client: Any) -> None:
        answer = find(client, text="Anna .", gates=True)
        assert answer["experts"] == EXPERTS
        row = {"start": 0, "end": 4, "weights": [0.25] * 4}
        assert answer["entities"][0]["gates"] == [row]
        assert find(client, text="Anna .")["experts"] is None

    @given(text=st.text(max_size=60) | st.from_regex("[ \n🙂א]*Anna[ \n🙂א]*"))
    def test_any_text_is_read(self, client: Any, text: str) -> None:
        answer = find(client, text=text, alternatives=2, gates=True)
        for entity in answer["entities"]:
            assert text[entity["start"] : entity["end"]] == entity["text"] in NAMES

    def test_no_entity_has_no_score(self) -> None:
        """Scores of a component that computes none are null, not 1."""
        nlp = spacy.blank("en")
        ruler: Any = nlp.add_pipe("entity_ruler")
        ruler.add_patterns([{"label": "PER", "pattern": "Anna"}])
        with serve(make_app(nlp)) as url, httpx.Client(base_url=url) as client:
            answer = find(client, text="Anna .", alternatives=3, gates=True)
        (entity,) = answer["entities"]
        assert entity["label"] == "PER"
        for name in ("score", "detection", "candidates", "outside", "gates"):
            assert entity[name] is None
        assert answer["sentences"] is None and answer["experts"] is None

    def test_clients_at_once_get_the_answers_of_one(self) -> None:
        nlp, texts = make_trained(), make_texts(40, seed=1)
        expected = [
            [(e.start_char, e.end_char, e.label_) for e in nlp(text).ents]
            for text in texts
        ]
        assert sum(map(len, expected)) > 20
        with serve(make_app(nlp)) as url, httpx.Client(base_url=url) as client:

            def ask(_: int) -> List[Any]:
                answers = [find(client, text=text)["entities"] for text in texts]
                return [
                    [(e["start"], e["end"], e["label"]) for e in a] for a in answers
                ]

            with ThreadPoolExecutor(8) as pool:
                assert list(pool.map(ask, range(8))) == [expected] * 8


def test_scores_are_those_of_the_component() -> None:
    nlp, (text, *_) = make_trained(), make_texts(1, seed=1)
    ner: Any = nlp.get_pipe("moee_ner")
    ner.gates = True
    doc = nlp(text)
    # a server computes scores and gates whatever the config says
    ner.gates, ner.scores_key = False, None
    with serve(make_app(nlp)) as url, httpx.Client(base_url=url) as client:
        answer = find(client, text=text, gates=True)
    assert doc.ents and len(answer["entities"]) == len(doc.ents)
    assert answer["experts"] == ["O", "LOC", "PER"]
    for entity, ent in zip(answer["entities"], doc.ents, strict=True):
        assert entity["score"] == pytest.approx(ent._.moee_score, abs=1e-5)
        assert entity["detection"] == pytest.approx(ent._.moee_detection, abs=1e-5)
        for row, token in zip(entity["gates"], ent, strict=True):
            weights = [*token._.moee_gates.values()]
            assert row["weights"] == pytest.approx(weights, abs=1e-5)


def test_alternatives_are_those_of_the_component() -> None:
    nlp, (text, *_) = make_trained(), make_texts(1, seed=1)
    ner: Any = nlp.get_pipe("moee_ner")
    doc = nlp(text)
    expected = ner.alternatives(doc, k=3)
    with serve(make_app(nlp)) as url, httpx.Client(base_url=url) as client:
        answer = find(client, text=text, alternatives=3)
    assert expected.entities
    for entity, row in zip(answer["entities"], expected.entities, strict=True):
        assert entity["outside"] == pytest.approx(row.outside, abs=1e-5)
        for found, candidate in zip(entity["candidates"], row.candidates, strict=True):
            span = doc[candidate.start : candidate.end]
            assert text[found["start"] : found["end"]] == span.text
            assert found["label"] == candidate.label
    for sentence, row in zip(answer["sentences"], expected.sentences, strict=True):
        numbers = [reading["probability"] for reading in sentence["readings"]]
        probabilities = [reading.probability for reading in row.readings]
        # small ones are not rounded to nothing
        assert len(numbers) == 3 and numbers == pytest.approx(probabilities, rel=1e-4)


def test_device_is_that_of_the_server() -> None:
    """Thinc keeps it in a context variable."""
    device, nlp = ContextVar("device", default="none"), make_names()

    @Language.component("name_device")
    def name_device(doc: Any) -> Any:
        found.append(device.get())
        return doc

    found: List[str] = []
    nlp.add_pipe("name_device")
    device.set("mine")
    with serve(make_app(nlp)) as url, httpx.Client(base_url=url) as client:
        find(client, text="Anna")
    assert found == ["mine"]


class TestNothingIsKept:
    def test_words_are_forgotten(self, client: Any, nlp: Language) -> None:
        find(client, text="Anna Unheardof", alternatives=2, gates=True)
        client.post("/api/entities", json={"text": f"Unheardof {FAULT}"})
        assert "Unheardof" not in nlp.vocab.strings
        assert "Anna" not in nlp.vocab.strings

    def test_error_does_not_repeat_the_text(
        self, client: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        text = f"{EVIL} {FAULT}"
        response = client.post("/api/entities", json={"text": text})
        check_problem(response, 500, "AssertionError")
        assert "util.py" in caplog.text and "AssertionError" in caplog.text
        assert FAULT not in caplog.text and "script" not in caplog.text


class TestRefused:
    @pytest.mark.parametrize(
        "question, part",
        [
            ({}, "text: Field required"),
            ({"text": 3}, "text: "),
            ({"text": None}, "text: "),
            ({"text": "x", "threshold": 1.5}, "threshold: "),
            ({"text": "x", "threshold": "0.5"}, "threshold: "),
            ({"text": "x", "alternatives": -1}, "alternatives: "),
            ({"text": "x", "alternatives": 1000}, "alternatives: "),
            ({"text": "x", "gates": "yes"}, "gates: "),
            ({"text": "x", EVIL: 1}, "unknown field"),
            ({"text": EVIL, "threshold": EVIL}, "threshold: "),
            ({"text": f"{EVIL}\ud83d"}, "surrogate"),
            ([EVIL], "the body: "),
            (EVIL, "the body: "),
        ],
    )
    def test_what_is_no_question(self, client: Any, question: Any, part: str) -> None:
        response = client.post(
            "/api/entities",
            content=json.dumps(question),
            headers={"Content-Type": "application/json"},
        )
        check_problem(response, 422, part)

    @pytest.mark.parametrize(
        "content",
        ['{"text": "<script>', b'{"text": "\xff"}', "[" * 100_000, '{"text": NaN}'],
        ids=["cut", "bytes", "deep", "nan"],
    )
    def test_what_is_no_json(self, nlp: Language, content: Any) -> None:
        with serve(make_app(nlp)) as url:
            headers = {"Content-Type": "application/json"}
            url += "/api/entities"
            response = httpx.post(url, content=content, headers=headers)
        check_problem(response, 422 if "NaN" in str(content) else 400)

    @pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data", ""])
    def test_other_content(self, client: Any, kind: str) -> None:
        """A page of another site can post such content without asking."""
        headers = {"Content-Type": kind}
        content = '{"text": "Anna"}'
        response = client.post("/api/entities", content=content, headers=headers)
        check_problem(response, 415, "application/json")

    def test_long_text(self, client: Any) -> None:
        assert find(client, text="🙂" * LENGTH)["entities"] == []
        response = client.post("/api/entities", json={"text": "🙂" * (LENGTH + 1)})
        check_problem(response, 413, "1,001", "1,000", "--max-length")

    def test_long_body(self, client: Any) -> None:
        """It is not parsed, whether its length is declared or not."""
        content, headers = b"[" * 20_000, {"Content-Type": "application/json"}
        for body in (content, (content[i : i + 100] for i in range(0, 20_000, 100))):
            response = client.post("/api/entities", content=body, headers=headers)
            check_problem(response, 413, "13,000 bytes")

    def test_limit_of_the_pipeline(self) -> None:
        nlp = make_names()
        nlp.max_length = 5
        with serve(make_app(nlp)) as url, httpx.Client(base_url=url) as client:
            assert client.get("/api/model").json()["max_length"] == 5
            check_problem(client.post("/api/entities", json={"text": "x" * 6}), 413)

    @pytest.mark.parametrize(
        "host, status",
        [
            ("localhost", 200),
            ("LOCALHOST:80", 200),
            ("192.168.0.7:8000", 200),
            ("[::1]:8000", 200),
            ("ner.example.org", 200),
            ("evil.example.org", 400),
            ("localhost.evil.org", 400),
            ("127.0.0.1.evil.org", 400),
            ("[", 400),
            ("", 400),
        ],
    )
    def test_names_of_the_server(self, client: Any, host: str, status: int) -> None:
        """The page of another site can get a name of its own to lead here."""
        response = client.get("/", headers={"Host": host})
        assert response.status_code == status
        if status == 400:
            check_problem(response, 400, "--allow-host")

    @pytest.mark.parametrize(
        "headers, status",
        [
            ({"Origin": "http://localhost:1"}, 200),
            ({"Sec-Fetch-Site": "same-origin"}, 200),
            ({"Sec-Fetch-Site": "none"}, 200),
            ({"Origin": "http://localhost:2"}, 403),
            ({"Origin": "http://evil.example.org"}, 403),
            ({"Origin": "null"}, 403),
            ({"Sec-Fetch-Site": "cross-site"}, 403),
            ({"Sec-Fetch-Site": "same-site"}, 403),
        ],
    )
    def test_other_sites(self, client: Any, headers: Any, status: int) -> None:
        headers = {"Host": "localhost:1", **headers}
        question = {"text": "Anna"}
        response = client.post("/api/entities", json=question, headers=headers)
        assert response.status_code == status
        if status == 403:
            check_problem(response, 403, "another site")

    def test_preflight_allows_nothing(self, client: Any) -> None:
        headers = {
            "Origin": "http://evil.example.org",
            "Access-Control-Request-Method": "POST",
        }
        check_problem(client.options("/api/entities", headers=headers), 403)

    @pytest.mark.parametrize("path", ["/docs", "/redoc", f"/{EVIL}", "/page.py"])
    def test_what_is_not_there(self, client: Any, path: str) -> None:
        check_problem(client.get(path), 404)

    def test_other_methods(self, client: Any) -> None:
        check_problem(client.get("/api/entities"), 405)
        check_problem(client.delete("/api/entities"), 405)


class TestPages:
    @pytest.mark.parametrize(
        "path", ["/", "/page.css", "/page.js", "/page.svg", "/api/health"]
    )
    def test_has_its_headers(self, client: Any, path: str) -> None:
        response = client.get(path)
        assert response.status_code == 200
        check_headers(response)

    def test_page_loads_nothing_from_elsewhere(self, client: Any) -> None:
        for path in web.FILES:
            text = client.get(path).text.replace("http://www.w3.org/2000/svg", "")
            assert "//" not in text.replace("// ", "") or path == "/page.js"
            assert "http" not in text and "innerHTML" not in text
            assert " style=" not in text and " onclick" not in text

    def test_openapi_describes_it(self, client: Any) -> None:
        description = client.get("/openapi.json").json()
        paths = {"/api/model", "/api/health", "/api/entities"}
        assert description["paths"].keys() == paths
        fields = description["components"]["schemas"]["Question"]["properties"]
        assert fields.keys() == {"text", "threshold", "alternatives", "gates"}
        responses = description["paths"]["/api/entities"]["post"]["responses"]
        assert {"200", "400", "413", "415", "422", "503"} <= responses.keys()

    def test_model(self, client: Any) -> None:
        card = client.get("/api/model").json()
        assert card["name"] == "en_pipeline" and card["components"] == ["names"]
        assert card["labels"] == ["LOC", "ORG", "PER"]
        assert card["max_length"] == LENGTH
        assert card["colors"]["LOC"] == "#ff9561"


def test_too_many_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    nlp, begun, go_on = make_names(), threading.Event(), threading.Event()
    monkeypatch.setattr(web, "AT_ONCE", 1)
    monkeypatch.setattr(web, "WAITING", 0)

    @Language.component("wait")
    def wait(doc: Any) -> Any:
        begun.set()
        assert go_on.wait(60)
        return doc

    nlp.add_pipe("wait")
    with serve(make_app(nlp)) as url, ThreadPoolExecutor(1) as pool:

        def ask() -> Any:
            return httpx.post(f"{url}/api/entities", json={"text": "x"}, timeout=60)

        first = pool.submit(ask)
        assert begun.wait(60)
        response = ask()
        go_on.set()
        assert first.result().status_code == 200
    check_problem(response, 503, "later")
    assert response.headers["Retry-After"] == "5"
