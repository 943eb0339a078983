import { WebSocketClient } from "@tidings/client";
import { Holders } from "./holders.js";

/** Milliseconds that a connection outlives its last holder: longer than StrictMode, or a change of pages, takes to come back. */
export const LINGER = 250;

/** A client that is connected for as long as somebody holds it. Making one connects nothing. */
export class Lease {
  readonly client: WebSocketClient;
  readonly #holders: Holders;

  /** `ended` is called when the connection was closed because nobody held it. */
  constructor(client: WebSocketClient, ended: () => void = () => {}) {
    this.client = client;
    this.#holders = new Holders(LINGER, () => {
      client.disconnect();
      ended();
    });
  }

  /** Connects if nobody held it. Returns the release, which may be called once or more. */
  acquire(): () => void {
    return this.#holders.add(() => this.client.connect());
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
