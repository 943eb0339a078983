"""Channels: declared names with typed parameters, and the events that each may carry (spec/protocol.md, section 3)."""

import re
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Generic, Self, TypeVar, Union, dataclass_transform, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel

from tidings.protocol.errors import ChannelError, DeclarationError, EventError
from tidings.protocol.events import Event
from tidings.protocol.presence import channel_of, presence_log

MAX_NAME = 255
MAX_USER_ID = 128
_SEGMENT = r"[A-Za-z0-9._~@+=/#|\-]+"
_NAME = re.compile(rf"{_SEGMENT}(?::{_SEGMENT})*")
_PARAMETER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_WHOLE_SEGMENT = re.compile(_SEGMENT).fullmatch
_OWN = re.compile(rf"user:{_SEGMENT}")
_PRINTED = ":name"  # where a channel keeps its name: no parameter is called so

E_contra = TypeVar("E_contra", bound=Event, contravariant=True)


def check_name(name: object) -> str:
    """The name itself. Raises ChannelError, saying why, where it is not a channel's name."""
    if not isinstance(name, str):
        raise ChannelError(f"a channel's name is text, not {type(name).__name__}")
    if not 0 < len(name) <= MAX_NAME:
        raise ChannelError(f"a channel's name has 1 to {MAX_NAME} characters, this one has {len(name)}")
    if not _NAME.fullmatch(name):
        raise ChannelError(
            f"{name!r} is not a channel's name: letters, digits, . _ ~ @ + = / # | - in segments parted by ':'"
        )
    return name


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Channel(Generic[E_contra]):
    """A name that events are sent to, declared once with the events it may carry:

        class TeamSchedules(Channel[ScheduleCreated | ScheduleDeleted], name="team:{team_id}:schedules"):
            team_id: int

    Every subscriber of a channel may see every event in it. Parameters are int, str or UUID and fill one segment
    each. Instances are immutable values; `TeamSchedules(team_id=7).name` is "team:7:schedules". Raises
    DeclarationError for a pattern and annotations that do not fit each other, ChannelError for a parameter that does
    not print to a canonical segment.

    Where every event has a key, a client that reads too slowly is sent only the last event of each entity that it
    missed; `conflate=False` declares that it needs them all.

    With `presence=True` all who may follow the channel may see who is on it. A Pydantic model in its place, whose
    fields all have defaults, is what each connection may say of itself.
    """

    pattern: ClassVar[str] = ""
    presence: ClassVar[type[BaseModel] | bool] = False
    conflates: ClassVar[bool] = False
    event_types: ClassVar[Mapping[str, type[Event]]] = {}
    parameters: ClassVar[Mapping[str, Callable[[str], Any]]] = {}

    def __init_subclass__(
        cls,
        *,
        name: str | None = None,
        conflate: bool = True,
        presence: type[BaseModel] | bool | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init_subclass__(**kwargs)
        dataclass(frozen=True, kw_only=True)(cls)
        if name is not None:
            cls.pattern = name
            cls.parameters = _parameters(cls, name)
        elif cls.pattern and {field.name for field in fields(cls)} != cls.parameters.keys():  # type: ignore[arg-type]
            raise DeclarationError(f"{cls.__qualname__} has fields that {cls.pattern!r} does not name: give it name=")
        if presence is not None:
            cls.presence = _checked_presence(cls, presence)
        cls.event_types = _event_types(cls) or cls.event_types
        cls.conflates = conflate and all(event.key_path is not None for event in cls.event_types.values())

    def __post_init__(self) -> None:
        self._print()

    @property
    def name(self) -> str:
        """The channel's name on the wire."""
        try:
            name: str = self.__dict__[_PRINTED]
        except KeyError:  # a class may have a __post_init__ that does not call this one
            return self._print()
        return name

    def _print(self) -> str:
        """The name, which is kept. Raises as the class does."""
        if not self.pattern:
            raise DeclarationError(f"{type(self).__qualname__} has no name: declare it with name=")
        if (name := self._printed()) is None:
            name = _PARAMETER.sub(lambda part: str(getattr(self, part[1])), self.pattern)
            if (read := type(self).parse(name)) != self:
                raise ChannelError(f"{self!r} has no canonical name: {name!r} reads back as {read!r}")
        self.__dict__[_PRINTED] = name
        return name

    def _printed(self) -> str | None:
        """The name, where a look at the parameters tells that it reads back as this channel; None where `parse` has to
        say.
        """
        values: dict[str, Any] = self.__dict__
        for field, kind in self.parameters.items():
            value: Any = values.get(field)
            if type(value) is not kind or (kind is str and _WHOLE_SEGMENT(value) is None):
                return None
        name = self.pattern.format_map(values)
        return name if len(name) <= MAX_NAME and channel_of(name) is None else None

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """The channel that has this name, or None: it does not match, or is not the canonical spelling."""
        if not cls.parameters:
            return cls._read(name, {}) if name and name == cls.pattern else None
        if not name.startswith(cls.pattern.partition("{")[0]):
            return None
        if not 0 < len(name) <= MAX_NAME or not _NAME.fullmatch(name) or channel_of(name) is not None:
            return None
        parts, given = cls.pattern.split(":"), name.split(":")
        if len(parts) != len(given):
            return None
        values: dict[str, Any] = {}
        for part, text in zip(parts, given, strict=True):
            parameter = _PARAMETER.fullmatch(part)
            if parameter is None:
                if part != text:
                    return None
            elif (value := _canonical(cls.parameters[parameter[1]], text)) is None:
                return None
            else:
                values[parameter[1]] = value
        return cls._read(name, values)

    @classmethod
    def _read(cls, name: str, values: Mapping[str, Any]) -> Self:
        channel = object.__new__(cls)
        channel.__dict__.update(values)
        channel.__dict__[_PRINTED] = name
        return channel


def _parameters(cls: type[Channel[Any]], pattern: str) -> dict[str, Callable[[str], Any]]:
    named = _PARAMETER.findall(pattern)
    check_name(_PARAMETER.sub("x", pattern))
    if channel_of(pattern) is not None:
        raise DeclarationError(f"{cls.__qualname__}: name={pattern!r}: 'presence:…' names what presence itself keeps")
    for part in pattern.split(":"):
        if "{" in part and not _PARAMETER.fullmatch(part):
            raise DeclarationError(f"{cls.__qualname__}: {part!r} in {pattern!r}: a parameter fills its whole segment")
    annotated = typing.get_type_hints(cls)
    declared = [field.name for field in fields(cls)]  # type: ignore[arg-type]
    if sorted(named) != sorted(declared):
        raise DeclarationError(
            f"{cls.__qualname__}: name={pattern!r} has parameters {named}, the class declares {declared}"
        )
    return {name: _reader(cls, name, annotated[name]) for name in named}


def _checked_presence(cls: type[Channel[Any]], presence: Any) -> type[BaseModel] | bool:
    if isinstance(presence, bool):
        return presence
    if not (isinstance(presence, type) and issubclass(presence, BaseModel)):
        raise DeclarationError(f"{cls.__qualname__}: presence={presence!r} is neither True nor a Pydantic model class")
    required = [name for name, field in presence.model_fields.items() if field.is_required()]
    if required:
        raise DeclarationError(f"{cls.__qualname__}: presence={presence.__qualname__}: give {required[0]!r} a default")
    return presence


def _reader(cls: type, name: str, annotation: Any) -> Callable[[str], Any]:
    for kind in (str, int, UUID):
        if annotation is kind or kind in get_args(annotation):
            return kind
    raise DeclarationError(f"{cls.__qualname__}.{name} is {annotation!r}: a channel's parameter is int, str or UUID")


def _canonical(read: Callable[[str], Any], text: str) -> Any:
    try:
        value = read(text)
    except ValueError:
        return None
    return value if str(value) == text else None


def _event_types(cls: type[Channel[Any]]) -> dict[str, type[Event]]:
    declared: dict[str, type[Event]] = {}
    for base in getattr(cls, "__orig_bases__", ()):
        if not (isinstance(origin := get_origin(base), type) and issubclass(origin, Channel)):
            continue
        for event in _members(get_args(base)[0]):
            if not (isinstance(event, type) and issubclass(event, Event)):
                raise DeclarationError(f"{cls.__qualname__} carries {event!r}, which is not an Event")
            if not event.event_type:
                raise DeclarationError(f"{cls.__qualname__} carries {event.__qualname__}, which has no type=")
            _refuse_other(declared.setdefault(event.event_type, event), event)
    return declared


def _members(annotation: Any) -> tuple[Any, ...]:
    if isinstance(annotation, TypeVar):
        return ()
    return get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else (annotation,)


class UserChannel(Channel[E_contra], name="user:{user_id}"):
    """The user's own channel, followed by every connection of that user without asking: all tabs, all devices, with
    recovery.

    `user_id` may be given as an integer; it is the text that the user's tokens carry.
    """

    user_id: str | int

    def __post_init__(self) -> None:
        if isinstance(self.user_id, int) and not isinstance(self.user_id, bool):
            object.__setattr__(self, "user_id", str(self.user_id))
        super().__post_init__()


def own_channel(user_id: str) -> str:
    """The name of a user's own channel."""
    return f"user:{user_id}"


def is_own_channel(name: str) -> bool:
    """Whether this is the name of some user's own channel."""
    return len(name) <= MAX_NAME and _OWN.fullmatch(name) is not None


class Declarations:
    """The channels that an application declared: finds the one that a name belongs to, and what it may carry.

    Raises DeclarationError for two events of one type and for two patterns that one name could match.
    """

    def __init__(self, channels: Iterable[type[Channel[Any]]]) -> None:
        self.channels = tuple(channels)
        self.presences = tuple(channel for channel in self.channels if getattr(channel, "presence", False))
        self.events: dict[str, type[Event]] = {}
        for index, channel in enumerate(self.channels):
            _check_declared(channel)
            for other in self.channels[:index]:
                _refuse_overlap(channel, other)
            for event in channel.event_types.values():
                _refuse_other(self.events.setdefault(event.event_type, event), event)

    def find(self, name: str) -> Channel[Any] | None:
        """The channel of this name. None where none was declared for it."""
        for channel in self.channels:
            if (found := channel.parse(name)) is not None:
                return found
        return None

    def with_presence(self, name: str) -> Channel[Any] | None:
        """The channel of this name, where it was declared with presence."""
        if len(presence_log(name)) > MAX_NAME:
            return None
        return next(filter(None, (channel.parse(name) for channel in self.presences)), None)

    def deciding(self, name: str) -> Channel[Any] | None:
        """The channel whose rule decides about a name: that of the name, or the one whose presence it is."""
        of = channel_of(name)
        return self.find(name) if of is None else self.with_presence(of)

    def conflates(self, name: str) -> bool:
        """Whether slow readers of this channel need only the last event of each key."""
        channel = self.find(name)
        return channel is not None and channel.conflates

    def pattern(self, name: str) -> str:
        """The pattern that a name was made from, which names no parameter; `undeclared` where there is none."""
        channel = self.find(name)
        if channel is None:
            return UserChannel.pattern if is_own_channel(name) else "undeclared"
        return channel.pattern


def check_carries(channel: Channel[Any], event: Event) -> None:
    """Raises EventError where the channel does not declare the event's type."""
    if channel.event_types.get(event.event_type) is not type(event):
        declared = ", ".join(sorted(kind.__name__ for kind in channel.event_types.values())) or "nothing"
        raise EventError(
            f"{type(channel).__qualname__} does not carry {type(event).__qualname__}; it declares {declared}"
        )


def not_a_channel(given: object) -> str:
    """What to say of an argument that is no channel."""
    if isinstance(given, type) and issubclass(given, Channel):
        return f"{given.__name__}): that is the class; write {given.__name__}(…), with its fields if it has any"
    return f"{given!r:.80}): write an instance of a Channel class"


def _check_declared(channel: Any) -> None:
    if not (isinstance(channel, type) and issubclass(channel, Channel)):
        raise DeclarationError(f"channels= takes Channel classes, not {channel!r}")
    if not channel.pattern:
        raise DeclarationError(f"{channel.__qualname__} has no name: declare it with name=")
    if issubclass(channel, UserChannel) and channel.presence:
        raise DeclarationError(f"{channel.__qualname__}: only the user could see a user's channel; drop presence=")
    if issubclass(channel, UserChannel) and channel.pattern != UserChannel.pattern:
        raise DeclarationError(
            f"{channel.__qualname__}: a user's own channel is named {UserChannel.pattern!r}; drop name="
        )
    if not issubclass(channel, UserChannel):
        _refuse_overlap(channel, UserChannel)


def _refuse_other(known: type[Event], event: type[Event]) -> None:
    if known is not event:
        places = f"{known.__module__}.{known.__qualname__} and {event.__module__}.{event.__qualname__}"
        raise DeclarationError(f"{places} are both of type {event.event_type!r}: one type, one event")


def _refuse_overlap(one: type[Channel[Any]], other: type[Channel[Any]]) -> None:
    mine, theirs = one.pattern.split(":"), other.pattern.split(":")
    alike = len(mine) == len(theirs) and all(a == b or "{" in a or "{" in b for a, b in zip(mine, theirs, strict=True))
    if alike:
        raise DeclarationError(
            f"{one.__qualname__} and {other.__qualname__} share names: {one.pattern!r}, {other.pattern!r}"
        )
