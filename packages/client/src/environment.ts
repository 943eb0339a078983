/** What the client takes from where it runs; each can be given instead, in tests or outside browsers. */

/** Milliseconds since 1970, and timers. */
export interface Clock {
  now(): number;
  setTimeout(callback: () => void, milliseconds: number): unknown;
  clearTimeout(timer: unknown): void;
}

/** The part of the browser's WebSocket that is used. */
export type Socket = Pick<
  WebSocket,
  "readyState" | "bufferedAmount" | "onopen" | "onmessage" | "onclose" | "send" | "close"
>;

export type SocketConstructor = new (url: string) => Socket;

/** One timer of a clock: starting it again replaces what it was to do. */
export class Timer {
  readonly #clock: Clock;
  #handle: unknown;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  start(milliseconds: number, then: () => void): void {
    this.stop();
    this.#handle = this.#clock.setTimeout(then, milliseconds);
  }

  stop(): void {
    this.#clock.clearTimeout(this.#handle);
  }
}

/** Reads the globals at each call, so that a test may replace them. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (callback, milliseconds) => setTimeout(callback, milliseconds),
  clearTimeout: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
};

/**
 * `url` as ws: or wss:, relative ones from the page's address. Raises TypeError with the reason when there is no page to be
 * relative to, or the scheme is not http, https, ws or wss.
 */
export function socketUrl(url: string): string {
  const page = globalThis.location?.href;
  let resolved: URL;
  try {
    resolved = new URL(url, page);
  } catch {
    throw new TypeError(`${JSON.stringify(url)} is no address (relative ones need a page)`);
  }
  resolved.protocol = resolved.protocol.replace(/^http/, "ws");
  resolved.hash = "";
  if (!/^wss?:$/.test(resolved.protocol)) throw new TypeError(`${resolved.protocol} is not ws:, wss:, http: or https:`);
  return resolved.href;
}

/** The machine says that it has no network. False where it does not say. */
export function isOffline(): boolean {
  return globalThis.navigator?.onLine === false;
}

/**
 * Calls `listener` when a connection may have changed without a word: the page came into sight (out of the back-forward cache
 * too), the network is back, or gone. `promising`: a new connection may well succeed now. Returns the undo. Where there is no
 * page or window, nothing is ever called.
 */
export function onWake(listener: (promising: boolean) => void): () => void {
  const page = globalThis.document;
  const listening = new AbortController();
  const listen = (target: EventTarget | undefined, type: string) => {
    const wake = () => {
      if (page?.visibilityState !== "hidden") listener(type !== "offline");
    };
    target?.addEventListener(type, wake, listening);
  };
  listen(globalThis.window, "online");
  listen(globalThis.window, "offline");
  listen(globalThis.window, "pageshow");
  listen(page, "visibilitychange");
  return () => listening.abort();
}
