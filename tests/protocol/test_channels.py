"""Channels: declared names, typed parameters, and what they carry. The specification's names are in test_vectors.py."""

from dataclasses import FrozenInstanceError
from typing import Any, NewType
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidings import Channel, ChannelError, DeclarationError, Event, EventError, UserChannel
from tidings.protocol.channels import Declarations, check_carries, check_name

NAMES = st.from_regex(r"\A[A-Za-z0-9._~@+=/#|\-]{1,30}(:[A-Za-z0-9._~@+=/#|\-]{1,30}){0,3}\Z")


class Created(Event, type="created"):
    value: int = 0


class Deleted(Event, type="deleted"):
    value: int = 0


class Board(Channel[Created | Deleted], name="board"): ...


class TeamBoard(Channel[Created], name="team:{team_id}:board"):
    team_id: int


class Tagged(Channel[Created], name="tag:{tag}:{id}"):
    tag: str
    id: UUID


class Me(UserChannel[Created]): ...


class TestName:
    def test_it_is_the_pattern_with_its_parameters(self) -> None:
        assert Board().name == "board"
        assert TeamBoard(team_id=-7).name == "team:-7:board"
        assert Tagged(tag="a.b", id=UUID(int=1)).name == f"tag:a.b:{UUID(int=1)}"

    @given(st.integers())
    def test_parsing_gives_the_channel_back(self, team_id: int) -> None:
        channel = TeamBoard(team_id=team_id)
        assert TeamBoard.parse(channel.name) == channel
        assert hash(TeamBoard.parse(channel.name)) == hash(channel)

    @given(NAMES)
    def test_what_parses_prints_as_it_was_given(self, name: str) -> None:
        for kind in (Board, TeamBoard, Tagged, Me):
            parsed = kind.parse(name)
            assert parsed is None or parsed.name == name

    @given(st.text(max_size=300))
    def test_no_text_makes_parse_raise(self, name: str) -> None:
        assert Board.parse(name) is None or name == "board"
        TeamBoard.parse(f"team:{name}:board")
        Tagged.parse(f"tag:{name}:{name}")

    @pytest.mark.parametrize("segment", ["07", "+7", "1_000", "\uff17", " 7", "7.0", "--7", "", "0x7", "9" * 5_000])
    def test_a_number_that_is_not_canonical_is_no_parameter(self, segment: str) -> None:
        assert TeamBoard.parse(f"team:{segment}:board") is None

    def test_a_uuid_has_one_spelling(self) -> None:
        id = UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")
        assert Tagged.parse(f"tag:x:{id}") == Tagged(tag="x", id=id)
        for other in (str(id).upper(), id.hex, id.urn):
            assert Tagged.parse(f"tag:x:{other}") is None

    @pytest.mark.parametrize("value", ["7", True, 7.0, None, "a:b"])
    def test_a_parameter_of_another_type_is_refused(self, value: Any) -> None:
        with pytest.raises(ChannelError, match="has no canonical name"):
            TeamBoard(team_id=value)

    @pytest.mark.parametrize("value", ["", "a:b", "a b", "é", "x" * 250, "*"])
    def test_a_parameter_that_is_no_segment_is_refused(self, value: str) -> None:
        with pytest.raises(ChannelError, match="has no canonical name"):
            Tagged(tag=value, id=UUID(int=1))

    def test_channels_are_immutable_values(self) -> None:
        channel = TeamBoard(team_id=7)
        assert channel == TeamBoard(team_id=7) != TeamBoard(team_id=8)
        with pytest.raises(FrozenInstanceError):
            channel.team_id = 8  # type: ignore[misc]

    @pytest.mark.parametrize("arguments", [{}, {"team_id": 1, "other": 2}])
    def test_a_missing_or_unknown_parameter_is_an_error(self, arguments: dict[str, Any]) -> None:
        with pytest.raises(TypeError):
            TeamBoard(**arguments)

    def test_a_parameter_may_have_any_name_of_a_field(self) -> None:
        class Underlined(Channel[Created], name="line:{_name}"):
            _name: str

        channel = Underlined(_name="x")
        assert (channel._name, channel.name) == ("x", "line:x")
        assert Underlined.parse("line:x") == channel
        assert channel != Underlined(_name="y")

    def test_a_class_may_do_something_of_its_own_when_it_is_made(self) -> None:
        class Own(Channel[Created], name="own:{own_id}"):
            own_id: int

            def __post_init__(self) -> None: ...

        assert Own(own_id=7).name == "own:7"
        assert Own.parse("own:7") == Own(own_id=7)
        with pytest.raises(ChannelError, match="has no canonical name"):
            _ = Own(own_id="7").name  # type: ignore[arg-type]

    @pytest.mark.parametrize("name", [7, None, b"board"])
    def test_a_name_is_text(self, name: Any) -> None:
        with pytest.raises(ChannelError, match="is text, not"):
            check_name(name)


class TestUserChannel:
    def test_an_integer_is_the_text_that_tokens_carry(self) -> None:
        assert Me(user_id=7) == Me(user_id="7") == Me.parse("user:7")
        assert Me(user_id=7).name == "user:7"

    @pytest.mark.parametrize("user_id", [True, None, 1.5, "", "a:b", "ann smith"])
    def test_what_no_name_can_hold_is_refused(self, user_id: Any) -> None:
        with pytest.raises(ChannelError):
            Me(user_id=user_id)

    def test_it_has_one_name_and_no_other_channel_has_it(self) -> None:
        class Mine(UserChannel[Created], name="mine:{user_id}"): ...

        class Odd(Channel[Created], name="user:{team_id}"):
            team_id: int

        with pytest.raises(DeclarationError, match=r"a user's own channel is named 'user:\{user_id\}'; drop name="):
            Declarations([Mine])
        with pytest.raises(DeclarationError, match="share names"):
            Declarations([Odd])


class TestDeclaration:
    def test_the_events_are_those_in_the_brackets(self) -> None:
        assert Board.event_types == {"created": Created, "deleted": Deleted}
        assert TeamBoard.event_types == {"created": Created}
        assert Me.event_types == {"created": Created}

    def test_an_optional_is_a_union_too(self) -> None:
        class Either(Channel[Created | Deleted], name="either"): ...

        assert Either.event_types.keys() == {"created", "deleted"}

    @pytest.mark.parametrize(
        ("pattern", "annotations", "said"),
        [
            ("team:{team_id}", {}, "has parameters ['team_id'], the class declares []"),
            ("team", {"team_id": int}, "has parameters [], the class declares ['team_id']"),
            ("{a}:{a}", {"a": int}, "has parameters ['a', 'a'], the class declares ['a']"),
            ("team-{team_id}", {"team_id": int}, "a parameter fills its whole segment"),
            ("{a}{b}", {"a": int, "b": int}, "a parameter fills its whole segment"),
            ("team:{team_id}", {"team_id": float}, "is int, str or UUID"),
            ("team:{team_id}", {"team_id": NewType("TeamId", int)}, "is int, str or UUID"),
            ("", {}, "a channel's name has 1 to 255 characters"),
            ("a b", {}, "is not a channel's name"),
            ("a::b", {}, "is not a channel's name"),
            ("team:{team id}", {}, "is not a channel's name"),
        ],
    )
    def test_a_pattern_that_does_not_fit_its_class_is_refused(
        self, pattern: str, annotations: dict[str, Any], said: str
    ) -> None:
        make: Any = type
        with pytest.raises((DeclarationError, ChannelError)) as refused:
            make("Odd", (Channel,), {"__annotations__": annotations}, name=pattern)
        assert said in str(refused.value)

    @pytest.mark.parametrize("carried", [int, Event, Created | None, "Created"])
    def test_what_is_no_declared_event_is_refused(self, carried: Any) -> None:
        with pytest.raises(DeclarationError, match="carries"):

            class Odd(Channel[carried], name="odd"): ...

    def test_two_events_of_one_type_are_refused_naming_both(self) -> None:
        class Other(Event, type="created"): ...

        with pytest.raises(DeclarationError, match=r"Created and .*Other are both of type 'created'"):

            class Odd(Channel[Created | Other], name="odd"): ...

        class Elsewhere(Channel[Other], name="elsewhere"): ...

        with pytest.raises(DeclarationError, match=r"Created and .*Other are both of type 'created'"):
            Declarations([Board, Elsewhere])

    def test_a_class_without_a_name_makes_no_channels(self) -> None:
        class Nameless(Channel[Created]): ...

        with pytest.raises(DeclarationError, match="declare it with name="):
            Nameless()
        with pytest.raises(DeclarationError, match="declare it with name="):
            Declarations([Nameless])

    def test_a_field_that_the_inherited_name_does_not_show_is_refused(self) -> None:
        with pytest.raises(DeclarationError, match=r"Floor has fields that 'team:\{team_id\}:board' does not name"):

            class Floor(TeamBoard):
                floor: int

    def test_a_base_without_a_name_may_declare_parameters(self) -> None:
        class OfTeam(Channel[Created]):
            team_id: int

        class Chat(OfTeam, name="team:{team_id}:chat"): ...

        class Floor(Chat, name="team:{team_id}:{floor}"):
            floor: int

        class Alias(Chat): ...

        assert Chat(team_id=7).name == Alias(team_id=7).name == "team:7:chat"
        assert Floor(team_id=7, floor=2).name == "team:7:2"

    @pytest.mark.parametrize("channel", ["board", Board(), Created, None])
    def test_what_is_no_channel_class_is_refused(self, channel: Any) -> None:
        with pytest.raises(DeclarationError, match="takes Channel classes"):
            Declarations([channel])

    @pytest.mark.parametrize("pattern", ["team:{x}:board", "team:{x}:{y}", "{x}:{y}:{z}", "team:7:board"])
    def test_two_patterns_that_one_name_could_match_are_refused(self, pattern: str) -> None:
        make: Any = type
        parameters = {name: str for name in "xyz" if f"{{{name}}}" in pattern}
        other = make("Other", (Channel,), {"__annotations__": parameters}, name=pattern)
        with pytest.raises(DeclarationError, match="share names"):
            Declarations([TeamBoard, other])

    def test_patterns_that_differ_in_a_fixed_segment_live_together(self) -> None:
        class TeamChat(Channel[Created], name="team:{team_id}:chat"):
            team_id: int

        declarations = Declarations([Board, TeamBoard, TeamChat, Me])
        assert declarations.find("team:7:chat") == TeamChat(team_id=7)
        assert declarations.find("team:7:board") == TeamBoard(team_id=7)
        assert declarations.find("user:ann") == Me(user_id="ann")
        assert declarations.find("team:07:chat") is None
        assert declarations.events == {"created": Created, "deleted": Deleted}


class TestCarries:
    def test_a_declared_event_passes(self) -> None:
        check_carries(Board(), Deleted())

    def test_another_is_refused_naming_what_is_declared(self) -> None:
        with pytest.raises(EventError, match="TeamBoard does not carry Deleted; it declares Created"):
            check_carries(TeamBoard(team_id=1), Deleted())

    def test_a_subclass_is_another_event(self) -> None:
        class CreatedTwice(Created): ...

        with pytest.raises(EventError, match=r"does not carry \S+CreatedTwice"):
            check_carries(Board(), CreatedTwice())
