/** One subscription: who wants it, how far it was read, and its handlers. */
import type { Channel, ChannelEvent } from "./channel.js";
import { type Clock, Timer } from "./environment.js";
import { type Report, runEach } from "./handlers.js";
import type { ConnectionStatus } from "./lifeline.js";
import { OUT, type Position, type Reading } from "./protocol/applying.js";
import { malformed } from "./protocol/messages.js";
import { mismatch, own } from "./protocol/schema.js";

/**
 * `catching-up`: what was missed is being replayed. `offline`: the connection is gone, the state may be old. `refused`: the server
 * refused the channel or the connection; `reason` says why, for people.
 */
export interface ChannelStatus {
  readonly status: "idle" | "connecting" | "live" | "catching-up" | "offline" | "refused";
  readonly reason?: string | undefined;
}

/**
 * Events were missed that will not come: fetch the state anew. `reason` is the server's; or `malformed` when an event came whose
 * payload is not as declared; or `forbidden` when the user may not follow the channel (any more): drop what came from it.
 */
export interface Reset {
  readonly channel: string;
  readonly position: Position;
  readonly reason: string;
}

/** What a follower of a channel is told. One that throws does not keep the others from hearing. */
export interface ChannelHandlers<E extends ChannelEvent = ChannelEvent> {
  /** Each event once, in order. With a declared channel: those of its types, payloads checked. */
  readonly onEvent?: ((event: E) => void) | undefined;
  readonly onReset?: ((reset: Reset) => void) | undefined;
  /** The channel's status changed. */
  readonly onStatus?: (() => void) | undefined;
}

export interface Follower extends ChannelHandlers {
  readonly channel: Channel;
}

export const IDLE: ChannelStatus = { status: "idle" };

export class Subscription {
  readonly name: string;
  readonly followers = new Set<Follower>();
  /** Calls of `subscribe` without their `unsubscribe`. */
  holds = 0;
  /** The user's own channel, which the server subscribes by itself. */
  own = false;
  reading: Reading = OUT;
  /** Id of the `subscribe` whose answer is awaited. */
  request: string | null = null;
  /** Why the server refused it; it is not asked for again on this connection. */
  refusal: string | null = null;
  /** Subscribes in a row that failed for the time being, and gaps since the last event that was applied. */
  failures = 0;
  gaps = 0;
  /** Until it is asked for again: after a failure, or because no answer came. */
  readonly timer: Timer;
  #status: ChannelStatus = IDLE;

  constructor(name: string, clock: Clock) {
    this.name = name;
    this.timer = new Timer(clock);
  }

  get wanted(): boolean {
    return this.own || this.holds + this.followers.size > 0;
  }

  /** The same object until something in it changes. */
  get status(): ChannelStatus {
    return this.#status;
  }

  /** Works out the status anew and tells the followers if it changed. */
  update(connection: ConnectionStatus, report: Report): void {
    const status = channelStatus(this, connection);
    if (status.status === this.#status.status && status.reason === this.#status.reason) return;
    this.#status = status;
    runEach(this.followers, (follower) => follower.onStatus?.(), report, `a status listener of ${this.name}`);
  }

  deliver(event: ChannelEvent, report: Report): void {
    runEach(this.followers, (follower) => deliver(follower, event, report), report, `a handler of ${this.name}`);
  }

  /** Says to the followers that events were missed. */
  reset(reset: Reset, report: Report): void {
    runEach(this.followers, (follower) => follower.onReset?.(reset), report, `a reset handler of ${this.name}`);
  }
}

/** An event that its declaration does not know is a newer server's, and ignored; one that breaks it counts as missed. */
function deliver({ channel, onEvent, onReset }: Follower, event: ChannelEvent, report: Report): unknown {
  const { events, definitions = {} } = channel;
  if (events) {
    const $ref = own(events, event.type);
    if ($ref === undefined) return;
    const found = mismatch(event.payload, { $ref }, "payload", definitions);
    if (found) {
      report(malformed(`${event.type}: ${found}`), `an event of ${channel.name}`);
      const { epoch, offset, id } = event;
      return onReset?.({ channel: channel.name, position: { epoch, offset, id }, reason: "malformed" });
    }
  }
  return onEvent?.(event);
}

function channelStatus({ reading, refusal }: Subscription, { status, reason }: ConnectionStatus): ChannelStatus {
  if (refusal !== null) return { status: "refused", reason: refusal };
  if (status === "refused") return { status, reason };
  const resumed = reading.position !== null;
  if (status === "connected" && reading.phase === "live") return { status: "live" };
  if (status === "connected") return { status: resumed ? "catching-up" : "connecting" };
  return { status: status === "idle" || (status === "connecting" && !resumed) ? status : "offline" };
}
