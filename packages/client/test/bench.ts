/** A client on a scripted server, under vitest's fake timers. */
import { type ClientOptions, WebSocketClient } from "@tidings/client";
import { ScriptedServer } from "@tidings/client/testing";
import { afterEach, beforeEach, vi } from "vitest";

export interface Bench {
  readonly server: ScriptedServer;
  readonly client: WebSocketClient;
  /** What `onError` heard: [message, where]. */
  readonly reports: [string, string][];
}

/** Call once at the top of a test file. */
export function fakeTime(): void {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });
}

/** `random` is fixed at 0.5: each wait is half of its ceiling. */
export function bench(options: ClientOptions = {}, server = new ScriptedServer()): Bench {
  const reports: [string, string][] = [];
  const client = new WebSocketClient("ws://server/ws", {
    token: "secret",
    WebSocket: server.WebSocket,
    random: () => 0.5,
    onError: (error, where) => reports.push([error instanceof Error ? error.message : String(error), where]),
    ...options,
  });
  return { server, client, reports };
}

export async function connected(options: ClientOptions = {}): Promise<Bench> {
  const made = bench(options);
  made.client.connect();
  await tick();
  return made;
}

/** Lets everything happen that needs no time to pass. */
export async function tick(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

export async function pass(milliseconds: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(milliseconds);
}

/** Handlers that remember what they heard. */
export const follower = () => ({ onEvent: vi.fn(), onReset: vi.fn(), onStatus: vi.fn() });

/** The offsets of the events that a follower heard. */
export const offsets = ({ onEvent }: { onEvent: ReturnType<typeof vi.fn> }) =>
  onEvent.mock.calls.map(([event]) => event.offset);
