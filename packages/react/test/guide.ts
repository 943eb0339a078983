/** The guide's own hook, on a client of choice. Imported by a name that the compiler does not follow: it has its own settings. */
import { fileURLToPath } from "node:url";
import { vi } from "vitest";

export interface GuideHook {
  readonly connected: boolean;
  subscribe(channels: string[]): void;
  unsubscribe(channels: string[]): void;
  on(type: string, handler: (payload: never) => void): void;
  off(type: string, handler: (payload: never) => void): void;
  send(message: object): void;
}

export type UseGuideWebSocket = (url: string, token: string) => GuideHook;

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const hookFile = path("../guide/useWebSocket.ts");
const clientFile = path("../../client/guide/WebSocketClient.ts");

/** `guide`: the guide's hook on the guide's client. `ours`: the guide's hook on our client. */
export async function guideHook(client: "guide" | "ours"): Promise<UseGuideWebSocket> {
  vi.resetModules();
  if (client === "guide") vi.doMock("@tidings/client", () => import(clientFile));
  else vi.doUnmock("@tidings/client");
  const { useWebSocket } = (await import(hookFile)) as { useWebSocket: UseGuideWebSocket };
  return useWebSocket;
}
