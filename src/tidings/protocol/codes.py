"""Error codes and close codes: what they mean, and whether a client connects again (spec/protocol.md, section 8)."""

from enum import IntEnum, StrEnum


class ErrorCode(StrEnum):
    """Why something was refused: the `code` of a `connection:error`."""

    INVALID_JSON = "invalid_json"
    INVALID_MESSAGE = "invalid_message"
    MESSAGE_TOO_LARGE = "message_too_large"
    UNKNOWN_TYPE = "unknown_type"
    NOT_AUTHENTICATED = "not_authenticated"
    UNAUTHORIZED = "unauthorized"
    TOKEN_EXPIRING = "token_expiring"
    TOKEN_EXPIRED = "token_expired"
    INVALID_CHANNEL = "invalid_channel"
    UNKNOWN_CHANNEL = "unknown_channel"
    FORBIDDEN = "forbidden"
    NOT_SUBSCRIBED = "not_subscribed"
    NO_PRESENCE = "no_presence"
    INVALID_METADATA = "invalid_metadata"
    TOO_MANY_CHANNELS = "too_many_channels"
    RATE_LIMITED = "rate_limited"
    INTERNAL_ERROR = "internal_error"


class CloseCode(IntEnum):
    """Why a connection was closed. Registered codes come from RFC 6455, section 7.4, and its IANA registry."""

    NORMAL = 1000
    GOING_AWAY = 1001
    PROTOCOL_VIOLATION = 1002
    UNSUPPORTED_DATA = 1003
    NO_STATUS = 1005
    ABNORMAL = 1006
    INVALID_DATA = 1007
    POLICY_VIOLATION = 1008
    MESSAGE_TOO_BIG = 1009
    MANDATORY_EXTENSION = 1010
    INTERNAL_ERROR = 1011
    SERVICE_RESTART = 1012
    TRY_AGAIN_LATER = 1013
    BAD_GATEWAY = 1014
    TLS_HANDSHAKE = 1015
    SLOW = 4000
    EXPIRED = 4001
    IDLE = 4002
    AUTH_TIMEOUT = 4008
    RATE_LIMITED = 4029
    PROTOCOL_ERROR = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    MISCONFIGURED = 4503


_FINAL = frozenset({1000, 1002, 1003, 1007, 1008, 1009, 1010, 1015})


def close_reason(text: str) -> str:
    """As much of a text as a close frame holds: 123 bytes of UTF-8 (RFC 6455, section 5.5)."""
    return text.encode()[:123].decode(errors="ignore")


def reconnects(code: int) -> bool:
    """Whether a client that was closed with `code` connects again by itself."""
    return code < 4400 and code not in _FINAL
