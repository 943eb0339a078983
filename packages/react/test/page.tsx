/** A page on a scripted server: everything a test needs to mount components under fake time. */
import { act, cleanup, render } from "@testing-library/react";
import { ScriptedServer } from "@tidings/client/testing";
import type { ReactNode } from "react";
import { afterEach, beforeEach, vi } from "vitest";

export interface Page {
  server: ScriptedServer;
}

/** Call once at the top of a test file: before each test, a new server stands behind the global WebSocket. */
export function scriptedPage(): Page {
  const page: Page = { server: new ScriptedServer() };
  beforeEach(() => {
    vi.useFakeTimers();
    page.server = new ScriptedServer();
    vi.stubGlobal("WebSocket", page.server.WebSocket);
  });
  afterEach(async () => {
    cleanup();
    await vi.advanceTimersByTimeAsync(1_000);
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });
  return page;
}

/** Mounts and lets everything happen that needs no time to pass. */
export async function mount(ui: ReactNode) {
  const mounted = render(ui);
  await pass(0);
  return mounted;
}

export async function pass(milliseconds: number): Promise<void> {
  await act(async () => {
    await vi.advanceTimersByTimeAsync(milliseconds);
  });
}
