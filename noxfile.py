"""One command for each task of a contributor: `nox -s tests`, `nox -l` for all."""

import nox

nox.options.sessions = ["lint", "types", "docs", "tests", "slow"]
EXTRAS = "tests,glove,transformers,minilm,insight,web"


def install(session: nox.Session, extras: str) -> None:
    session.install("-c", "constraints.txt", "-e", f".[{extras}]")


@nox.session
def tests(session: nox.Session) -> None:
    """The fast tests."""
    install(session, EXTRAS)
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session
def slow(session: nox.Session) -> None:
    """The tests that take long."""
    install(session, EXTRAS)
    session.run("python", "-m", "pytest", "-m", "slow", *session.posargs)


@nox.session(name="spacy-tests")
def spacy_tests(session: nox.Session) -> None:
    """spaCy's own tests, with `moee_ner` in the place of `ner`."""
    install(session, "tests")
    # what spaCy's tests need
    session.install("mock", "ml-datasets")
    options = "-c", "tests/spacy_suite/suite.ini", "--rootdir", ".", "--all-files"
    session.run("python", "-m", "pytest", *options, *session.posargs)


@nox.session
def clients(session: nox.Session) -> None:
    """The programs that take a pipeline: those of docs/guides/clients.md."""
    install(session, "tests")
    tests = "tests/clients"
    session.install("-c", "constraints.txt", "-r", f"{tests}/requirements.txt")
    session.run("python", "-m", "pytest", tests, "-m", "clients", *session.posargs)


@nox.session
def browser(session: nox.Session) -> None:
    """The page of `spacy moee serve` in Chromium, which has to be there."""
    install(session, "tests,web")
    session.install("-c", "constraints.txt", "playwright")
    tests = "tests/web/test_page.py"
    marks = "slow or not slow"
    session.run("python", "-m", "pytest", tests, "-m", marks, *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Format and lint."""
    session.install("-c", "constraints.txt", "ruff")
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Types, with the extras that the code imports."""
    install(session, f"dev,{EXTRAS}")
    session.run("mypy")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation. Warnings are errors."""
    install(session, "docs")
    options = "-W", "-n", "--keep-going", "-b", "html"
    session.run("python", "-m", "sphinx", *options, "docs", "docs/_build")


@nox.session
def bench(session: nox.Session) -> None:
    """Speed: `nox -s bench -- --quick`."""
    install(session, EXTRAS)
    session.run("python", "-m", "benchmarks.speed", *session.posargs)
