import { renderHook } from "@testing-library/react";
import { envelope } from "@tidings/client/testing";
import { type UseWebSocket, useWebSocket } from "@tidings/react";
import { StrictMode, useEffect } from "react";
import { renderToString } from "react-dom/server";
import { expect, test, vi } from "vitest";
import { mount, pass, scriptedPage } from "./page.js";

const page = scriptedPage();
const URL = "ws://server/ws";

async function hook(token = "t") {
  const rendered = renderHook(({ token }) => useWebSocket(URL, token), { initialProps: { token } });
  await pass(0);
  return rendered;
}

test("connected is true when the connection stands, and false when it does not", async () => {
  page.server.opens = false;
  const { result, unmount } = await hook();
  expect(result.current.connected).toBe(false);
  page.server.socket.accept();
  await pass(0);
  expect(result.current.connected).toBe(true);
  page.server.opens = true;
  page.server.socket.end(1006);
  await pass(0);
  expect(result.current.connected).toBe(false);
  await pass(1_000);
  expect(result.current.connected).toBe(true);
  unmount();
});

test("a refused subscription does not make it false", async () => {
  const { result } = await hook();
  page.server.socket.say(envelope("connection:error", { code: "forbidden", message: "no", channel: "a" }));
  await pass(0);
  expect(result.current.connected).toBe(true);
});

test("the functions keep their identity, over renders, connections and tokens", async () => {
  const { result, rerender } = await hook();
  const { connected: _, ...before } = result.current;
  page.server.socket.end(1006);
  await pass(1_000);
  rerender({ token: "other" });
  await pass(1_000);
  const { connected: __, ...after } = result.current;
  expect(Object.keys(after).sort()).toEqual(["off", "on", "send", "subscribe", "unsubscribe"]);
  for (const name of Object.keys(before) as (keyof typeof before)[]) expect(after[name]).toBe(before[name]);
});

test("what is called before there is a client is kept: a child's effect runs before its parent's", async () => {
  const heard = vi.fn();
  function Child({ subscribe, on, send }: UseWebSocket) {
    useEffect(() => {
      on("t", heard);
      subscribe(["a"]);
      send({ type: "hello" });
    }, [subscribe, on, send]);
    return null;
  }
  const Parent = () => <Child {...useWebSocket(URL, "t")} />;
  await mount(<Parent />);
  expect(page.server.socket.sent.map(({ type }) => type).sort()).toEqual(["auth", "hello", "subscribe"]);
  page.server.publish("a");
  expect(heard).toHaveBeenCalledOnce();
});

test("callers with the same url and token share one connection, and one leaving does not end the other", async () => {
  const [one, two] = [await hook(), await hook()];
  const [first, second] = [vi.fn(), vi.fn()];
  one.result.current.subscribe(["a"]);
  two.result.current.subscribe(["a"]);
  one.result.current.on("t", first);
  two.result.current.on("t", second);
  await pass(0);
  expect(page.server.sockets).toHaveLength(1);
  one.result.current.unsubscribe(["a"]);
  one.unmount();
  await pass(1_000);
  page.server.publish("a");
  expect(first).not.toHaveBeenCalled();
  expect(second).toHaveBeenCalledOnce();
  two.unmount();
  await pass(1_000);
  expect(page.server.socket.readyState).toBe(3);
});

test("two callers with the same function do not take it from each other", async () => {
  const [one, two] = [await hook(), await hook()];
  const heard = vi.fn();
  one.result.current.on("notice", heard);
  two.result.current.on("notice", heard);
  two.result.current.on("notice", heard);
  one.result.current.off("notice", heard);
  page.server.socket.say(envelope("notice", {}));
  expect(heard).toHaveBeenCalledOnce();
});

test("a caller that asks for a channel twice leaves it once", async () => {
  const { result } = await hook();
  result.current.subscribe(["a"]);
  result.current.subscribe(["a"]);
  await pass(0);
  result.current.unsubscribe(["a"]);
  await pass(0);
  expect(page.server.socket.payloads("unsubscribe")).toEqual([{ channels: ["a"] }]);
});

test("another token: handlers and subscriptions move, nothing is missed or heard twice, the old connection ends", async () => {
  const { result, rerender } = await hook("one");
  const heard: (number | undefined)[] = [];
  result.current.on("t", (_payload, { offset }) => void heard.push(offset));
  result.current.subscribe(["a"]);
  await pass(0);
  page.server.publish("a");
  page.server.opens = false;
  rerender({ token: "two" });
  await pass(0);
  expect(result.current.connected).toBe(false);
  page.server.publish("a");
  page.server.socket.accept();
  await pass(1_000);
  page.server.publish("a");
  expect(heard).toEqual([1, 2, 3]);
  expect(result.current.connected).toBe(true);
  expect(page.server.sockets.map((socket) => [socket.payloads("auth")[0]?.token, socket.readyState])).toEqual([
    ["one", 3],
    ["two", 1],
  ]);
});

test("another token: the user's own channel goes on where it was, through auth, before the first connect", async () => {
  const { result, rerender } = await hook("one");
  const heard: (number | undefined)[] = [];
  result.current.on("t", (_payload, { offset }) => void heard.push(offset));
  page.server.publish("user:7");
  page.server.opens = false;
  rerender({ token: "two" });
  await pass(0);
  rerender({ token: "three" });
  await pass(1_000);
  page.server.publish("user:7");
  page.server.socket.accept();
  await pass(0);
  page.server.publish("user:7");
  expect(heard).toEqual([1, 2, 3]);
  expect(page.server.socket.payloads("auth")).toEqual([
    { token: "three", positions: { "user:7": { epoch: "e", offset: 1, id: "user:7-1" } } },
  ]);
  expect(page.server.socket.payloads("subscribe")).toEqual([]);
});

test("another user's token: the old user's own channel is not asked for", async () => {
  const { result, rerender } = await hook("one");
  const refused = vi.fn();
  result.current.on("connection:error", refused);
  page.server.publish("user:7");
  page.server.user = "8";
  rerender({ token: "two" });
  await pass(1_000);
  expect(page.server.socket.payloads("auth")).toHaveLength(1);
  expect(page.server.socket.payloads("subscribe")).toEqual([]);
  expect(refused).not.toHaveBeenCalled();
});

test("StrictMode: one connection, and events are heard once", async () => {
  const heard = vi.fn();
  function Board() {
    const { subscribe, unsubscribe, on, off } = useWebSocket(URL, "t");
    useEffect(() => {
      subscribe(["a"]);
      on("t", heard);
      return () => {
        unsubscribe(["a"]);
        off("t", heard);
      };
    }, [subscribe, unsubscribe, on, off]);
    return null;
  }
  await mount(
    <StrictMode>
      <Board />
    </StrictMode>,
  );
  page.server.publish("a");
  await pass(1_000);
  expect(heard).toHaveBeenCalledOnce();
  expect(page.server.sockets).toHaveLength(1);
  expect(page.server.socket.sent.map(({ type }) => type)).toEqual(["auth", "subscribe"]);
});

test("after the last caller nothing is left; the next one connects anew", async () => {
  (await hook()).unmount();
  await pass(1_000);
  expect(vi.getTimerCount()).toBe(0);
  const { result } = await hook();
  expect(result.current.connected).toBe(true);
  expect(page.server.sockets).toHaveLength(2);
});

test.each([
  ["schedules", "channels is string, not a list of channel names"],
  [["a b"], "is no channel name"],
])("subscribe(%j) is refused where it is called", async (channels, message) => {
  const { result } = await hook();
  expect(() => result.current.subscribe(channels as string[])).toThrow(message);
});

test("rendered on a server: not connected, and nothing is opened", () => {
  const Board = () => <p>{String(useWebSocket(URL, "t").connected)}</p>;
  expect(renderToString(<Board />)).toContain("false");
  expect(page.server.sockets).toHaveLength(0);
});
