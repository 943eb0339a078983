"""The command: which of the examinations, and how what they find is shown."""

import asyncio
import json
import logging
import os
from collections.abc import Iterable
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from tidings.cli.doctor.address import Address, examine_address
from tidings.cli.doctor.application import examine_application
from tidings.cli.doctor.finding import Finding, Level

_STYLES: dict[Level, str] = {"fault": "bold red", "warning": "yellow", "passed": "green", "skipped": "dim"}


def doctor(
    targets: Annotated[
        list[str],
        typer.Argument(
            metavar="MODULE:APP|URL…",
            help="An application, as in main:app, is looked at here; a URL, as in wss://app.example/ws, from outside.",
            show_default=False,
        ),
    ],
    origin: Annotated[
        str | None, typer.Option(help="The origin of the pages that connect; by default the URL's own.")
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(envvar="TIDINGS_TOKEN", help="A user's token, to hold a connection; best in the environment."),
    ] = None,
    hold: Annotated[float, typer.Option(min=0, help="Seconds to hold a quiet connection.")] = 70.0,
    as_json: Annotated[bool, typer.Option("--json", help="Write a list of findings as JSON.")] = False,
) -> None:
    """Look for the usual faults of a deployment. The exit status is 1 where there is one.

    tidings doctor main:app

    tidings doctor wss://app.example/ws --origin https://app.example
    """
    logging.getLogger("tidings").addHandler(logging.NullHandler())  # what it warns of is found, and told once
    findings = [finding for target in targets for finding in _examined(target, origin, token, hold)]
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings], indent=2, ensure_ascii=False))
    else:
        _show(findings)
    raise typer.Exit(any(finding.level == "fault" for finding in findings))


def _examined(target: str, origin: str | None, token: str | None, hold: float) -> Iterable[Finding]:
    if "://" not in target:
        return examine_application(target, os.environ)
    try:
        address = Address.of(target, origin)
    except ValueError as error:
        typer.echo(f"tidings doctor: {error}", err=True)
        raise typer.Exit(2) from None
    return asyncio.run(examine_address(address, token=token, hold=hold))


def _show(findings: Iterable[Finding]) -> None:
    console = Console(highlight=False)
    for finding in findings:
        console.print(Text.assemble((f"{finding.level:<9}", _STYLES[finding.level]), (finding.where, "bold")))
        said = f"{finding.what}\n→ {finding.fix}" if finding.fix else finding.what
        console.print(Padding(Text(said), (0, 0, 1, 9)))
