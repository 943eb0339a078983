/** One connection: a socket from its token to its close. Used once; a reconnect makes another. */
import { type Clock, type Socket, type SocketConstructor, Timer } from "./environment.js";
import type { Report } from "./handlers.js";
import type { Position } from "./protocol/applying.js";
import { reconnects } from "./protocol/codes.js";
import {
  type ClientMessage,
  decode,
  PROTOCOL,
  type ServerPayloads,
  type WebSocketMessage,
} from "./protocol/messages.js";

export type Token = string | null | undefined;

/** How a connection ended. */
export interface Loss {
  /** It never got as far as `open`. */
  readonly refusedBeforeOpen: boolean;
  /** Whether the client should try again by itself. */
  readonly again: boolean;
  /** The last error code that the server sent, if it sent one. */
  readonly code?: string | undefined;
  /** For people: the server's error, the close reason, or the close code. */
  readonly reason: string;
}

export interface ConnectionOptions {
  readonly clock: Clock;
  readonly WebSocket: SocketConstructor;
  readonly url: () => string;
  /** Called for each `auth`. Undefined: no `auth` is sent, the server knows the user from elsewhere (a session cookie). */
  readonly token: (() => Token | Promise<Token>) | undefined;
  readonly positions: () => Readonly<Record<string, Position>>;
  readonly nextId: () => string;
  /** Hears of messages that cannot be read, and of a token that cannot be had for a refresh. The connection goes on. */
  readonly report: Report;
  /** Milliseconds from `start` to `connection:established`. */
  readonly openTimeout: number;
  /** Milliseconds from a ping to anything at all. */
  readonly pongTimeout: number;
}

export interface ConnectionOwner {
  /** Each message, in order. `first`: the `connection:established` that makes this connection one. */
  message(message: WebSocketMessage, first: boolean): void;
  /** Once, unless `abandon` came before. */
  lost(loss: Loss): void;
}

/** The short time in which a connection in doubt must answer a ping, in milliseconds. */
const CHECK_TIMEOUT = 3_000;
/** Bytes that may wait in the browser before sending is refused. */
const BUFFER_LIMIT = 1_048_576;

/** `start` it once; then `message` and `lost` are called on its owner until `lost` or `abandon`. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #owner: ConnectionOwner;
  #socket: Socket | null = null;
  #over = false;
  #opened = false;
  #established = false;
  #refreshing = false;
  #lastError: ServerPayloads["connection:error"] | null = null;
  /** Opening; then until the next ping, or its answer. */
  readonly #timer: Timer;
  #pingInterval = Number.POSITIVE_INFINITY;
  #lastSent = 0;
  #lastHeard = 0;
  #messages = 0;

  constructor(options: ConnectionOptions, owner: ConnectionOwner) {
    this.#options = options;
    this.#timer = new Timer(options.clock);
    this.#owner = owner;
  }

  /** Gets the token, opens the socket, authenticates. */
  start(): void {
    this.#timer.start(this.#options.openTimeout, () => this.#end(true, "no answer in time"));
    this.#withToken((token) => {
      if (this.#over) return;
      if (this.#options.token && token == null) return this.#end(false, "getToken gave no token");
      this.#open(token ?? null);
    });
  }

  /** Sends it. False when the browser already holds too much that has not left. */
  send(message: ClientMessage & { readonly id: string }): boolean {
    const socket = this.#socket;
    if (this.#over || socket?.readyState !== 1 || socket.bufferedAmount > BUFFER_LIMIT) return false;
    this.#lastSent = this.#options.clock.now();
    const timestamp = new Date(this.#lastSent).toISOString();
    socket.send(JSON.stringify({ payload: {}, timestamp, ...message }));
    return true;
  }

  /** Makes sure now that the server is there; else the connection is lost within seconds. */
  check(): void {
    if (this.#established) this.#ping(Math.min(CHECK_TIMEOUT, this.#options.pongTimeout));
  }

  /** Sends a new token on the live connection. What prevents it is reported; the server ends the connection in its time. */
  refresh(): void {
    if (this.#refreshing || !this.#options.token) return;
    this.#refreshing = true;
    this.#withToken(
      (token) => {
        this.#refreshing = false;
        if (token != null) this.#authenticate({ token });
      },
      (error) => {
        this.#refreshing = false;
        if (!this.#over) this.#options.report(error, "getToken");
      },
    );
  }

  /** Closes it; nothing is called on the owner any more. */
  abandon(): void {
    if (this.#over) return;
    this.#over = true;
    this.#timer.stop();
    this.#socket?.close(1000);
  }

  /** At once where the token is at hand, so that `connect()` opens the socket before it returns. */
  #withToken(use: (token: Token) => void, failed = (error: unknown) => this.#end(true, `no token: ${error}`)): void {
    try {
      const token = this.#options.token?.();
      if (token instanceof Promise) token.then(use).catch(failed);
      else use(token);
    } catch (error) {
      failed(error);
    }
  }

  #open(token: string | null): void {
    let socket: Socket;
    try {
      socket = new this.#options.WebSocket(this.#options.url());
    } catch (error) {
      this.#end(false, String(error));
      return;
    }
    this.#socket = socket;
    socket.onopen = () => {
      this.#opened = true;
      if (token !== null) this.#authenticate({ token, positions: this.#options.positions() });
    };
    socket.onmessage = (event) => this.#receive(event.data);
    socket.onclose = (event) => this.#end(reconnects(event.code), event.reason || `close code ${event.code}`);
  }

  #authenticate(payload: object): void {
    this.send({ type: "auth", payload, id: this.#options.nextId() });
  }

  #receive(data: unknown): void {
    if (this.#over) return;
    this.#lastHeard = this.#options.clock.now();
    this.#messages += 1;
    try {
      this.#read(decode(data));
    } catch (error) {
      this.#options.report(error, "a message of the server");
    }
  }

  #read(message: WebSocketMessage): void {
    this.#lastError = this.#causeOfClose(message);
    const first = !this.#established && message.type === "connection:established";
    if (message.type === "connection:established") {
      const { protocol, ping_interval } = message.payload as ServerPayloads["connection:established"];
      if (protocol !== PROTOCOL) {
        this.#end(false, `the server speaks protocol ${protocol}, this client ${PROTOCOL}`);
        return;
      }
      this.#established = true;
      this.#pingInterval = Math.min(Math.max(ping_interval, 1), 3_600) * 1_000;
      if (first) this.#watch();
    }
    this.#owner.message(message, first);
  }

  /** An error that answers no message of an established connection explains the close, if that is what comes next. */
  #causeOfClose(message: WebSocketMessage): ServerPayloads["connection:error"] | null {
    const error = message.type === "connection:error" && !(this.#established && message.reply_to);
    return error ? (message.payload as ServerPayloads["connection:error"]) : null;
  }

  /** Pings when nothing was sent, or nothing heard, for the ping interval. */
  #watch(): void {
    const quiet = () => Math.min(this.#lastSent, this.#lastHeard) + this.#pingInterval - this.#options.clock.now();
    this.#timer.start(Math.max(quiet(), 0), () =>
      quiet() > 0 ? this.#watch() : this.#ping(this.#options.pongTimeout),
    );
  }

  #ping(timeout: number): void {
    const before = this.#messages;
    this.send({ type: "ping", id: this.#options.nextId() });
    this.#timer.start(timeout, () => {
      if (this.#messages > before) this.#watch();
      else this.#end(true, "the server does not answer");
    });
  }

  #end(again: boolean, reason: string): void {
    if (this.#over) return;
    const error = this.#lastError;
    const refusedBeforeOpen = !this.#opened && this.#socket !== null;
    this.abandon();
    this.#owner.lost({
      refusedBeforeOpen,
      again,
      code: error?.code,
      reason: error ? `${error.code}: ${error.message}` : reason,
    });
  }
}
