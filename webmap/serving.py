"""Serve the application: gunicorn where it runs, waitress elsewhere."""

from typing import Any

from flask import Flask

_WORKERS = 2
_THREADS = 4
_THREADS_ALONE = 8


def serve(app: Flask, host: str = "127.0.0.1", port: int = 8000) -> None:
    """Serve until interrupted, and print the address once it answers.

    Parameters
    ----------
    app :
        The application; it is built before the workers start and shared by them.
    host :
        Address to listen on; the default is not reachable from outside.
    port :
        0 takes any free port.
    """
    try:
        import gunicorn.app.base  # noqa: F401
    except ImportError:  # not installed, or Windows: gunicorn needs fcntl
        serve_with_waitress(app, host, port)
    else:
        serve_with_gunicorn(app, host, port)


def serve_with_gunicorn(app: Flask, host: str, port: int) -> None:
    """Serve from worker processes with threads."""
    from gunicorn.app.base import BaseApplication

    def announce(arbiter: Any) -> None:
        _announce(host, arbiter.LISTENERS[0].sock.getsockname()[1])

    settings = {
        "bind": f"{_bracketed(host)}:{port}",
        "worker_class": "gthread",
        "workers": _WORKERS,
        "threads": _THREADS,
        "loglevel": "warning",
        "control_socket_disable": True,
        "when_ready": announce,
    }

    class Server(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            for name, value in settings.items():
                # Older gunicorns lack the newer settings.
                if name in self.cfg.settings:
                    self.cfg.set(name, value)

        def load(self) -> Flask:
            return app

    Server().run()


def serve_with_waitress(app: Flask, host: str, port: int) -> None:
    """Serve from one process with threads."""
    from waitress.server import create_server

    server = create_server(app, host=host, port=port, threads=_THREADS_ALONE)
    _announce(host, getattr(server, "effective_port", port))
    server.run()


def _announce(host: str, port: int) -> None:
    print(f"http://{_bracketed(host)}:{port}/", flush=True)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
