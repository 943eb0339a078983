import { WebSocketClient } from "@tidings/client";
import { TidingsProvider, useChannel, useConnection, useTidings } from "@tidings/react";
import { StrictMode } from "react";
import { renderToString } from "react-dom/server";
import { expect, test, vi } from "vitest";
import { mount, pass, scriptedPage } from "./page.js";

const page = scriptedPage();

function Status() {
  const { status, attempt } = useConnection();
  return <p>{`${status} ${attempt}`}</p>;
}

test("one connection for the page, whoever uses it", async () => {
  const Follower = () => <p>{useChannel("a").status}</p>;
  const { container } = await mount(
    <TidingsProvider url="ws://server/ws">
      <Status />
      <Follower />
      <Follower />
    </TidingsProvider>,
  );
  page.server.establish(page.server.socket);
  await pass(0);
  expect(page.server.sockets).toHaveLength(1);
  expect(page.server.socket.payloads("subscribe")).toEqual([{ channels: ["a"], positions: {} }]);
  expect(container.textContent).toBe("connected 0livelive");
});

test("StrictMode mounts twice and connects once", async () => {
  const Follower = () => <p>{useChannel("a").status}</p>;
  await mount(
    <StrictMode>
      <TidingsProvider url="ws://server/ws" getToken={() => "t"}>
        <Status />
        <Follower />
      </TidingsProvider>
    </StrictMode>,
  );
  await pass(1_000);
  expect(page.server.sockets).toHaveLength(1);
  expect(page.server.socket.sent.map(({ type }) => type)).toEqual(["auth", "subscribe"]);
  expect(page.server.socket.readyState).toBe(1);
});

test("the connection outlives the provider by a moment, and no longer", async () => {
  const tree = (
    <TidingsProvider url="ws://server/ws" getToken={() => "t"}>
      <Status />
    </TidingsProvider>
  );
  const { unmount } = await mount(tree);
  unmount();
  await pass(249);
  expect(page.server.socket.readyState).toBe(1);
  await pass(2);
  expect(page.server.socket.readyState).toBe(3);
  await pass(60_000);
  expect(page.server.sockets).toHaveLength(1);
});

test("the newest getToken is asked, and a new closure does not reconnect", async () => {
  const tree = (token: string) => (
    <TidingsProvider url="ws://server/ws" getToken={() => token}>
      <Status />
    </TidingsProvider>
  );
  const { rerender } = await mount(tree("one"));
  rerender(tree("two"));
  await pass(1_000);
  expect(page.server.sockets).toHaveLength(1);
  page.server.socket.end(1006);
  await pass(30_000);
  expect(page.server.sockets.map((socket) => socket.payloads("auth")[0]?.token)).toEqual(["one", "two"]);
});

test("another url is another connection; the old one ends", async () => {
  const tree = (url: string) => (
    <TidingsProvider url={url} getToken={() => "t"}>
      <Status />
    </TidingsProvider>
  );
  const { rerender, container } = await mount(tree("ws://server/one"));
  rerender(tree("ws://server/two"));
  await pass(1_000);
  expect(page.server.sockets.map(({ url, readyState }) => [url, readyState])).toEqual([
    ["ws://server/one", 3],
    ["ws://server/two", 1],
  ]);
  expect(container.textContent).toBe("connected 0");
});

test("a relative url is the page's", async () => {
  await mount(<TidingsProvider url="/ws" getToken={() => "t"} />);
  expect(page.server.socket.url).toBe(`${globalThis.location.origin.replace("http", "ws")}/ws`);
});

test("the application's own client is connected, and left alone at the end", async () => {
  const client = new WebSocketClient("ws://server/ws", "t");
  const { unmount } = await mount(
    <TidingsProvider client={client}>
      <Status />
    </TidingsProvider>,
  );
  expect(client.status.status).toBe("connected");
  unmount();
  await pass(1_000);
  expect(client.status.status).toBe("connected");
  client.disconnect();
});

test("onError hears what handlers throw", async () => {
  const onError = vi.fn();
  const Broken = () => {
    useChannel("a", {
      onEvent: () => {
        throw new Error("broken");
      },
    });
    return null;
  };
  await mount(
    <TidingsProvider url="ws://server/ws" getToken={() => "t"} onError={onError}>
      <Broken />
    </TidingsProvider>,
  );
  page.server.publish("a");
  expect(onError.mock.calls).toEqual([[new Error("broken"), "a handler of a"]]);
});

test("useConnection follows loss and retry", async () => {
  const { container } = await mount(
    <TidingsProvider url="ws://server/ws" getToken={() => "t"}>
      <Status />
    </TidingsProvider>,
  );
  page.server.socket.end(1006);
  await pass(0);
  expect(container.textContent).toBe("offline 1");
  await pass(1_000);
  expect(container.textContent).toBe("connected 1");
  await pass(5_000);
  expect(container.textContent).toBe("connected 0");
});

test("rendered on a server: idle, and nothing is opened", () => {
  const html = renderToString(
    <TidingsProvider url="/ws" getToken={() => "t"}>
      <Status />
    </TidingsProvider>,
  );
  expect(html).toContain("idle 0");
  expect(page.server.sockets).toHaveLength(0);
});

test("without a provider, the error says what is missing", () => {
  const Lost = () => <p>{String(useTidings())}</p>;
  expect(() => renderToString(<Lost />)).toThrow("there is no <TidingsProvider> above this component");
});
