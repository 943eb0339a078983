/** The guide's own hook, unchanged but for its import path, on our client. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { renderHook } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { guideHook } from "./guide.js";
import { pass, scriptedPage } from "./page.js";

const page = scriptedPage();
const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

test("it is the guide's, but for import paths", () => {
  const lines = readFileSync(path("../guide/useWebSocket.ts"), "utf8").split("\n");
  const body = lines.filter((line) => !line.startsWith("import ")).join("\n");
  expect(createHash("sha256").update(body).digest("hex")).toBe(
    "58020ccc13a1c094aaef4efb6d8fdf69dc668f8452f40dfe8376a993f2a365fe",
  );
});

test("it compiles, not strict, against our client", () => {
  const compiler = path("../../../node_modules/typescript/bin/tsc");
  const compile = () => execFileSync(process.execPath, [compiler, "-p", path("../guide")], { encoding: "utf8" });
  expect(compile).not.toThrow();
});

test("it subscribes, hears, stops hearing, sends, and closes", async () => {
  const useWebSocket = await guideHook("ours");
  const { result, unmount } = renderHook(() => useWebSocket("ws://server/ws", "t"));
  await pass(0);
  expect(result.current.connected).toBe(true);
  const heard = vi.fn();
  result.current.subscribe(["schedules"]);
  result.current.on("schedule:created", heard);
  await pass(0);
  page.server.publish("schedules", { type: "schedule:created", payload: { schedule: { id: 7 } } });
  expect(heard.mock.calls.map(([payload]) => payload)).toEqual([{ schedule: { id: 7 } }]);
  result.current.off("schedule:created", heard);
  page.server.publish("schedules", { type: "schedule:created" });
  expect(heard).toHaveBeenCalledOnce();
  result.current.send({ type: "hello", payload: {}, timestamp: new Date().toISOString(), id: "1" });
  result.current.unsubscribe(["schedules"]);
  await pass(0);
  expect(page.server.socket.sent.map(({ type }) => type)).toEqual(["auth", "subscribe", "hello", "unsubscribe"]);
  unmount();
  await pass(60_000);
  expect(page.server.sockets.map(({ readyState }) => readyState)).toEqual([3]);
});

test("on our client its connected becomes false and true again, and what it subscribed to goes on", async () => {
  const useWebSocket = await guideHook("ours");
  const { result } = renderHook(() => useWebSocket("ws://server/ws", "t"));
  await pass(0);
  const heard = vi.fn();
  result.current.subscribe(["a"]);
  result.current.on("t", heard);
  await pass(0);
  page.server.socket.end(1006);
  await pass(0);
  expect(result.current.connected).toBe(false);
  page.server.publish("a");
  await pass(1_000);
  expect(result.current.connected).toBe(true);
  expect(heard).toHaveBeenCalledOnce();
});
