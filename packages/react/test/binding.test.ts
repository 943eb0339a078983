import { WebSocketClient } from "@tidings/client";
import { expect, test, vi } from "vitest";
import { Binding } from "../src/binding.js";
import { pass, scriptedPage } from "./page.js";

const page = scriptedPage();

test("of the messages that wait for a first client, the last 100 are kept", async () => {
  const binding = new Binding();
  for (let i = 0; i < 500; i += 1) binding.send({ type: "hello", id: `m${i}` });
  const client = new WebSocketClient("ws://server/ws", { token: "t", queueLimit: 1_000 });
  binding.attach(client);
  client.connect();
  await pass(0);
  const sent = page.server.socket.sent.filter(({ type }) => type === "hello");
  expect(sent.map(({ id }) => id)).toEqual(Array.from({ length: 100 }, (_, i) => `m${400 + i}`));
  client.disconnect();
});

test("a client that was left is not listened to", () => {
  const binding = new Binding();
  const client = new WebSocketClient("ws://server/ws", "t");
  binding.attach(client);
  binding.detach();
  const changed = vi.fn();
  binding.watch(changed);
  client.connect();
  client.disconnect();
  expect(changed).not.toHaveBeenCalled();
});
