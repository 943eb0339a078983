import {
  type ClientMessage,
  channel,
  type Position,
  type WebSocketClient,
  type WebSocketMessage,
} from "@tidings/client";

type Handler = (payload: never, message: WebSocketMessage<never>) => unknown;

/** Messages that wait for a first client; the oldest gives way. */
const OUTBOX = 100;

/**
 * What one caller of `useWebSocket` wants: channels, handlers and messages. It is kept while there is no client and moves from
 * one client to the next, channels, and the user's own, from the positions where they were. All functions keep their identity.
 */
export class Binding {
  #client: WebSocketClient | null = null;
  #stopWatching = () => {};
  readonly #channels = new Map<string, { leave: () => void; position: Position | null }>();
  /** How far the user's own channel was read. */
  #own: ReturnType<WebSocketClient["ownPositions"]> = {};
  readonly #handlers = new Map<string, Map<Handler, Handler>>();
  #outbox: ClientMessage[] = [];
  readonly #listeners = new Set<() => void>();

  /** Best before the client connects: then its `auth` tells where the user's own channel goes on. */
  attach(client: WebSocketClient): void {
    this.#client = client;
    client.resume(this.#own);
    this.#stopWatching = client.onStatus(this.#changed);
    for (const [type, handlers] of this.#handlers) {
      for (const wrapped of handlers.values()) client.on(type, wrapped);
    }
    for (const [name, held] of this.#channels) held.leave = client.follow(name, {}, held.position);
    for (const message of this.#outbox.splice(0)) client.send(message);
    this.#changed();
  }

  detach(): void {
    const client = this.#client;
    this.#client = null;
    this.#stopWatching();
    this.#own = client?.ownPositions() ?? this.#own;
    for (const [name, held] of this.#channels) {
      held.position = client?.position(name) ?? held.position;
      held.leave();
    }
    for (const [type, handlers] of this.#handlers) {
      for (const wrapped of handlers.values()) client?.off(type, wrapped);
    }
    this.#changed();
  }

  readonly isConnected = (): boolean => this.#client?.status.status === "connected";

  readonly watch = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Each channel once for this caller, however often it asks. Throws TypeError for what is no list of channel names. */
  readonly subscribe = (channels: readonly string[]): void => {
    if (!Array.isArray(channels)) throw new TypeError(`channels is ${typeof channels}, not a list of channel names`);
    for (const { name } of channels.map((name) => channel(name))) {
      if (this.#channels.has(name)) continue;
      this.#channels.set(name, { leave: this.#client?.follow(name, {}) ?? (() => {}), position: null });
    }
  };

  readonly unsubscribe = (channels: readonly string[]): void => {
    for (const name of channels) {
      this.#channels.get(name)?.leave();
      this.#channels.delete(name);
    }
  };

  /** Wrapped, so that two callers with the same function do not take it from each other. */
  readonly on: WebSocketClient["on"] = (type: string, handler: Handler): void => {
    const handlers = this.#handlers.get(type) ?? new Map<Handler, Handler>();
    if (handlers.has(handler)) return;
    const wrapped: Handler = (payload, message) => handler(payload, message);
    this.#handlers.set(type, handlers.set(handler, wrapped));
    this.#client?.on(type, wrapped);
  };

  readonly off = (type: string, handler: Handler): void => {
    const wrapped = this.#handlers.get(type)?.get(handler);
    if (!wrapped) return;
    this.#handlers.get(type)?.delete(handler);
    this.#client?.off(type, wrapped);
  };

  readonly send = (message: ClientMessage): void => {
    if (this.#client) this.#client.send(message);
    else this.#outbox = [...this.#outbox, message].slice(-OUTBOX);
  };

  readonly #changed = (): void => {
    for (const listener of [...this.#listeners]) listener();
  };
}
