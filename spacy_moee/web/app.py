"""The application: a page to try a pipeline, and JSON for programs."""

import logging
import traceback
from asyncio import CancelledError
from importlib.metadata import version
from pathlib import Path
from typing import Any, Collection, Dict, List

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from spacy.displacy.render import EntityRenderer
from spacy.language import Language
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..errors import MoeeError
from .answers import read
from .guard import HEADERS, Guard
from .problems import RESPONSES, make_problem, show_http_error, show_invalid
from .schema import Answer, Card, Question
from .turns import Busy, Turns

FILES = {
    "/": ("page.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
    "/page.svg": ("page.svg", "image/svg+xml"),
}
# a character outside of the first plane, escaped as JSON
BYTES = len("\\ud83d\\ude00")
OTHER_BYTES = 1_000
AT_ONCE = 4
WAITING = 32
# it could carry texts away; older versions of FastAPI have none and ignore this
SIGNALS = ("tracing", "metrics", "logs", "operation_spans", "auto_configure")
TELEMETRY: Any = dict.fromkeys(SIGNALS, False)
DESCRIPTION = (
    "Named entities, as a spaCy pipeline finds them. Offsets count characters (Unicode "
    "code points), so that an emoji is one; a string of JavaScript counts it as two."
)
log = logging.getLogger(__name__)


def make_app(
    nlp: Language, *, max_length: int = 1_000_000, hosts: Collection[str] = ()
) -> FastAPI:
    """Make an ASGI application: `/` is a page to try the pipeline, `/api/entities`
    answers programs, and `/openapi.json` describes it. Components `moee_ner` are set to
    compute scores and gates. Nothing else may use the pipeline, since its vocabulary
    forgets the words of each text.

    nlp (Language): The pipeline.
    max_length (int): The most characters of a text. spaCy's `nlp.max_length` holds,
        too.
    hosts (Collection[str]): Names by which browsers may address the server, beside
        localhost and IP addresses.
    RETURNS (FastAPI): The application.
    """
    max_length = min(max_length, nlp.max_length)
    pipes: Any = nlp.pipeline
    for name, pipe in pipes:
        if hasattr(pipe, "gates"):
            pipe.gates = True
        if hasattr(pipe, "scores_key"):
            pipe.scores_key = pipe.scores_key or name
    app = FastAPI(
        title="spacy-moee",
        description=DESCRIPTION,
        version=version("spacy-moee"),
        # pages that load scripts from elsewhere
        docs_url=None,
        redoc_url=None,
        telemetry=TELEMETRY,
    )
    add_files(app)
    add_api(app, nlp, max_length)
    app.add_middleware(Guard, hosts=hosts, max_body=BYTES * max_length + OTHER_BYTES)
    app.add_exception_handler(HTTPException, show_http_error)
    app.add_exception_handler(RequestValidationError, show_invalid)
    app.add_exception_handler(Exception, show_fault)
    return app


def add_files(app: FastAPI) -> None:
    """Add the page, and what it loads.

    app (FastAPI): The application.
    """

    def add(path: str, content: bytes, kind: str) -> None:
        def send() -> Response:
            return Response(content, media_type=kind)

        app.add_api_route(path, send, methods=["GET", "HEAD"], include_in_schema=False)

    for path, (name, kind) in FILES.items():
        add(path, Path(__file__).with_name(name).read_bytes(), kind)


def add_api(app: FastAPI, nlp: Language, max_length: int) -> None:
    """Add what programs ask for.

    app (FastAPI): The application.
    nlp (Language): The pipeline.
    max_length (int): The most characters of a text.
    """
    card = describe(nlp, max_length)
    turns = app.state.turns = Turns(nlp, AT_ONCE, WAITING)

    @app.get("/api/model")
    async def get_model() -> Card:
        """The pipeline, and its limits."""
        return card

    @app.get("/api/health")
    async def get_health() -> Dict[str, str]:
        """Whether the server is there."""
        return {"status": "ok"}

    @app.post("/api/entities", responses=RESPONSES)
    async def find_entities(question: Question) -> Answer:
        """The entities of a text."""
        length = len(question.text)
        if length > max_length:
            raise HTTPException(
                413,
                f"The text has {length:,} characters; the most that are read are "
                f"{max_length:,}. Split it, or start the server with a higher "
                "--max-length.",
            )
        try:
            return await turns.read(read, nlp, question)
        except CancelledError:
            raise HTTPException(503, "The server is being stopped.") from None
        except Busy:
            raise HTTPException(
                503, "Too many texts wait. Try again later.", {"Retry-After": "5"}
            ) from None
        except Exception as error:
            raise HTTPException(500, log_fault(error)) from None


def describe(nlp: Language, max_length: int) -> Card:
    """Describe a pipeline.

    nlp (Language): The pipeline.
    max_length (int): The most characters of a text.
    RETURNS (Card): Its names and limits.
    """
    labels: List[str] = []
    for name in nlp.pipe_names:
        if "doc.ents" in nlp.get_pipe_meta(name).assigns:
            labels += getattr(nlp.get_pipe(name), "labels", ())
    labels = list(dict.fromkeys(labels))
    colors = EntityRenderer().colors
    return Card(
        name=f"{nlp.lang}_{nlp.meta['name']}",
        version=nlp.meta["version"],
        lang=nlp.lang,
        components=nlp.pipe_names,
        labels=labels,
        max_length=max_length,
        colors={label: colors[label] for label in labels if label in colors},
    )


def log_fault(error: Exception) -> str:
    """Log where an error was raised, but not its message, which may repeat the text.

    error (Exception): The error.
    RETURNS (str): What the client may know.
    """
    name = error.code if isinstance(error, MoeeError) else type(error).__name__
    frames = "".join(traceback.format_tb(error.__traceback__))
    log.error("A text could not be read: %s\n%s", name, frames)
    return f"The pipeline can't read this text ({name}). The server's log says where."


async def show_fault(request: Request, error: Exception) -> Response:
    """Respond to an error that nothing else handles.

    request (Request): The request.
    error (Exception): The error.
    RETURNS (Response): The response.
    """
    # the guard does not see it
    return make_problem(500, log_fault(error), HEADERS)
