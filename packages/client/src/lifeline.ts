/** Keeps one connection alive: when to open, to wait, to give up. At most one connection exists at any time. */
import type { Connection, ConnectionOwner, Loss } from "./connection.js";
import { type Clock, isOffline, onWake, Timer } from "./environment.js";
import type { Report } from "./handlers.js";
import { runEach } from "./handlers.js";
import { backoff, STABLE_AFTER } from "./protocol/backoff.js";
import type { WebSocketMessage } from "./protocol/messages.js";
import { type Happening, type State, transition } from "./protocol/states.js";

/**
 * - `offline`: lost, or not reached; `nextRetryAt` (milliseconds since 1970) says when the next try is.
 * - `refused`: three tries or more were refused before the socket opened (then `nextRetryAt` is set and the tries go on), or
 *   the server said that trying again is useless. `reason` says why, for people.
 * - `attempt`: tries since a connection was last stable.
 */
export interface ConnectionStatus {
  readonly status: "idle" | "connecting" | "connected" | "offline" | "refused" | "closed";
  readonly reason?: string | undefined;
  readonly attempt: number;
  readonly nextRetryAt?: number | undefined;
}

export interface LifelineOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly open: (owner: ConnectionOwner) => Connection;
  /** An expired token can be had anew, so that one more try makes sense. */
  readonly renewable: boolean;
  readonly report: Report;
}

export interface LifelineOwner {
  message(message: WebSocketMessage, first: boolean): void;
  statusChanged(): void;
  /** An established connection is gone, whether or not another follows. */
  lost(reason: string): void;
}

const REFUSALS = 3;
/** Servers in a row that say they are going, as workers that are replaced do. From then on that is an outage, too. */
const GOODBYES = 3;
const REFUSED = "tries were refused before opening: no server, or not for this origin";
/** Seconds; a longer wait is not believed. */
const LONGEST_CLOSING = 3_600;

export class Lifeline {
  readonly #options: LifelineOptions;
  readonly #owner: LifelineOwner;
  readonly #listeners = new Set<(status: ConnectionStatus) => void>();
  #state: State = "idle";
  #status: ConnectionStatus = { status: "idle", attempt: 0 };
  #connection: Connection | null = null;
  #attempt = 0;
  /** When the connection was lost, or the first try failed. Means nothing before an `#attempt`. */
  #outageBegan = 0;
  #refusals = 0;
  #reason: string | undefined;
  #nextRetryAt: number | undefined;
  /** The server announced its going: the next connection needs no wait. */
  #announced = false;
  #renewed = false;
  /** Connected: until stable. Waiting: until the next try. */
  readonly #timer: Timer;
  readonly #closingTimer: Timer;
  #stopListening: (() => void) | null = null;

  constructor(options: LifelineOptions, owner: LifelineOwner) {
    this.#options = options;
    this.#timer = new Timer(options.clock);
    this.#closingTimer = new Timer(options.clock);
    this.#owner = owner;
  }

  /** The same object until something in it changes. */
  get status(): ConnectionStatus {
    return this.#status;
  }

  /** The connection, once established. */
  get connection(): Connection | null {
    return this.#state === "connected" ? this.#connection : null;
  }

  /** Calls `listener` with the `status` after each change of it. Returns the undo. */
  onStatus(listener: (status: ConnectionStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Nothing happens when a connection is there or being made; a waiting client tries at once. */
  connect(): void {
    this.#happens("connect");
  }

  /** Ends the connection and every timer. */
  disconnect(): void {
    const was = this.connection;
    this.#happens("disconnect");
    if (was) this.#owner.lost("disconnect() was called");
  }

  /** The server will end the connection: another is made without backoff, after `seconds` at the latest. */
  closing(seconds: number): void {
    this.#announced = true;
    this.#closingTimer.start(Math.min(seconds, LONGEST_CLOSING) * 1_000, () => {
      this.#connection?.abandon();
      this.#lost({ refusedBeforeOpen: false, again: true, reason: "the server is going away" });
    });
  }

  #happens(happening: Happening): void {
    const next = transition(this.#state, happening);
    if (!next) return;
    this.#state = next;
    this.#timer.stop();
    this.#nextRetryAt = undefined;
    this.#entries[next]();
  }

  readonly #entries: Readonly<Record<State, () => void>> = {
    idle: () => {},
    connecting: () => this.#open(),
    connected: () => this.#settle(),
    waiting: () => this.#wait(),
    refused: () => this.#giveUp(),
    closed: () => this.#close(),
  };

  #open(): void {
    this.#stopListening ??= onWake((promising) => {
      this.connection?.check();
      if (promising) this.#happens("wake");
    });
    const connection = this.#options.open({
      message: (message, first) => this.#received(message, first),
      lost: (loss) => this.#lost(loss),
    });
    this.#connection = connection;
    this.#publish();
    if (this.#connection === connection) connection.start();
  }

  #received(message: WebSocketMessage, first: boolean): void {
    if (first) this.#happens("established");
    this.#owner.message(message, first);
  }

  #settle(): void {
    this.#refusals = 0;
    this.#announced = false;
    this.#renewed = false;
    this.#reason = undefined;
    this.#timer.start(STABLE_AFTER, () => {
      this.#attempt = 0;
      this.#publish();
    });
    this.#publish();
  }

  #lost(loss: Loss): void {
    const was = this.connection;
    this.#connection = null;
    this.#closingTimer.stop();
    if (was && this.#announced && this.#attempt <= GOODBYES) this.#outageBegan = this.#options.clock.now();
    this.#refusals = loss.refusedBeforeOpen && !isOffline() ? this.#refusals + 1 : 0;
    this.#reason = this.#refusals < REFUSALS ? loss.reason : `${this.#refusals} ${REFUSED}`;
    this.#happens(loss.again || this.#renew(loss) ? "lost" : "refused");
    if (was) this.#owner.lost(loss.reason);
  }

  /** Once between two connections: the token that `getToken` gave had expired on the way. */
  #renew(loss: Loss): boolean {
    const renew = loss.code === "token_expired" && this.#options.renewable && !this.#renewed;
    this.#renewed ||= renew;
    return renew;
  }

  /**
   * An outage that a clock put back would have begin in the future begins now. Servers that say goodbye one after the other
   * are met with backoff from the second time on.
   */
  #wait(): void {
    const now = this.#options.clock.now();
    this.#outageBegan = this.#attempt === 0 ? now : Math.min(now, this.#outageBegan);
    const wait = this.#announced && this.#attempt === 0 ? 0 : backoff(now - this.#outageBegan, this.#options.random);
    this.#attempt += 1;
    this.#nextRetryAt = now + wait;
    this.#timer.start(wait, () => this.#happens("retry"));
    this.#publish();
  }

  /** What comes after is a new beginning. */
  #giveUp(): void {
    this.#stopListening?.();
    this.#stopListening = null;
    this.#attempt = 0;
    this.#refusals = 0;
    this.#announced = false;
    this.#renewed = false;
    this.#publish();
  }

  #close(): void {
    this.#closingTimer.stop();
    this.#connection?.abandon();
    this.#connection = null;
    this.#reason = undefined;
    this.#giveUp();
  }

  #publish(): void {
    const status: ConnectionStatus = {
      status: this.#state === "waiting" ? (this.#refusals < REFUSALS ? "offline" : "refused") : this.#state,
      reason: this.#reason,
      attempt: this.#attempt,
      nextRetryAt: this.#nextRetryAt,
    };
    if (JSON.stringify(status) === JSON.stringify(this.#status)) return;
    this.#status = status;
    this.#owner.statusChanged();
    runEach(this.#listeners, (listener) => listener(this.#status), this.#options.report, "a status listener");
  }
}
