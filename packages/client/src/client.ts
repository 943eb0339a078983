/** The client: the guide's interface, and what grew from it. */

import { type Channel, type ChannelEvent, channel as channelOf } from "./channel.js";
import { Connection, type Token } from "./connection.js";
import { type Clock, type SocketConstructor, socketUrl, systemClock } from "./environment.js";
import { HandlerSets, type Report, runEach } from "./handlers.js";
import { type ConnectionStatus, Lifeline } from "./lifeline.js";
import type { Position } from "./protocol/applying.js";
import type { TidingsError } from "./protocol/codes.js";
import { Heard } from "./protocol/heard.js";
import type { ClientMessage, ServerPayloads, WebSocketMessage } from "./protocol/messages.js";
import { own } from "./protocol/schema.js";
import { Requests } from "./requests.js";
import type { ChannelHandlers, ChannelStatus } from "./subscription.js";
import { Subscriptions } from "./subscriptions.js";

export interface ClientOptions {
  /** A token that never changes. */
  readonly token?: string;
  /** Called at each connect and when the token expires. Nothing (null, undefined): the client is refused until `connect()`. */
  readonly getToken?: () => Token | Promise<Token>;
  /** Hears of handlers that throw and of messages that cannot be read. Default: the console. */
  readonly onError?: Report;
  /** Application messages that wait for a connection, and requests for an answer: at most so many of each. Default 100. */
  readonly queueLimit?: number;
  /** Milliseconds until a connection that is not established is given up. Default 10,000. */
  readonly openTimeout?: number;
  /** Milliseconds in which a ping must be answered. Default 10,000. */
  readonly pongTimeout?: number;
  /** For tests, and for platforms without the globals. */
  readonly WebSocket?: SocketConstructor;
  readonly clock?: Clock;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
}

type Closing = ServerPayloads["connection:closing"];
type Handler = (payload: never, message: never) => unknown;

/** Milliseconds that `send` keeps a message for a connection, and that `request` waits, unless said otherwise. */
const TIMEOUT = 10_000;

/**
 * One connection, any number of channels. Nothing happens until `connect()`; from then on it stays connected until
 * `disconnect()` or a refusal, resumes every channel from where it was, and reports its state in `status`.
 */
export class WebSocketClient {
  readonly #options: ClientOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #handlers = new HandlerSets<Handler>();
  readonly #heard = new Heard();
  readonly #lifeline: Lifeline;
  readonly #subscriptions: Subscriptions;
  readonly #requests: Requests;
  readonly #idPrefix: string;
  #ids = 0;

  /** `url` may be relative to the page ("/ws"). The token is sent in the first message, never in the URL. */
  constructor(url: string, auth: string | ClientOptions = {}) {
    const options = typeof auth === "string" ? { token: auth } : auth;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#idPrefix = this.#random().toString(36).slice(2, 10);
    const shared = { clock: this.#clock, random: this.#random, report: this.#report, nextId: this.#nextId };
    const { token, getToken = token === undefined ? undefined : () => token } = options;
    this.#lifeline = new Lifeline(
      {
        ...shared,
        renewable: options.getToken !== undefined,
        open: (owner) =>
          new Connection(
            {
              ...shared,
              WebSocket: options.WebSocket ?? globalThis.WebSocket,
              url: () => socketUrl(url),
              token: getToken,
              positions: () => this.#subscriptions.tell(),
              openTimeout: options.openTimeout ?? TIMEOUT,
              pongTimeout: options.pongTimeout ?? TIMEOUT,
            },
            owner,
          ),
      },
      {
        message: (message, first) => this.#receive(message, first),
        statusChanged: () => this.#subscriptions.connectionChanged(),
        lost: (reason) => this.#lost(reason),
      },
    );
    this.#subscriptions = new Subscriptions(shared, this.#lifeline);
    this.#requests = new Requests(this.#clock, options.queueLimit ?? 100, this.#lifeline);
  }

  /** The connection's state; the same object until it changes. */
  get status(): ConnectionStatus {
    return this.#lifeline.status;
  }

  /** Calls `listener` with the `status` after each change of it. Returns the undo. */
  onStatus(listener: (status: ConnectionStatus) => void): () => void {
    return this.#lifeline.onStatus(listener);
  }

  /** Connects and stays connected. A second call does nothing, or ends a wait or a refusal. */
  connect(): void {
    this.#lifeline.connect();
  }

  /** Closes the connection and refuses what waits. Subscriptions and positions are kept for another `connect()`. */
  disconnect(): void {
    this.#lifeline.disconnect();
    this.#requests.clear("disconnect() was called");
  }

  /** Wants these channels, now and after each reconnect. Counted: the last of several `unsubscribe` leaves. */
  subscribe(channels: readonly string[]): void {
    if (!Array.isArray(channels)) throw new TypeError(`channels is ${typeof channels}, not a list of channel names`);
    this.#subscriptions.hold(channels);
  }

  unsubscribe(channels: readonly string[]): void {
    this.#subscriptions.release(channels);
  }

  /**
   * Wants a channel for as long as these handlers do; they hear all of its events, each once, in order. `from`: a position
   * from which the channel is read when this client has none yet. Returns the undo.
   */
  follow<E extends ChannelEvent>(
    channel: Channel<E> | string,
    handlers: ChannelHandlers<E>,
    from: Position | null = null,
  ): () => void {
    const followed = typeof channel === "string" ? channelOf<E>(channel) : channel;
    return this.#subscriptions.follow(followed as unknown as Channel, handlers as ChannelHandlers, from);
  }

  /** A channel's state on this client; the same object until it changes. */
  channelStatus(name: string): ChannelStatus {
    return this.#subscriptions.status(name);
  }

  /** How far a channel was read; null before its first answer. */
  position(name: string): Position | null {
    return this.#subscriptions.position(name);
  }

  /** How far the user's own channel was read, by its name. For another client's `resume`. */
  ownPositions(): Readonly<Record<string, Position>> {
    return this.#subscriptions.ownPositions();
  }

  /** Before `connect()`: reads the user's own channel from where another client was. Once connected, it does nothing. */
  resume(ownPositions: Readonly<Record<string, Position>>): void {
    this.#subscriptions.resume(ownPositions);
  }

  /**
   * Hears messages of a type, whatever their channel: an event that comes on two channels once, and not if its entity was heard
   * of at the same or a higher version since the last `channel:reset`. The loss of a connection is heard as `connection:error` with the code `disconnected`.
   */
  on<T extends keyof ServerPayloads>(
    type: T,
    handler: (payload: ServerPayloads[T], message: WebSocketMessage<ServerPayloads[T]>) => unknown,
  ): void;
  on<P = unknown>(type: string, handler: (payload: P, message: WebSocketMessage<P>) => unknown): void;
  on(type: string, handler: Handler): void {
    this.#handlers.add(type, handler);
  }

  /** At once: also for a message that is being handed out. */
  off(type: string, handler: (payload: never, message: never) => unknown): void {
    this.#handlers.delete(type, handler);
  }

  /**
   * Sends a message, or keeps it up to 10 s for a connection. What is refused, here or by the server, is heard as
   * `connection:error` whose `reply_to` is the message's id. `subscribe` and `unsubscribe` are taken as the methods.
   */
  send(message: ClientMessage): void {
    const { channels } = (message.payload ?? {}) as { channels?: readonly string[] };
    if (message.type === "subscribe") this.subscribe(channels ?? []);
    else if (message.type === "unsubscribe") this.unsubscribe(channels ?? []);
    else if (message.type === "ping" || message.type === "auth")
      this.#lifeline.connection?.send(this.#identified(message));
    else {
      const sent = this.#identified(message);
      this.#requests.add(sent, TIMEOUT, ({ code, message }) => this.#say(code, message, sent.id));
    }
  }

  /**
   * Sends a message and gives the payload of its `reply`. Rejects with TidingsError: the server's code, or `timeout`,
   * `disconnected` (the outcome is unknown), `queue_full`, `too_many_requests`, `slow`, `message_too_large`.
   */
  request<R = unknown>(
    type: string,
    payload: object = {},
    { timeout = TIMEOUT }: { timeout?: number } = {},
  ): Promise<R> {
    return new Promise((resolve, reject: (error: TidingsError) => void) => {
      this.#requests.add(this.#identified({ type, payload }), timeout, reject, resolve as (payload: unknown) => void);
    });
  }

  #receive(message: WebSocketMessage, first: boolean): void {
    if (first) {
      this.#subscriptions.established(message.payload as ServerPayloads["connection:established"]);
      this.#requests.flush();
    }
    const act = own(this.#actions, message.type) ?? this.#event;
    if (act(message) !== false) this.#emit(message);
  }

  /** What the server's own messages do, before handlers hear them; false: they do not. */
  readonly #actions: Readonly<Record<string, (message: WebSocketMessage) => unknown>> = {
    "connection:error": (message) => this.#refused(message),
    "connection:closing": ({ payload }) => this.#closing(payload as Closing),
    subscribed: (message) => this.#subscriptions.subscribed(message),
    unsubscribed: (message) => this.#subscriptions.unsubscribed(message),
    "channel:reset": (message) => {
      this.#heard.forgetKeys();
      this.#subscriptions.reset(message);
    },
    reply: (message) => this.#requests.answered(message),
  };

  #closing({ reconnect_after }: Closing): void {
    this.#lifeline.closing(reconnect_after);
  }

  /** A request's refusal is its caller's; all others are heard. */
  #refused(message: WebSocketMessage): boolean {
    const { code } = message.payload as ServerPayloads["connection:error"];
    if (code === "token_expiring" && this.#options.getToken) this.#lifeline.connection?.refresh();
    this.#subscriptions.refused(message);
    return !this.#requests.refused(message);
  }

  readonly #event = (message: WebSocketMessage): boolean => {
    const applied = message.channel === undefined || this.#subscriptions.event(message as ChannelEvent);
    return applied && this.#handlers.get(message.type) !== undefined && this.#heard.note(message);
  };

  #emit(message: WebSocketMessage): void {
    const handlers = this.#handlers.get(message.type);
    if (!handlers) return;
    const call = (handler: Handler) => handler(message.payload as never, message as never);
    runEach(handlers, call, this.#report, `a handler of ${message.type}`);
  }

  #lost(reason: string): void {
    this.#subscriptions.lost();
    this.#requests.lost(reason);
    this.#say("disconnected", reason);
  }

  /** An error of our own, heard like the server's. */
  #say(code: string, message: string, reply_to?: string): void {
    this.#emit({
      type: "connection:error",
      payload: { code, message },
      timestamp: new Date(this.#clock.now()).toISOString(),
      id: this.#nextId(),
      ...(reply_to !== undefined && { reply_to }),
    });
  }

  #identified(message: ClientMessage): ClientMessage & { readonly id: string } {
    return { ...message, id: message.id ?? this.#nextId() };
  }

  readonly #nextId = (): string => {
    this.#ids += 1;
    return `${this.#idPrefix}-${this.#ids}`;
  };

  readonly #report: Report = (error, where) => {
    if (!this.#options.onError) {
      // biome-ignore lint/suspicious/noConsole: what went wrong must be seen somewhere
      console.error(`tidings: ${where}:`, error);
      return;
    }
    try {
      this.#options.onError(error, where);
    } catch (thrown) {
      queueMicrotask(() => {
        throw thrown;
      });
    }
  };
}
