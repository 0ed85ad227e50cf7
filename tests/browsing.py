"""Fixtures for tests in a real browser.

A test module that wants them says ``pytest_plugins = ["browsing"]`` and marks
its tests ``@pytest.mark.browser``. (Importing the fixtures instead would start
one browser per module, which Playwright refuses.) PYTEST_DONT_REWRITE: a test
module may also import names from here.
"""

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright
from werkzeug.serving import make_server

WIDE = (1440, 900)
NARROW = (1280, 720)
_OWN_HOSTS = {"127.0.0.1", "localhost"}
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]


@dataclass
class Visit:
    """A page in a fresh context, with what went wrong on it."""

    page: Page
    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._note_message)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", self._note_request)
        self.page.on("websocket", lambda socket: self._note_url(socket.url))

    def _note_message(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(f"{message.text} ({message.location.get('url', '')})")

    def _note_request(self, request: Request) -> None:
        self._note_url(request.url)

    def _note_url(self, url: str) -> None:
        self.requested.append(url)
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in _OWN_HOSTS:
            self.foreign.append(url)

    def assert_clean(self) -> None:
        assert not self.errors, self.errors
        assert not self.foreign, self.foreign


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or "/usr/bin/chromium", args=_ARGUMENTS
        )
        yield running
        running.close()


@pytest.fixture
def browser_page(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """``browser_page(size=WIDE, **context_options)`` → a visit in a fresh context."""
    contexts = []

    def visit(size: tuple[int, int] = WIDE, **options: Any) -> Visit:
        viewport = {"width": size[0], "height": size[1]}
        context = browser.new_context(**{"viewport": viewport, "locale": "zh-CN", **options})
        contexts.append(context)
        return Visit(context.new_page())

    yield visit
    for context in contexts:
        context.close()


@pytest.fixture
def live() -> Iterator[Callable[[Flask], str]]:
    """``live(app)`` → address of the app, served on a free port until the test ends."""
    running = []

    def start(app: Flask) -> str:
        server = make_server("127.0.0.1", 0, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()
