import { WebSocketClient } from "@tidings/client";

/** Milliseconds that a connection outlives its last holder: longer than StrictMode, or a change of pages, takes to come back. */
export const LINGER = 250;

/** A client that is connected for as long as somebody holds it. Making one connects nothing. */
export class Lease {
  readonly client: WebSocketClient;
  readonly #ended: () => void;
  #holders = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `ended` is called when the connection was closed because nobody held it. */
  constructor(client: WebSocketClient, ended: () => void = () => {}) {
    this.client = client;
    this.#ended = ended;
  }

  /** Connects if nobody held it. Returns the release, which may be called once or more. */
  acquire(): () => void {
    clearTimeout(this.#timer);
    this.#holders += 1;
    if (this.#holders === 1) this.client.connect();
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#holders -= 1;
      if (this.#holders === 0) this.#timer = setTimeout(() => this.#end(), LINGER);
    };
  }

  #end(): void {
    this.client.disconnect();
    this.#ended();
  }
}

const shared = new Map<string, Lease>();

/** The page's one lease for a URL and a token. It is forgotten when its connection has ended. */
export function sharedLease(url: string, token: string): Lease {
  const key = JSON.stringify([url, token]);
  const found = shared.get(key);
  if (found) return found;
  const lease = new Lease(new WebSocketClient(url, token), () => shared.delete(key));
  shared.set(key, lease);
  return lease;
}
