/**
 * The defects of the guide's React code, each line of the list as one group: the same observation is made on the guide's hook
 * with the guide's client, which shows the defect, and on ours, which does not.
 */

import { renderHook } from "@testing-library/react";
import type { ScriptedSocket } from "@tidings/client/testing";
import { type UseWebSocket, useWebSocket } from "@tidings/react";
import { StrictMode, useEffect } from "react";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { type GuideHook, guideHook, type UseGuideWebSocket } from "./guide.js";
import { mount, pass, scriptedPage } from "./page.js";

const page = scriptedPage();
const URL = "ws://server/ws";

beforeEach(() => {
  vi.spyOn(console, "log").mockImplementation(() => {});
  vi.spyOn(console, "error").mockImplementation(() => {});
});

type Hook = UseGuideWebSocket | typeof useWebSocket;
type Result = GuideHook | UseWebSocket;

/** What `observe` sees with each of the two hooks. */
function defect<T>(name: string, observe: (hook: Hook) => Promise<T>, expected: { guide: T; ours: T }) {
  describe(name, () => {
    test("the guide's hook shows it", async () => {
      expect(await observe(await guideHook("guide"))).toEqual(expected.guide);
    });
    test("ours does not", async () => {
      expect(await observe(useWebSocket)).toEqual(expected.ours);
    });
  });
}

const open = (sockets: readonly ScriptedSocket[]) => sockets.filter(({ readyState }) => readyState === 1).length;
const on = (hook: Result, type: string, handler: () => void) => (hook.on as GuideHook["on"])(type, handler);

describe("One socket per hook caller; StrictMode or token change leaves zombie sockets.", () => {
  defect(
    "sockets of two callers",
    async (useHook) => {
      renderHook(() => [useHook(URL, "t"), useHook(URL, "t")]);
      await pass(1_000);
      return open(page.server.sockets);
    },
    { guide: 2, ours: 1 },
  );
  defect(
    "open sockets a minute after StrictMode mounted twice",
    async (useHook) => {
      renderHook(() => useHook(URL, "t"), { wrapper: StrictMode });
      await pass(60_000);
      return open(page.server.sockets);
    },
    { guide: 2, ours: 1 },
  );
  defect(
    "open sockets a minute after the token changed",
    async (useHook) => {
      const { rerender } = renderHook(({ token }) => useHook(URL, token), { initialProps: { token: "one" } });
      await pass(0);
      rerender({ token: "two" });
      await pass(60_000);
      return open(page.server.sockets);
    },
    { guide: 2, ours: 1 },
  );
});

describe("`connected` never becomes false (`connection:error` is never sent), so the resubscribe effect never reruns.", () => {
  defect(
    "connected, when it is there, gone, and back; and how often an effect on it ran",
    async (useHook) => {
      const effect = vi.fn();
      const { result } = renderHook(() => {
        const hook = useHook(URL, "t");
        useEffect(() => {
          if (hook.connected) effect();
        }, [hook.connected]);
        return hook;
      });
      const seen: boolean[] = [];
      await pass(0);
      seen.push(result.current.connected);
      page.server.socket.end(1006);
      await pass(0);
      seen.push(result.current.connected);
      await pass(2_000);
      seen.push(result.current.connected);
      return [seen, effect.mock.calls.length];
    },
    { guide: [[true, true, true], 1], ours: [[true, false, true], 2] },
  );
});

describe("Subscribes before registering handlers; early calls dropped by `?.`; new function identities every render; handlers stay on the old client.", () => {
  defect(
    "an event that comes as soon as the subscribe is sent is heard by a handler of the next line",
    async (useHook) => {
      const { result } = renderHook(() => useHook(URL, "t"));
      await pass(0);
      const { received } = page.server.socket;
      page.server.socket.received = (message) => {
        received(message);
        if (message.type === "subscribe") page.server.enter(page.server.socket, message);
        if (message.type === "subscribe") page.server.publish("a");
      };
      const heard = vi.fn();
      result.current.subscribe(["a"]);
      on(result.current, "t", heard);
      await pass(0);
      return heard.mock.calls.length;
    },
    { guide: 0, ours: 1 },
  );
  defect(
    "a child's effect, which runs before there is a client, subscribes and listens",
    async (useHook) => {
      const heard = vi.fn();
      function Child({ hook }: { hook: Result }) {
        // biome-ignore lint/correctness/useExhaustiveDependencies: once, as early as can be
        useEffect(() => {
          hook.subscribe(["a"]);
          on(hook, "t", heard);
        }, []);
        return null;
      }
      const Parent = () => <Child hook={useHook(URL, "t")} />;
      await mount(<Parent />);
      page.server.publish("a");
      return heard.mock.calls.length;
    },
    { guide: 0, ours: 1 },
  );
  defect(
    "the functions are the same after a render",
    async (useHook) => {
      const { result, rerender } = renderHook(() => useHook(URL, "t"));
      await pass(0);
      const before = result.current;
      rerender();
      const after = result.current;
      return before.subscribe === after.subscribe && before.on === after.on && before.send === after.send;
    },
    { guide: false, ours: true },
  );
  defect(
    "after a change of token the handlers and the channels are there",
    async (useHook) => {
      const { result, rerender } = renderHook(({ token }) => useHook(URL, token), { initialProps: { token: "one" } });
      await pass(0);
      const heard = vi.fn();
      on(result.current, "t", heard);
      result.current.subscribe(["a"]);
      await pass(0);
      const [old] = page.server.sockets;
      rerender({ token: "two" });
      old?.end(1000);
      await pass(300);
      page.server.publish("a");
      return heard.mock.calls.length;
    },
    { guide: 0, ours: 1 },
  );
});

describe("No initial load; append not idempotent; no deletes, versions or unsubscribe.", () => {
  // Loading, deleting and unmounting are the component's: scheduling/web shows them, with useChannel and useEvent.
  defect(
    "what a list has that appends each event of a shift: sent on two channels, then once more in an older version",
    async (useHook) => {
      const list: string[] = [];
      const { result } = renderHook(() => useHook(URL, "t"));
      await pass(0);
      result.current.subscribe(["schedules", "staff:7"]);
      (result.current.on as GuideHook["on"])(
        "schedule:updated",
        ({ title }: { title: string }) => void list.push(title),
      );
      await pass(0);
      const shift = { type: "schedule:updated", key: "schedule:7" };
      page.server.publish("schedules", { ...shift, id: "2", version: 2, payload: { title: "night" } });
      page.server.publish("staff:7", { ...shift, id: "2", version: 2, payload: { title: "night" } });
      page.server.publish("staff:7", { ...shift, id: "1", version: 1, payload: { title: "day" } });
      return list;
    },
    { guide: ["night", "night", "day"], ours: ["night"] },
  );
  defect(
    "channels that the server still serves when of two components the one that subscribed is gone",
    async (useHook) => {
      const Board = () => {
        const { connected, subscribe } = useHook(URL, "t");
        useEffect(() => {
          if (connected) subscribe(["a"]);
        }, [connected, subscribe]);
        return null;
      };
      const Other = () => <>{String(useHook(URL, "t").connected)}</>;
      const { rerender } = await mount([<Other key="other" />, <Board key="board" />]);
      const served = () => [...page.server.members.values()].filter((channels) => channels.has("a")).length;
      const before = served();
      // The guide's socket takes its channel along when it closes, for a second: then it is back, without one.
      rerender([<Other key="other" />]);
      await pass(0);
      const left = page.server.sockets.flatMap((socket) => socket.payloads("unsubscribe"));
      return [before, left];
    },
    { guide: [1, []], ours: [1, [{ channels: ["a"] }]] },
  );
});

describe("`useState([])` is `never[]`; token in localStorage; hard-coded `ws://`.", () => {
  // The first two are the component's (scheduling/web); the address is the client's.
  test("a relative address is the page's own, with its scheme", async () => {
    vi.stubGlobal("location", { href: "https://app.example/desk" });
    renderHook(() => useWebSocket("/ws", "t"));
    await pass(0);
    expect(page.server.socket.url).toBe("wss://app.example/ws");
  });
});
