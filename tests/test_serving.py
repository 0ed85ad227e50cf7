import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import urlopen

import pytest

PROGRAM = """
import sys
from flask import Flask
from webmap import serving

app = Flask("trivial")
app.add_url_rule("/", view_func=lambda: "served")
{before}
serving.{call}
"""


@contextmanager
def running(call: str, before: str = "") -> Iterator[str]:
    program = PROGRAM.format(call=call, before=before)
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", program], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(10)
            finally:
                process.kill()


@pytest.mark.parametrize(
    "call",
    [
        "serve(app, port=0)",
        'serve_with_gunicorn(app, "127.0.0.1", 0)',
        'serve_with_waitress(app, "127.0.0.1", 0)',
    ],
)
def test_the_address_printed_answers(call: str) -> None:
    with running(call) as address:
        assert address.startswith("http://127.0.0.1:")
        assert not address.endswith(":0/")
        with urlopen(address, timeout=10) as answer:
            assert answer.read() == b"served"


def test_waitress_serves_where_gunicorn_cannot() -> None:
    without = 'sys.modules["fcntl"] = None'
    with running("serve(app, port=0)", without) as address, urlopen(address, timeout=10) as answer:
        assert answer.headers["Server"] == "waitress"


def test_importing_loads_no_server() -> None:
    program = "import sys, webmap.serving; assert not {'gunicorn', 'waitress'} & {*sys.modules}"
    subprocess.run([sys.executable, "-c", program], check=True)
