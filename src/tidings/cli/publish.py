"""`tidings publish`: one event, from the command line."""

import asyncio
import logging
from typing import Annotated, Any, NoReturn

import msgspec
import typer

from tidings.cli.application import described
from tidings.cli.types import declarations
from tidings.protocol.channels import Channel, Declarations
from tidings.protocol.errors import TidingsError
from tidings.protocol.events import Event
from tidings.publishing.publisher import Publisher


def publish(
    target: Annotated[
        str,
        typer.Argument(metavar="MODULE", help="Where channels and events are declared, as in app.live."),
    ],
    channel: Annotated[str, typer.Argument(metavar="CHANNEL", help="The channel's name, as in week:2026-48.")],
    event: Annotated[str, typer.Argument(metavar="EVENT", help="The event's type, as in shift_updated.")],
    payload: Annotated[str, typer.Argument(metavar="JSON", help="Its fields, as in '{\"id\": 12}'.")] = "{}",
    url: Annotated[
        str,
        typer.Option(
            envvar="TIDINGS_URL",
            help="The servers' broker: redis://…, or the URL of their database (SQLAlchemy's form).",
        ),
    ] = "redis://127.0.0.1:6379",
    id: Annotated[
        str | None, typer.Option(metavar="ID", help="The event's id: published again, the same id changes nothing.")
    ] = None,
) -> None:
    """Publish an event to a channel; prints its id.

    tidings publish app.live week:2026-48 shift_updated '{"id": 12}' --url redis://127.0.0.1:6379
    """
    logging.getLogger("tidings").addHandler(logging.NullHandler())  # what it warns of fails, and is told once
    try:
        found = _channel(target, channel)
        ready = _event(found, event, payload)
        with Publisher(url) as publisher:
            asyncio.run(publisher.broker.check())  # which knows what to mend, where drivers have a word for what fails
            typer.echo(publisher.publish(ready, found, id=id))
    except (TidingsError, ValueError) as error:
        _fail(str(error))
    except ModuleNotFoundError as error:
        _fail(str(error) if "install" in str(error) else f"{error.name} is not installed: pip install {error.name}")
    except Exception as error:  # noqa: BLE001
        _fail(f"the event was not published: {described(error).rpartition(' (')[0]}")


def _channel(target: str, name: str) -> Channel[Any]:
    _, classes = declarations(target)
    channel = Declarations(classes).find(name)
    if channel is None:
        patterns = ", ".join(sorted(each.pattern for each in classes)) or "none"
        raise ValueError(f"no channel of {target} has the name {name!r}: it declares {patterns}")
    return channel


def _event(channel: Channel[Any], type: str, payload: str) -> Event:
    if type not in channel.event_types:
        types = ", ".join(sorted(channel.event_types)) or "nothing"
        raise ValueError(f"{channel.name} does not carry {type!r}: it carries {types}")
    try:
        fields = msgspec.json.decode(payload)
    except msgspec.DecodeError as error:
        raise ValueError(f"the payload is not JSON: {error}") from error
    if not isinstance(fields, dict):
        raise ValueError(f"the payload is {payload[:40]!r}: write the event's fields as a JSON object")  # noqa: TRY004
    return channel.event_types[type].from_payload(fields)


def _fail(reason: str) -> NoReturn:
    typer.echo(f"tidings publish: {reason}", err=True)
    raise typer.Exit(1)
