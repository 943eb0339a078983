/**
 * @tidings/client/presence: who is on a channel, and what this page says of itself there (protocol.md, section 9). An entry of
 * its own, for pages that want it.
 */
import type { Channel, ChannelEvent } from "./channel.js";
import type { WebSocketClient } from "./client.js";
import type { Clock } from "./environment.js";
import type { TidingsError } from "./protocol/codes.js";
import { type PresencePayloads, type PresentUser, Roster } from "./protocol/roster.js";

export type { PresentUser } from "./protocol/roster.js";

/** Who is on a channel. */
export interface PresenceStatus<M = unknown> {
  /** Everybody, this page's user too, once each, in order of their ids. Who has not changed is the same object as before. */
  readonly users: readonly PresentUser<M>[];
  /** They are all who are there now. Otherwise: those who were there last. */
  readonly live: boolean;
  /** "code: why", for developers, where the server refused what this page says of itself, or that it sees who is there. */
  readonly refusal: string | null;
}

/** A channel whose presence has metadata of type `M`, as `tidings types` writes it. */
export type PresenceChannel<M> = Pick<Channel<ChannelEvent, M>, "name" | "metadata">;

/** Milliseconds between two messages of what this page says of itself. */
const PACE = 250;
/** Milliseconds until it is said again after the server was too busy to take it. */
const LATER = 5_000;

/** Looked up at each call: a test may fake the timers. */
const MACHINE: Pick<Clock, "setTimeout"> = { setTimeout: (callback, after) => setTimeout(callback, after) };

const NOBODY: PresenceStatus<never> = { users: [], live: false, refusal: null };

/** What all of a client's handles of one channel share, for as long as one of them is used. */
class Shared<M extends object> {
  readonly #client: WebSocketClient;
  readonly #name: string;
  readonly #clock: Pick<Clock, "setTimeout">;
  readonly #roster = new Roster<M>();
  readonly #listeners = new Set<() => void>();
  readonly #shown = new Set<Partial<M>>();
  #status: PresenceStatus<M> = { ...NOBODY, users: this.#roster.users };
  #refusal: string | null = null;
  #unfollow = () => {};
  #leave = () => {};
  /** What the server has, as JSON; null: nothing, or nobody knows. */
  #said: string | null = null;
  /** The pause that runs; null: none. */
  #pause: symbol | null = null;
  #scheduled = false;

  constructor(client: WebSocketClient, name: string, clock: Pick<Clock, "setTimeout">) {
    this.#client = client;
    this.#name = name;
    this.#clock = clock;
  }

  get status(): PresenceStatus<M> {
    return this.#status;
  }

  get used(): boolean {
    return this.#listeners.size + this.#shown.size > 0;
  }

  listen(listener: () => void): () => void {
    const own = () => listener();
    this.#listeners.add(own);
    if (this.#listeners.size === 1) this.#follow();
    return () => {
      if (this.#listeners.delete(own) && this.#listeners.size === 0) this.#unfollow();
    };
  }

  show(metadata: Partial<M>): () => void {
    const part = { ...metadata };
    if (this.#shown.size === 0) this.#leave = this.#client.follow(this.#name, { onStatus: this.#entered });
    this.#shown.add(part);
    this.#schedule();
    return () => {
      if (!this.#shown.delete(part)) return;
      this.#schedule();
      if (this.#shown.size > 0) return;
      // Later than what is scheduled, so that it is taken back where others stay on the channel.
      const leave = this.#leave;
      queueMicrotask(leave);
    };
  }

  #follow(): void {
    const log = `presence:${this.#name}`;
    // Without a position the state comes; else what is known goes on.
    if (this.#client.position(log) === null) this.#roster.forget();
    const leave = this.#client.follow(log, {
      onEvent: ({ type, payload }) => this.#apply(type, payload),
      onReset: () => {
        this.#roster.ready = false;
        this.#update();
      },
      onStatus: () => this.#changed(log),
    });
    const onState = (payload: PresencePayloads["presence:state"]) => {
      if (payload.channel === log) this.#apply("presence:state", payload);
    };
    this.#client.on("presence:state", onState);
    this.#unfollow = () => {
      leave();
      this.#client.off("presence:state", onState);
    };
    this.#update();
  }

  /** A position is worth nothing without the roster: lost before it was whole, the log is entered anew. */
  #changed(log: string): void {
    this.#update();
    if (this.#roster.ready || this.#client.channelStatus(log).status !== "offline") return;
    if (this.#client.position(log) === null) return;
    this.#unfollow();
    this.#unfollow = () => {};
    // By then the client has forgotten it.
    queueMicrotask(() => {
      if (this.#listeners.size > 0) this.#follow();
    });
  }

  #apply(type: string, payload: unknown): void {
    this.#roster.apply(type, payload);
    this.#update();
  }

  #update(): void {
    const { status, reason = "" } = this.#client.channelStatus(`presence:${this.#name}`);
    const live = status === "live" && this.#roster.ready;
    const refusal = status === "refused" ? reason : this.#refusal;
    const { users } = this.#roster;
    const before = this.#status;
    if (before.users === users && before.live === live && before.refusal === refusal) return;
    this.#status = { users, live, refusal };
    for (const listener of [...this.#listeners]) listener();
  }

  readonly #entered = (): void => {
    const { status } = this.#client.channelStatus(this.#name);
    if (status === "live") this.#schedule();
    else if (status !== "catching-up") this.#said = null;
  };

  /** Once per task, and at most every so often. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#say();
    });
  }

  #say(): void {
    const taken = this.#shown.size === 0;
    const metadata = taken ? null : Object.assign({}, ...this.#shown);
    const said = taken ? null : JSON.stringify(metadata);
    if (said === this.#said || this.#client.channelStatus(this.#name).status !== "live") return;
    // What is taken back is so at once: a moment later this page may not be on the channel any more.
    if (this.#pause && !taken) return;
    this.#said = said;
    this.#wait(PACE);
    this.#client.request("presence:update", { channel: this.#name, metadata }).then(
      () => this.#settled(null),
      (error: TidingsError) => this.#refused(error),
    );
  }

  #refused({ code, message }: TidingsError): void {
    if (PASSING.has(code)) {
      this.#said = null;
      this.#wait(LATER);
    } else if (code !== "disconnected") this.#settled(`${code}: ${message}`);
  }

  #settled(refusal: string | null): void {
    this.#refusal = refusal;
    this.#update();
  }

  #wait(milliseconds: number): void {
    const pause = Symbol();
    this.#pause = pause;
    this.#clock.setTimeout(() => {
      if (this.#pause !== pause) return;
      this.#pause = null;
      this.#schedule();
    }, milliseconds);
  }
}

/** Refusals that pass by themselves, and answers that were lost. */
const PASSING = new Set(["rate_limited", "internal_error", "timeout", "slow", "too_many_requests", "queue_full"]);

const shared = new WeakMap<WebSocketClient, Map<string, Shared<object>>>();

/** A channel's presence on a client. Handles of one channel share everything; making one costs nothing. */
export class Presence<M extends object = object> {
  readonly #client: WebSocketClient;
  readonly #name: string;
  readonly #clock: Pick<Clock, "setTimeout">;

  /** `clock`: for tests. */
  constructor(client: WebSocketClient, channel: PresenceChannel<M>, clock: Pick<Clock, "setTimeout"> = MACHINE) {
    this.#client = client;
    this.#name = channel.name;
    this.#clock = clock;
  }

  /** The same object until something in it changes. Nobody is known while nobody listens. */
  get status(): PresenceStatus<M> {
    return (shared.get(this.#client)?.get(this.#name)?.status as PresenceStatus<M> | undefined) ?? NOBODY;
  }

  /** Calls `listener` after each change of `status`, which is kept up to date for as long as somebody listens. Returns the undo. */
  listen(listener: () => void): () => void {
    return this.#use((used) => used.listen(listener));
  }

  /**
   * Is on the channel, and says this there until the undo, which it returns; after a reconnection, too. Of several, each says some
   * of the fields, and of one field the latest counts.
   */
  show(metadata: Partial<M>): () => void {
    return this.#use((used) => used.show(metadata));
  }

  #use(begin: (used: Shared<object>) => () => void): () => void {
    const all = shared.get(this.#client) ?? new Map<string, Shared<object>>();
    shared.set(this.#client, all);
    const used = all.get(this.#name) ?? new Shared(this.#client, this.#name, this.#clock);
    const end = begin(used);
    all.set(this.#name, used);
    return () => {
      end();
      // Who comes in its place in the same task goes on with what is known.
      queueMicrotask(() => {
        if (!used.used && all.get(this.#name) === used) all.delete(this.#name);
      });
    };
  }
}
