/**
 * What a generated file (`tidings types`) is made of: events as discriminated unions, channels that know their events, names
 * that are filled from typed parameters. Names of channels: protocol.md, section 3.
 */
import type { Definitions } from "./protocol/schema.js";

/** A channel's event as its handlers get it: the envelope of protocol.md, section 2. `version` counts the entity's changes. */
export interface ChannelEvent<T extends string = string, P = unknown> {
  readonly type: T;
  readonly payload: P;
  /** RFC 3339, UTC. */
  readonly timestamp: string;
  readonly id: string;
  readonly channel: string;
  readonly epoch: string;
  readonly offset: number;
  readonly after?: number;
  readonly key?: string;
  readonly version?: number;
}

/**
 * A channel by name, with the type of its events and, where declared, what each event's payload is checked against. `M` is what a
 * connection may say of itself in the channel's presence.
 */
export interface Channel<E extends ChannelEvent = ChannelEvent, M = unknown> {
  readonly name: string;
  /** Event type → name of its payload in `definitions`. Without it every event is handed on unchecked. */
  readonly events?: { readonly [T in E["type"]]: string };
  readonly definitions?: Definitions;
  /** Never there: it carries the type. */
  readonly metadata?: M;
}

/** The event of union `E` whose type is `T`. */
export type EventOf<E extends ChannelEvent, T extends E["type"]> = Extract<E, { readonly type: T }>;

/** A channel of events `E`, whose presence has metadata `M`. `name` is a full name, not a pattern. Raises TypeError if it is no channel name. */
export function channel<E extends ChannelEvent = ChannelEvent, M = unknown>(
  name: string,
  events?: { readonly [T in E["type"]]: string },
  definitions?: Definitions,
): Channel<E, M> {
  checkChannelName(name);
  return { name, ...(events && { events }), ...(definitions && { definitions }) };
}

/**
 * The name that `pattern` ("team:{team_id}:schedules") gives with `params`. Raises TypeError that names the parameter which is
 * missing or cannot stand in one segment: numbers are safe integers, strings are not empty and hold no colon.
 */
export function channelName(pattern: string, params: Readonly<Record<string, string | number>>): string {
  const name = pattern.replace(/\{(\w+)\}/g, (_, key: string) => segment(pattern, key, params[key]));
  checkChannelName(name);
  return name;
}

/** Raises TypeError unless `name` is one that the protocol takes. */
export function checkChannelName(name: unknown): asserts name is string {
  if (!isChannelName(name)) {
    throw new TypeError(`${JSON.stringify(name)} is no channel name: 1 to 255 of A-Z a-z 0-9 : . _ ~ @ + = / # | -`);
  }
}

function isChannelName(name: unknown): name is string {
  return typeof name === "string" && name.length <= 255 && /^[\w.~@+=/#|-]+(:[\w.~@+=/#|-]+)*$/.test(name);
}

function segment(pattern: string, key: string, value: string | number | undefined): string {
  const fits =
    typeof value === "number" ? Number.isSafeInteger(value) : typeof value === "string" && /^[^:]+$/.test(value);
  if (!fits) {
    throw new TypeError(`${pattern}: ${key} is ${JSON.stringify(value)}, not an integer or a string without colons`);
  }
  return String(value);
}
