"""What all commands share: how they are found, the plan they are about, signs of life."""

import importlib
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import click

import geoplan
from geoplan.errors import GeoplanError
from geoplan.plan.problems import Language

_QUIET_SECONDS = 2.0
_EXTENSIONS = "geoplan.commands"
_OWN: Mapping[str, tuple[str, ...]] = {
    "plans": ("init", "show", "check", "schema", "ledger", "derive"),
    "places": ("density", "placement", "concentration", "conformity", "picture"),
    "sites": ("site", "replay", "sheet"),
    "files": ("export", "pack", "import", "undo", "template"),
}
"""Module → its commands; it is imported when one of them is asked for."""


_LANGUAGE = "geoplan.language"


class _Commands(click.Group):
    """Own commands and those of installed extensions; an own error is one line and exit code 2.

    An extension registers its commands in the entry point group
    ``geoplan.commands``; it is loaded when its command is asked for.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        own = (name for names in _OWN.values() for name in names)
        return sorted({*own, *entry_points(group=_EXTENSIONS).names})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        for module, names in _OWN.items():
            if cmd_name in names:
                own: click.Command = getattr(
                    importlib.import_module(f"geoplan.cli.{module}"), f"{cmd_name}_command"
                )
                return own
        for entry in entry_points(group=_EXTENSIONS, name=cmd_name):
            command: click.Command = entry.load()
            return command
        return None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except GeoplanError as error:
            told = getattr(error, "message", None)
            said = told(ctx.meta.get(_LANGUAGE, "en")) if callable(told) else error
            click.echo(f"geoplan: {said}", err=True)
            ctx.exit(2)


def _default_language() -> Language:
    spoken = os.environ.get("GEOPLAN_LANG") or os.environ.get("LC_ALL") or os.environ.get("LANG")
    return "zh" if (spoken or "").lower().startswith("zh") else "en"


plan_option = click.option(
    "--plan",
    "folder",
    type=click.Path(path_type=Path),
    default=None,
    help="Plan folder. Default: the current folder if it is a plan, else the embedded plan.",
)
form_option = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "csv"]),
    default="text",
    help="How to list.",
)


def _remember(ctx: click.Context, _: click.Parameter, language: Language) -> Language:
    # An error is told after its command has ended, in the command's language.
    ctx.meta[_LANGUAGE] = language
    return language


lang_option = click.option(
    "--lang",
    "language",
    callback=_remember,
    type=click.Choice(["zh", "en"]),
    default=_default_language,
    help="Language; default from GEOPLAN_LANG or the locale.",
)


@contextmanager
def progress(label: str) -> Iterator[None]:
    """Say on stderr that work goes on, once it has lasted two seconds."""
    done = threading.Event()

    def tell() -> None:
        seconds = _QUIET_SECONDS
        while not done.wait(_QUIET_SECONDS):
            click.echo(f"{label} … {seconds:.0f} s", err=True)
            seconds += _QUIET_SECONDS

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(geoplan.__version__, prog_name="geoplan")
def main() -> None:
    """Turn an industrial plan document into a map that can be questioned."""
