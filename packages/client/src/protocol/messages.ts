/** The envelope, the protocol's own messages, and the reading of what a server sends: protocol.md, sections 2 and 6. */
import type { Position } from "./applying.js";
import { TidingsError } from "./codes.js";
import { mismatch, own, type Schema } from "./schema.js";

/** The version of the protocol that this client speaks. */
export const PROTOCOL = 1;
/** Bytes of UTF-8 that a server takes in one message. */
export const MESSAGE_SIZE = 65_536;
/** Channels in one `subscribe`. The protocol takes 128; half of them, with the longest names and positions, fit MESSAGE_SIZE. */
export const SUBSCRIBE_CHANNELS = 64;

/** The protocol's own types. A generated file adds the application's. */
export const WS_EVENT_TYPES = {
  AUTH: "auth",
  SUBSCRIBE: "subscribe",
  UNSUBSCRIBE: "unsubscribe",
  PING: "ping",
  CONNECTION_ESTABLISHED: "connection:established",
  CONNECTION_ERROR: "connection:error",
  CONNECTION_CLOSING: "connection:closing",
  SUBSCRIBED: "subscribed",
  UNSUBSCRIBED: "unsubscribed",
  PONG: "pong",
  REPLY: "reply",
  CHANNEL_RESET: "channel:reset",
  PRESENCE_UPDATE: "presence:update",
  PRESENCE_STATE: "presence:state",
  PRESENCE_CHANGED: "presence:changed",
  PRESENCE_NODE_LEFT: "presence:node_left",
} as const;

/** A message on the wire, in either direction. */
export interface WebSocketMessage<P = unknown> {
  readonly type: string;
  readonly payload: P;
  /** RFC 3339, UTC, milliseconds. */
  readonly timestamp: string;
  readonly id: string;
  readonly reply_to?: string;
  readonly channel?: string;
  readonly epoch?: string;
  readonly offset?: number;
  readonly after?: number;
  readonly key?: string;
  readonly version?: number;
  /** W3C Trace Context: what a trace of the event goes on from. */
  readonly traceparent?: string;
}

/** What an application may hand to `send`: the client fills in what is left out. */
export interface ClientMessage {
  readonly type: string;
  readonly payload?: unknown;
  readonly timestamp?: string;
  readonly id?: string;
}

type Positions = Readonly<Record<string, Position>>;
type Flags = Readonly<Record<string, boolean>>;

/** The payloads of the server's own messages. `expires_at` is in seconds since 1970, the others in seconds. */
export interface ServerPayloads {
  "connection:established": {
    readonly connection_id: string;
    readonly user_id: string;
    readonly protocol: number;
    readonly positions: Positions;
    readonly recovered: Flags;
    readonly ping_interval: number;
    readonly expires_at?: number;
  };
  subscribed: {
    readonly channels: readonly string[];
    readonly total: number;
    readonly positions: Positions;
    readonly recovered: Flags;
  };
  unsubscribed: { readonly channels: readonly string[]; readonly reason?: string };
  pong: object;
  reply: object;
  "connection:error": { readonly code: string; readonly message: string; readonly channel?: string };
  "channel:reset": { readonly channel: string; readonly position: Position; readonly reason: string };
  "connection:closing": { readonly reconnect_after: number };
}

/**
 * Reads one message of a server. Raises SyntaxError for what is no JSON (binary messages too), TidingsError `malformed` for
 * anything else that section 6 does not allow.
 */
export function decode(data: unknown): WebSocketMessage {
  const message = JSON.parse(data as string) as WebSocketMessage;
  const found = mismatch(message, ENVELOPE, "message") ?? coordinates(message) ?? contents(message);
  if (found) throw malformed(found);
  return message;
}

/** What came is not as the protocol, or a declaration, says; the text says where. */
export function malformed(found: string): TidingsError {
  return new TidingsError("malformed", found);
}

function contents({ type, payload }: WebSocketMessage): string | null {
  return mismatch(payload, own(PAYLOADS, type) ?? {}, "payload");
}

/** Channel, epoch and offset come together, and `after` only below `offset`. */
function coordinates({ channel, epoch, offset, after }: WebSocketMessage): string | null {
  const given = new Set([channel, epoch, offset].map((field) => field === undefined));
  if (given.size > 1) return "message has not all of channel, epoch and offset";
  if (after !== undefined && !(after < (offset ?? 0))) return "message.after is not below message.offset";
  return null;
}

const STRING: Schema = { type: "string" };
const STRINGS: Schema = { type: "array", items: STRING };
const COUNT: Schema = { type: "integer", minimum: 0 };
const SECONDS: Schema = { type: "number", minimum: 0 };
const POSITION = object({ epoch: STRING, offset: COUNT, id: STRING });
const POSITIONS: Schema = { type: "object", additionalProperties: POSITION };
const FLAGS: Schema = { type: "object", additionalProperties: { type: "boolean" } };

const ENVELOPE = object(
  { type: STRING, payload: { type: "object" }, timestamp: STRING, id: STRING },
  {
    reply_to: STRING,
    channel: STRING,
    epoch: STRING,
    offset: { type: "integer", minimum: 1 },
    after: COUNT,
    key: STRING,
    version: COUNT,
  },
);

const PAYLOADS: Readonly<Record<string, Schema>> = {
  "connection:established": object(
    {
      connection_id: STRING,
      user_id: STRING,
      protocol: { type: "integer" },
      positions: POSITIONS,
      recovered: FLAGS,
      ping_interval: SECONDS,
    },
    { expires_at: { type: "number" } },
  ),
  subscribed: object({ channels: STRINGS, total: COUNT, positions: POSITIONS, recovered: FLAGS }),
  unsubscribed: object({ channels: STRINGS }, { reason: STRING }),
  "connection:error": object({ code: STRING, message: STRING }, { channel: STRING }),
  "channel:reset": object({ channel: STRING, position: POSITION, reason: STRING }),
  "connection:closing": object({ reconnect_after: SECONDS }),
};

function object(required: Record<string, Schema>, optional: Record<string, Schema> = {}): Schema {
  return { type: "object", properties: { ...required, ...optional }, required: Object.keys(required) };
}
