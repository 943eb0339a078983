import type { WebSocketClient } from "@tidings/client";

/** What a page reaches a server by. */
type Ways = Pick<typeof globalThis, "fetch" | "WebSocket">;

/** A socket in a machine without network: it is lost as soon as it was opened. */
class NoSocket {
  readonly readyState = 3;
  readonly bufferedAmount = 0;
  onopen: (() => void) | null = null;
  onmessage: (() => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;

  constructor() {
    queueMicrotask(() => {
      this.onopen?.();
      this.onclose?.({ code: 1006, reason: "The network is cut" });
    });
  }

  send(): void {}
  close(): void {}
}

/** Takes this page's network away, and no other's. Returns what gives it back. */
export function cutNetwork(client: Pick<WebSocketClient, "connect" | "disconnect">, ways: Ways = globalThis) {
  const { fetch, WebSocket } = ways;
  ways.fetch = () => Promise.reject(new TypeError("The network is cut"));
  ways.WebSocket = NoSocket as unknown as typeof WebSocket;
  client.disconnect();
  client.connect();
  return () => {
    Object.assign(ways, { fetch, WebSocket });
    client.connect();
  };
}
