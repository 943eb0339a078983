/**
 * One channel's position on one client, as tables: which of the messages that come are applied, and when to ask again
 * (protocol.md, section 7). Pure: it holds no connection and sends nothing.
 */

/** Where a reader is in a log. `id` is that of the event at `offset`, and empty at offset 0. */
export interface Position {
  readonly epoch: string;
  readonly offset: number;
  readonly id: string;
}

/**
 * - `out`: not entered on this connection; nothing was asked.
 * - `asking`, `resuming`: a subscribe without, with, a position waits for its answer.
 * - `awaiting-reset`: the answer was that the position is not covered; the reset is on its way.
 * - `catching-up`: a replay is under way. `live`: all up to the reported top was applied.
 */
export type Phase = "out" | "asking" | "resuming" | "awaiting-reset" | "catching-up" | "live";

export interface Reading {
  readonly phase: Phase;
  readonly position: Position | null;
  /** Offset at which a replay has caught up. */
  readonly target: number;
}

/**
 * What to do with a message. `live`: an answer or an event (then it is applied too) after which the channel is up to date.
 * `resubscribe`: dropped, subscribe again from the position. `reset`: what was derived from the channel is void.
 */
export type Action = "apply" | "live" | "drop" | "resubscribe" | "catching-up" | "reset-follows" | "reset";

export interface Step {
  readonly action: Action;
  readonly reading: Reading;
}

interface Offsets {
  readonly id: string;
  readonly epoch: string;
  readonly offset: number;
  readonly after?: number;
}

export const OUT: Reading = { phase: "out", position: null, target: 0 };

/** After a subscribe was sent, with the position if there is one. */
export function ask(reading: Reading): Reading {
  return { ...reading, phase: reading.position ? "resuming" : "asking" };
}

/** After the connection, or the subscription on it, ended. The position stays. */
export function leave(reading: Reading): Reading {
  return { ...reading, phase: "out" };
}

/** After the answer to this channel's subscribe, or `connection:established` for the user's own channel. */
export function answer(reading: Reading, top: Position, recovered: boolean): Step {
  const action = ANSWERS[reading.phase][recovered ? "recovered" : "fresh"];
  switch (action) {
    case "start":
      return { action: "live", reading: { ...reading, phase: "live", position: top } };
    case "replay":
      return caughtUp(reading.position, top.offset, "catching-up");
    case "reset-follows":
      return { action, reading: { ...reading, phase: "awaiting-reset" } };
    case "drop":
      return { action, reading };
  }
}

/** After `channel:reset`: it also ends a replay. An answer that is still due stays due. */
export function reset(reading: Reading, position: Position): Step {
  if (reading.phase === "out") return { action: "drop", reading };
  const phase = reading.phase === "asking" || reading.phase === "resuming" ? reading.phase : "live";
  return { action: "reset", reading: { ...reading, phase, position } };
}

/** After an event of the channel. */
export function receive(reading: Reading, event: Offsets): Step {
  const action = EVENTS[reading.phase][relate(reading.position, event)];
  if (action === "resubscribe") return { action, reading: ask(reading) };
  if (action === "drop") return { action, reading };
  const position = { epoch: event.epoch, offset: event.offset, id: event.id };
  if (reading.phase === "catching-up") return caughtUp(position, reading.target, "apply");
  return { action, reading: { ...reading, position } };
}

function caughtUp(position: Position | null, target: number, otherwise: "apply" | "catching-up"): Step {
  const live = (position?.offset ?? 0) >= target;
  return { action: live ? "live" : otherwise, reading: { phase: live ? "live" : "catching-up", position, target } };
}

type Relation = "next" | "known" | "gap" | "elsewhere";

/** An event's place relative to the position. A conflated event is next when what it stands for begins at or below it. */
function relate(position: Position | null, event: Offsets): Relation {
  if (!position || event.epoch !== position.epoch) return "elsewhere";
  if (event.offset <= position.offset) return "known";
  return (event.after ?? event.offset - 1) <= position.offset ? "next" : "gap";
}

const DROP_ALL = { next: "drop", known: "drop", gap: "drop", elsewhere: "drop" } as const;
const READ = { next: "apply", known: "drop", gap: "resubscribe", elsewhere: "resubscribe" } as const;

const EVENTS: Record<Phase, Record<Relation, "apply" | "drop" | "resubscribe">> = {
  out: DROP_ALL,
  asking: DROP_ALL,
  resuming: DROP_ALL,
  "awaiting-reset": DROP_ALL,
  "catching-up": READ,
  live: READ,
};

const DROP_ANSWER = { fresh: "drop", recovered: "drop" } as const;

const ANSWERS: Record<Phase, Record<"fresh" | "recovered", "start" | "replay" | "reset-follows" | "drop">> = {
  out: DROP_ANSWER,
  asking: { fresh: "start", recovered: "start" },
  resuming: { fresh: "reset-follows", recovered: "replay" },
  "awaiting-reset": DROP_ANSWER,
  "catching-up": DROP_ANSWER,
  live: DROP_ANSWER,
};
