"""Errors as `application/problem+json` (RFC 9457). They repeat nothing of a request."""

from http import HTTPStatus
from typing import Any, Dict, Mapping, Optional

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from .schema import Problem, Question

# for OpenAPI
RESPONSES: Dict[Any, Dict[str, Any]] = {
    status: {"model": Problem, "description": HTTPStatus(status).phrase}
    for status in (400, 403, 413, 415, 422, 500, 503)
}


def make_problem(
    status: int, detail: str, headers: Optional[Mapping[str, str]] = None
) -> JSONResponse:
    """Make a response for an error.

    status (int): The HTTP status.
    detail (str): What was found, what was expected, and what to do.
    headers (Optional[Mapping[str, str]]): Headers of the response.
    RETURNS (JSONResponse): The response.
    """
    problem = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail)
    return JSONResponse(
        problem.model_dump(), status, headers, media_type="application/problem+json"
    )


async def show_http_error(request: Request, error: Exception) -> JSONResponse:
    """Respond to an error that has a status.

    request (Request): The request.
    error (Exception): An HTTPException.
    RETURNS (JSONResponse): The response.
    """
    assert isinstance(error, HTTPException)
    return make_problem(error.status_code, error.detail, error.headers)


async def show_invalid(request: Request, error: Exception) -> JSONResponse:
    """Respond to a body that is not what the schema says.

    request (Request): The request.
    error (Exception): A RequestValidationError.
    RETURNS (JSONResponse): The response: 400 for what is no JSON, otherwise 422.
    """
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(fault["type"] == "json_invalid" for fault in found):
        return make_problem(400, "The body is not valid JSON.")
    faults = "; ".join(dict.fromkeys(map(_describe, found)))
    return make_problem(422, f"{faults}. /openapi.json describes what is expected.")


def _describe(fault: Dict[str, Any]) -> str:
    # a name that is not ours is one of the request
    names = [name for name in fault["loc"][1:] if name in Question.model_fields]
    where = names[0] if names else "the body"
    if fault["type"] == "extra_forbidden":
        return f"unknown field; known are {', '.join(Question.model_fields)}"
    return f"{where}: {fault['msg']}"
