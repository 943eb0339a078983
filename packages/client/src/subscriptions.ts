/**
 * All subscriptions of a client. What the application wants is state: it is brought to the server once per task, after each
 * connect, and again from the position when events are missing (protocol.md, sections 4 and 7).
 */

import { type Channel, type ChannelEvent, checkChannelName } from "./channel.js";
import type { Clock } from "./environment.js";
import type { Report } from "./handlers.js";
import type { Lifeline } from "./lifeline.js";
import { answer, ask, leave, OUT, type Position, receive, reset, type Step } from "./protocol/applying.js";
import { backoff, LOWEST_CEILING } from "./protocol/backoff.js";
import { type ServerPayloads, SUBSCRIBE_CHANNELS, type WebSocketMessage } from "./protocol/messages.js";
import { own } from "./protocol/schema.js";
import { type ChannelHandlers, type ChannelStatus, type Follower, IDLE, Subscription } from "./subscription.js";

export interface SubscriptionsOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly nextId: () => string;
  readonly report: Report;
}

/** Milliseconds without an answer, or without the next event of a replay, after which a subscribe is sent again. */
const ANSWER_TIMEOUT = 30_000;
/** Refusals that pass by themselves. */
const PASSING = new Set(["rate_limited", "internal_error"]);
/** In no server's log. */
const NOWHERE: Position = { epoch: "?", offset: 0, id: "" };

export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #line: Pick<Lifeline, "status" | "connection">;
  readonly #all = new Map<string, Subscription>();
  /** The own channel's positions as the last `auth` said them. */
  #told: Readonly<Record<string, Position>> = {};
  #scheduled = false;

  constructor(options: SubscriptionsOptions, line: Pick<Lifeline, "status" | "connection">) {
    this.#options = options;
    this.#line = line;
  }

  /** Counted: each needs its `release`. */
  hold(names: readonly string[]): void {
    names.forEach(checkChannelName);
    for (const name of names) this.#want(name).holds++;
  }

  release(names: readonly string[]): void {
    for (const name of names) {
      const subscription = this.#all.get(name);
      if (subscription?.holds) subscription.holds--;
    }
    this.#schedule();
  }

  /** Adds a follower, from `position` if the channel is new to this client. Returns the undo. */
  follow(channel: Channel, handlers: ChannelHandlers, position: Position | null): () => void {
    const subscription = this.#want(channel.name);
    seek(subscription, position);
    const follower: Follower = { ...handlers, channel };
    subscription.followers.add(follower);
    this.#update(subscription);
    return () => {
      subscription.followers.delete(follower);
      this.#schedule();
    };
  }

  status(name: string): ChannelStatus {
    return this.#all.get(name)?.status ?? IDLE;
  }

  position(name: string): Position | null {
    return this.#all.get(name)?.reading.position ?? null;
  }

  ownPositions(): Readonly<Record<string, Position>> {
    return Object.fromEntries(
      [...this.#all.values()].flatMap(({ own, name, reading }) =>
        own && reading.position ? [[name, reading.position]] : [],
      ),
    );
  }

  /** The own channel's position, for `auth`. */
  tell(): Readonly<Record<string, Position>> {
    this.#told = this.ownPositions();
    return this.#told;
  }

  /** Takes these for the own channel's until a connection says whose it is. */
  resume(ownPositions: Readonly<Record<string, Position>>): void {
    if (this.#line.connection) return;
    for (const [name, position] of Object.entries(ownPositions)) {
      seek(this.#owned(name), position);
    }
  }

  /** A new connection stands: the own channel is entered, the others are asked for. */
  established({ positions, recovered }: ServerPayloads["connection:established"]): void {
    for (const subscription of this.#all.values()) subscription.own = false;
    for (const [name, top] of Object.entries(positions)) {
      const subscription = this.#owned(name);
      // A position that auth did not tell is told by subscribe, like any other channel's.
      if (subscription.reading.position && !own(this.#told, name)) continue;
      subscription.reading = ask(subscription.reading);
      this.#answered(subscription, top, own(recovered, name) === true);
    }
    this.#flush();
  }

  /** The connection is gone; wishes and positions stay. */
  lost(): void {
    for (const subscription of this.#all.values()) {
      this.#rest(subscription);
      subscription.refusal = null;
    }
    this.connectionChanged();
  }

  connectionChanged(): void {
    for (const subscription of this.#all.values()) this.#update(subscription);
  }

  subscribed({ reply_to, payload }: WebSocketMessage): void {
    const { channels, positions, recovered } = payload as ServerPayloads["subscribed"];
    for (const name of channels) {
      const subscription = this.#all.get(name);
      const top = own(positions, name);
      if (!subscription || !reply_to || subscription.request !== reply_to) continue;
      // Without a position it goes on from its own; with neither, the next event makes it ask, and the answer is a reset.
      this.#answered(subscription, top ?? subscription.reading.position ?? NOWHERE, own(recovered, name) ?? !top);
    }
  }

  /** Without `reply_to` the server did it; an answer that is on its way decides otherwise. */
  unsubscribed({ reply_to, payload }: WebSocketMessage): void {
    if (reply_to) return;
    const { channels, reason = "forbidden" } = payload as ServerPayloads["unsubscribed"];
    for (const name of channels) {
      const subscription = this.#all.get(name);
      if (subscription?.request === null) this.#refuse(subscription, reason, true);
    }
  }

  /** Takes the error if it answers one of our subscribes. */
  refused({ reply_to, payload }: WebSocketMessage): void {
    const { code, message, channel } = payload as ServerPayloads["connection:error"];
    for (const subscription of this.#all.values()) {
      if (!reply_to || subscription.request !== reply_to || (channel !== undefined && channel !== subscription.name))
        continue;
      if (PASSING.has(code)) this.#later(subscription, subscription.failures++);
      else this.#refuse(subscription, `${code}: ${message}`, code === "forbidden");
    }
  }

  reset({ payload }: WebSocketMessage): void {
    const missed = payload as ServerPayloads["channel:reset"];
    const subscription = this.#all.get(missed.channel);
    if (!subscription) return;
    const { action } = this.#step(subscription, reset(subscription.reading, missed.position));
    if (action === "drop") return;
    if (subscription.reading.phase === "live") subscription.timer.stop();
    subscription.reset(missed, this.#options.report);
    this.#update(subscription);
  }

  /** Applies a channel's event or drops it. True: it was applied, and the channel's own handlers have heard it. */
  event(event: ChannelEvent): boolean {
    const subscription = this.#all.get(event.channel);
    if (!subscription?.wanted) return false;
    const { action } = this.#step(subscription, receive(subscription.reading, event));
    if (action === "resubscribe") this.#again(subscription);
    if (action !== "apply" && action !== "live") return false;
    subscription.gaps = 0;
    this.#expect(subscription);
    subscription.deliver(event, this.#options.report);
    this.#update(subscription);
    return true;
  }

  #want(name: string): Subscription {
    const subscription = this.#all.get(name) ?? this.#add(name);
    subscription.refusal = null;
    this.#schedule();
    return subscription;
  }

  #owned(name: string): Subscription {
    const subscription = this.#all.get(name) ?? this.#add(name);
    subscription.own = true;
    return subscription;
  }

  #add(name: string): Subscription {
    const subscription = new Subscription(name, this.#options.clock);
    this.#all.set(name, subscription);
    return subscription;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  /** Brings the server to what is wanted. Leaving comes first: there is a limit of channels. */
  #flush(): void {
    const unwanted = [...this.#all.values()].filter(({ wanted }) => !wanted);
    const entered = unwanted.filter(({ reading }) => reading.phase !== "out").map(({ name }) => name);
    for (const subscription of unwanted) {
      this.#rest(subscription);
      this.#all.delete(subscription.name);
    }
    if (!this.#line.connection) return;
    for (const channels of chunks(entered)) this.#send("unsubscribe", this.#options.nextId(), { channels });
    this.#ask([...this.#all.values()].filter(({ reading, refusal }) => reading.phase === "out" && refusal === null));
  }

  /** `usedId`: send again under the id that was used before; whichever of the two is answered counts. */
  #ask(subscriptions: readonly Subscription[], usedId: string | null = null): void {
    for (const chunk of chunks(subscriptions)) {
      const id = usedId ?? this.#options.nextId();
      for (const subscription of chunk) {
        subscription.request = id;
        this.#step(subscription, { reading: ask(subscription.reading) });
        this.#wait(subscription, ANSWER_TIMEOUT);
        this.#update(subscription);
      }
      const positions = chunk.flatMap(({ name, reading }) =>
        reading.position ? [[name, reading.position] as const] : [],
      );
      const channels = chunk.map(({ name }) => name);
      this.#send("subscribe", id, { channels, positions: Object.fromEntries(positions) });
    }
  }

  #send(type: string, id: string, payload: object): void {
    this.#line.connection?.send({ type, id, payload });
  }

  #answered(subscription: Subscription, top: Position, recovered: boolean): void {
    this.#step(subscription, answer(subscription.reading, top, recovered));
    subscription.request = null;
    subscription.failures = 0;
    this.#expect(subscription);
    this.#update(subscription);
  }

  /** Until it is live, more must come: the rest of a replay, or a reset. */
  #expect(subscription: Subscription): void {
    if (subscription.reading.phase === "live") subscription.timer.stop();
    else this.#wait(subscription, ANSWER_TIMEOUT);
  }

  /** At a gap: at once, but with backoff when no event could be applied since the last. */
  #again(subscription: Subscription): void {
    const gaps = subscription.gaps++;
    if (gaps) this.#later(subscription, gaps);
    else this.#ask([subscription]);
    this.#update(subscription);
  }

  #later(subscription: Subscription, attempt: number): void {
    subscription.request = null;
    this.#wait(subscription, backoff(LOWEST_CEILING * 2 ** attempt, this.#options.random));
  }

  #wait(subscription: Subscription, milliseconds: number): void {
    subscription.timer.start(milliseconds, () => this.#ask([subscription], subscription.request));
  }

  /** `withdrawn`: there is no right to what came from it, so nothing goes on from there. */
  #refuse(subscription: Subscription, reason: string, withdrawn: boolean): void {
    this.#rest(subscription);
    subscription.refusal = reason;
    if (withdrawn) {
      subscription.reading = OUT;
      subscription.reset({ channel: subscription.name, position: NOWHERE, reason: "forbidden" }, this.#options.report);
    }
    this.#update(subscription);
  }

  #rest(subscription: Subscription): void {
    subscription.timer.stop();
    subscription.request = null;
    subscription.reading = leave(subscription.reading);
  }

  #step<S extends Pick<Step, "reading">>(subscription: Subscription, step: S): S {
    subscription.reading = step.reading;
    return step;
  }

  #update(subscription: Subscription): void {
    subscription.update(this.#line.status, this.#options.report);
  }
}

/** A position that it has stays. */
function seek(subscription: Subscription, position: Position | null): void {
  const { reading } = subscription;
  subscription.reading = { ...reading, position: reading.position ?? position };
}

function chunks<T>(list: readonly T[]): T[][] {
  const count = Math.ceil(list.length / SUBSCRIBE_CHANNELS);
  return Array.from({ length: count }, (_, i) => list.slice(i * SUBSCRIBE_CHANNELS, (i + 1) * SUBSCRIBE_CHANNELS));
}
