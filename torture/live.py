"""What can happen to items, and where it is told."""

from pydantic import BaseModel, ConfigDict

from tidings import Channel, Event


class Item(BaseModel):
    """A row of the table of items. `version` rises with each change."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    version: int
    owner: str
    text: str


class ItemChanged(Event, type="item:changed", key="item.id", version="item.version"):
    """The item is new, or is now so."""

    item: Item


class ItemRemoved(Event, type="item:removed", key="id", version="version"):
    """The item is gone; or it is gone from here, as it has another owner now."""

    id: int
    version: int


class Items(Channel[ItemChanged | ItemRemoved], name="items"):
    """All items."""


class OwnedItems(Channel[ItemChanged | ItemRemoved], name="owner:{owner}:items"):
    """One owner's items."""

    owner: str


class Visits(Channel[ItemChanged], name="visits:{number}"):
    """One of very many."""

    number: int


class Lobby(Channel[ItemChanged], name="lobby", presence=True):
    """Where people are seen."""


class Guarded(Channel[ItemChanged], name="guarded:{number}"):
    """What those see who were let in, until they are shut out."""

    number: int
