"""`augderm`: the commands and their exit status."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from augderm.cli.bench import bench
from augderm.cli.clinic import clinic
from augderm.cli.compare import compare
from augderm.cli.data import data
from augderm.cli.demo import demo
from augderm.cli.duckling import duckling
from augderm.cli.evaluate import evaluate
from augderm.cli.exit_status import INTERRUPTED, MISUSE
from augderm.cli.library import library
from augderm.cli.maps import maps
from augderm.cli.phantom import phantom
from augderm.cli.read import read
from augderm.cli.serve import serve
from augderm.cli.similar import similar
from augderm.cli.simulate import simulate
from augderm.cli.train import train
from augderm.cli.worklist import worklist
from augderm.domain.errors import AugDermError
from augderm.domain.text import visible

app = typer.Typer(
    name="augderm",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Augmented dermatology: reads dermoscopic images, measures them, and says how sure it is. "
    "Not a medical device: the dermatologist decides.",
)
for command in (
    read,
    worklist,
    compare,
    similar,
    duckling,
    maps,
    phantom,
    demo,
    serve,
    train,
    evaluate,
    bench,
):
    app.command()(command)
app.add_typer(clinic, name="clinic")
app.add_typer(data, name="data")
app.add_typer(library, name="library")
app.add_typer(simulate, name="simulate")


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"augderm {version('augderm')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line. Exits 0, 2 (some images failed), 1 (misuse) or 130 (interrupted)."""
    try:
        status = app(standalone_mode=False)
    except typer.TyperException as error:
        # Left to itself, typer would exit with 2, which here means that some images failed.
        typer.echo(f"{error.format_message()}\nHelp: augderm --help", err=True)
        status = MISUSE
    except AugDermError as error:
        typer.echo(f"augderm: {visible(str(error))}", err=True)
        status = MISUSE
    except (typer.Abort, KeyboardInterrupt):
        status = INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away (`| head`): nobody is left to tell.
        sys.stderr.close()
        status = 0
    sys.exit(status if isinstance(status, int) else 0)
