"""The `scheduling` command. Whatever goes wrong is told in one sentence, with exit status 1."""

import asyncio
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from random import Random
from typing import Annotated, NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import httpx2
import typer
from pydantic import SecretStr
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from .client import ApiClient, ApiError, Pace
from .demo import MANAGER_EMAIL, PASSWORD, PLAYED, STAFF_EMAIL, seed
from .inrc2.entry import Entering, Objection, Summary
from .inrc2.folder import load_ward
from .inrc2.plan import Plan, plan_of
from .inrc2.ward import DataError
from .main import CannotServe, create_app, now, serve
from .services.passwords import Passwords
from .services.simulation import Demo
from .settings import DATABASE_VARIABLES, WEB_BUILD, Settings, UnusableSettings, named_database, read_settings
from .simulation.colleagues import Colleagues
from .store.backend import DatabaseUnavailable
from .store.database import Database, usable
from .store.migrate import migrate as migrate_database

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
# Never wrapped: who copies a path or reads a line by a program wants it whole.
console = Console(highlight=False, soft_wrap=True)
stderr = Console(stderr=True, highlight=False, soft_wrap=True)

OBJECTIONS_SHOWN = 20
"""Of each kind, in the import's summary."""


def fail(sentence: str) -> NoReturn:
    stderr.print(f"[red]error:[/red] {escape(sentence)}")
    raise typer.Exit(1)


@contextmanager
def told() -> Iterator[None]:
    """Turn what can go wrong into one sentence and exit status 1."""
    try:
        yield
    except (ApiError, CannotServe, DataError, DatabaseUnavailable, UnusableSettings) as error:
        sentence = str(error)
        fail(sentence if sentence.endswith((".", "?")) else f"{sentence}.")


@app.command()
def migrate(
    database: Annotated[
        str,
        typer.Argument(
            envvar=list(DATABASE_VARIABLES),
            show_envvar=True,
            help="A SQLite file, or postgresql://user:password@host/name.",
        ),
    ] = "scheduling.sqlite3",
) -> None:
    """Create the database, or bring it up to date."""
    with told():
        backend = migrate_database(database)
    console.print(f"{escape(str(backend))} is up to date.")


@app.command()
def demo(
    port: Annotated[int, typer.Option(min=1, max=65_535)] = 8000,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    data: Annotated[Path, typer.Option(help="Where the demo's database and secret are kept.")] = Path(".data"),
    web: Annotated[Path, typer.Option(help="The built dashboard.")] = WEB_BUILD,
) -> None:
    """Serve a believable team and week: http://127.0.0.1:8000."""
    if not (web / "index.html").is_file():
        fail(f"The dashboard is not built: there is no {web / 'index.html'}. `make demo` builds it.")
    _require_free(host, port)
    with told():
        passwords = Passwords()
        application = create_app(prepare(data, web, passwords), passwords=passwords, visited=visited())
    _welcome(f"http://{host}:{port}")
    with told():
        serve(application, host=host, port=port, log_level="warning", grace=5)


def prepare(data: Path, web: Path, passwords: Passwords) -> Settings:
    """Everything that the demo keeps in `data`: its secret, and its database, filled, unless that is elsewhere.

    It is elsewhere where the environment names one. Raises DatabaseUnavailable, UnusableSettings.
    """
    database = named_database() or str(data / "scheduling.sqlite3")
    migrate_database(database)
    settings = read_settings(
        database=database, secret=SecretStr(_kept_secret(data / "secret")), web_build=web, development=True
    )
    asyncio.run(_fill(database, passwords))
    return settings


def visited() -> Demo:
    """What the demo has beyond the application."""
    colleagues = Colleagues(
        [member.address for member in PLAYED],
        PASSWORD,
        clock=now,
        dice=Random(),  # noqa: S311
    )
    return Demo(MANAGER_EMAIL, STAFF_EMAIL, PASSWORD, colleagues)


async def _fill(address: str, passwords: Passwords) -> None:
    database = await Database(address).open()
    try:
        with usable(address):
            await seed(database, passwords, now())
    finally:
        await database.close()


def _kept_secret(file: Path) -> str:
    """The secret in `file`, made at the first start and readable by nobody else."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)  # the database may be elsewhere
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
            new.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    except OSError as error:
        fail(f"The secret {file} cannot be written: {error.strerror}.")
    try:
        secret = file.read_text()
    except OSError as error:
        fail(f"The secret {file} cannot be read: {error.strerror}. Move it away, and a new one is made.")
    except UnicodeDecodeError:
        secret = ""
    if len(secret) < 32:
        fail(f"The secret {file} is damaged: delete it, and a new one is made. Everybody then signs in again.")
    return secret


def _require_free(host: str, port: int) -> None:
    """Say that the port is in use before anything else is done."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        fail(f"Port {port} of {host} cannot be used: {error.strerror}. Choose another with PORT= or --port.")


def _welcome(url: str) -> None:
    text = (
        f"The demo is at [bold]{url}[/bold]\n\n"
        f"Manager  [bold]{MANAGER_EMAIL}[/bold]\nStaff    [bold]{STAFF_EMAIL}[/bold]\n"
        f"Password [bold]{PASSWORD}[/bold], for everybody in the team\n\nCtrl+C stops it."
    )
    console.print(Panel(text, title="scheduling", expand=False, padding=(1, 3)))


@app.command()
def import_inrc2(
    folder: Annotated[Path, typer.Argument(help="The ward's folder: Sc-….txt, WD-….txt and Solution_… folders.")],
    first_monday: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="When its first week begins.")],
    url: Annotated[str, typer.Option(help="The server.")] = "http://127.0.0.1:8000",
    rate: Annotated[float, typer.Option(min=0.1, max=10_000, help="Requests a second.")] = 50,
    email: Annotated[str, typer.Option(help="A manager's.")] = MANAGER_EMAIL,
    password: Annotated[str, typer.Option(envvar="SCHEDULING_PASSWORD", show_default=False)] = PASSWORD,
    solution: Annotated[str | None, typer.Option(help="Which Solution_… folder; by default the first.")] = None,
    location: Annotated[str | None, typer.Option(help="Its name; by default the ward's.")] = None,
    timezone: Annotated[str, typer.Option(help="Whose clocks the shifts go by.")] = "Europe/Brussels",
    accept_soft: Annotated[bool, typer.Option(help="Overrule soft rules, and tell which.")] = True,
) -> None:
    """Enter a ward of the nurse rostering competition INRC-II through the REST API.

    What is there already is left alone: entering it twice changes nothing.
    """
    _require_address(url)
    with told():
        ward = load_ward(folder, solution)
        monday = _monday(first_monday.date())
        try:
            plan = plan_of(ward, monday, location or ward.name, _zone(timezone))
        except OverflowError:
            fail(f"--first-monday: {len(ward.weeks)} weeks from {monday} on leave the calendar (years 1 to 9999).")
        asyncio.run(_enter(plan, url, rate, (email, password), accept_soft=accept_soft))


def _require_address(url: str) -> None:
    """Say how an address is written before anything else is done."""
    try:
        address = httpx2.URL(url)
    except httpx2.InvalidURL:
        address = httpx2.URL()
    if address.scheme not in {"http", "https"} or not address.host:
        fail(
            f"--url: {url!r} is not the address of a server: write it with http:// or https:// and the host,"
            " such as http://127.0.0.1:8000."
        )


def _monday(day: date) -> date:
    if day.weekday() != 0:
        fail(f"--first-monday: {day} is a {day:%A}.")
    return day


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        fail(f"--timezone: {name} is not an IANA time zone such as Europe/Brussels.")


async def _enter(plan: Plan, url: str, rate: float, credentials: tuple[str, str], *, accept_soft: bool) -> None:
    columns = (TextColumn("{task.fields[title]:<34.34}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("", total=plan.size, title="signing in")
        async with httpx2.AsyncClient(base_url=url, timeout=30) as http:
            api = ApiClient(http, Pace(rate), *credentials)
            entering = Entering(
                api, accept_soft=accept_soft, step=lambda title: progress.update(bar, advance=1, title=title)
            )
            try:
                await entering.enter(plan)
            finally:
                progress.stop()
                if entering.summary.begun:
                    report(entering.summary)


def report(summary: Summary) -> None:
    """Print what was entered, what was there, and what the rules said."""
    for kind in ("locations", "needs", "staff", "schedules", "time-off requests"):
        console.print(
            f"{kind + ':':<19}{summary.entered[kind]:>5} entered, {summary.already_there[kind]} already there, "
            f"{summary.refused_entries[kind]} refused"
        )
    _report_objections("Overruled, as the rules allow", summary.accepted)
    _report_objections("Refused", summary.refused)


def _report_objections(heading: str, objections: list[Objection]) -> None:
    if not objections:
        return
    console.print(f"\n[bold]{heading}[/bold]")
    for code in dict.fromkeys(objection.code for objection in objections):
        alike = [objection for objection in objections if objection.code == code]
        console.print(f"  {code}: {len(alike)}")
        for objection in alike[:OBJECTIONS_SHOWN]:
            console.print(f"    {escape(objection.title)}: {escape(objection.message)}")
        if len(alike) > OBJECTIONS_SHOWN:
            console.print(f"    … and {len(alike) - OBJECTIONS_SHOWN} more")
