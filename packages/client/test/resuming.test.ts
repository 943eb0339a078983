import { envelope, refuse, ScriptedServer } from "@tidings/client/testing";
import { expect, test } from "vitest";
import { bench, connected, fakeTime, follower, offsets, pass, tick } from "./bench.js";

fakeTime();

test("after a reconnect every channel is resumed from its position, and hears what it missed", async () => {
  const { server, client } = await connected();
  server.publish("a");
  const heard = follower();
  client.follow("a", heard);
  await tick();
  server.publish("a");
  server.socket.end(1006);
  server.publish("a");
  server.publish("a");
  await pass(500);
  expect(server.socket.payloads("subscribe")).toEqual([
    { channels: ["a"], positions: { a: { epoch: "e", offset: 2, id: "a-2" } } },
  ]);
  expect(offsets(heard)).toEqual([2, 3, 4]);
  expect(client.channelStatus("a")).toEqual({ status: "live" });
});

test("the user's own channel is followed unasked, and resumed through auth", async () => {
  const { server, client } = await connected();
  const heard = follower();
  client.follow("user:7", heard);
  await tick();
  server.publish("user:7");
  server.socket.end(1006);
  server.publish("user:7");
  await pass(500);
  expect(server.socket.payloads("auth")).toEqual([
    { token: "secret", positions: { "user:7": { epoch: "e", offset: 1, id: "user:7-1" } } },
  ]);
  expect(server.sockets.flatMap((socket) => socket.payloads("subscribe"))).toEqual([]);
  expect(offsets(heard)).toEqual([1, 2]);
});

test("resume() on a connection of another user asks for nothing", async () => {
  const { server, client } = await connected();
  client.resume({ "user:8": { epoch: "e", offset: 1, id: "user:8-1" } });
  client.subscribe(["a"]);
  await tick();
  expect(server.socket.payloads("subscribe")).toEqual([{ channels: ["a"], positions: {} }]);
  expect(Object.keys(client.ownPositions())).toEqual(["user:7"]);
});

test("another user's token: the old own channel is left, a followed one is asked for", async () => {
  const { server, client } = await connected();
  const heard = follower();
  client.follow("user:7", heard);
  server.answers.subscribe = refuse("forbidden", "not yours");
  server.user = "8";
  server.socket.end(1006);
  await pass(500);
  expect(client.channelStatus("user:7")).toEqual({ status: "refused", reason: "forbidden: not yours" });
  expect(client.channelStatus("user:8")).toEqual({ status: "live" });
});

test("another user's token: an own channel that nobody followed is forgotten", async () => {
  const { server, client } = await connected();
  server.user = "8";
  server.socket.end(1006);
  await pass(500);
  expect(client.channelStatus("user:7")).toEqual({ status: "idle" });
  expect(server.socket.payloads("subscribe")).toEqual([]);
});

test("a gap asks again from the position, and nothing is heard twice or left out", async () => {
  const { server, client } = await connected();
  const heard = follower();
  client.follow("a", heard);
  await tick();
  server.publish("a");
  server.members.get(server.socket)?.delete("a");
  server.publish("a");
  server.members.get(server.socket)?.add("a");
  server.publish("a");
  expect(client.channelStatus("a")).toEqual({ status: "catching-up" });
  server.publish("a");
  await tick();
  expect(server.socket.payloads("subscribe")[1]).toEqual({
    channels: ["a"],
    positions: { a: { epoch: "e", offset: 1, id: "a-1" } },
  });
  expect(offsets(heard)).toEqual([1, 2, 3, 4]);
  expect(client.channelStatus("a")).toEqual({ status: "live" });
});

test("a server whose every answer leaves a gap is asked with backoff", async () => {
  const { server, client } = await connected();
  client.follow("a", follower());
  await tick();
  const top = { epoch: "e", offset: 99, id: "a-99" };
  const leap = envelope("t", {}, { channel: "a", epoch: "e", offset: 99 });
  let patience = 100;
  server.answers.subscribe = (socket, { id }) => {
    if (patience-- <= 0) return;
    const payload = { channels: ["a"], total: 1, positions: { a: top }, recovered: { a: true } };
    socket.say(envelope("subscribed", payload, { reply_to: id }));
    socket.say(leap);
  };
  server.socket.say(leap);
  await pass(60_000);
  const asked = server.socket.payloads("subscribe").length;
  expect(asked).toBeGreaterThan(3);
  expect(asked).toBeLessThan(12);
});

test("another epoch: a reset, told to the followers, and on from its position", async () => {
  const { server, client } = await connected();
  const heard = follower();
  client.follow("a", heard);
  await tick();
  server.publish("a");
  server.log("a").epoch = "f";
  server.publish("a");
  await tick();
  const position = { epoch: "f", offset: 2, id: "a-2" };
  expect(heard.onReset.mock.calls).toEqual([[{ channel: "a", position, reason: "history" }]]);
  server.publish("a");
  expect(offsets(heard)).toEqual([1, 3]);
  expect(client.position("a")).toEqual({ epoch: "f", offset: 3, id: "a-3" });
});

test("history that is gone after a reconnect: a reset, then live", async () => {
  const { server, client } = await connected();
  const heard = follower();
  client.follow("a", heard);
  await tick();
  server.publish("a");
  server.socket.end(1006);
  server.publish("a");
  server.publish("a");
  server.log("a").first = 3;
  await pass(500);
  expect(heard.onReset).toHaveBeenCalledOnce();
  expect(offsets(heard)).toEqual([1]);
  expect(client.channelStatus("a")).toEqual({ status: "live" });
});

test("conflated events cover what they stand for", async () => {
  const { server, client } = await connected();
  const heard = follower();
  client.follow("a", heard);
  await tick();
  server.socket.say(envelope("t", {}, { channel: "a", epoch: "e", offset: 7, after: 0 }));
  server.socket.say(envelope("t", {}, { channel: "a", epoch: "e", offset: 8 }));
  expect(offsets(heard)).toEqual([7, 8]);
});

test("an answer without a position: with one of our own it goes on from there", async () => {
  const { server, client } = await connected();
  const heard = follower();
  client.follow("a", heard);
  await tick();
  server.publish("a");
  server.answers.subscribe = (socket, message) => {
    server.members.get(socket)?.add("a");
    const payload = { channels: ["a"], total: 1, positions: {}, recovered: {} };
    socket.say(envelope("subscribed", payload, { reply_to: message.id }));
  };
  server.socket.end(1006);
  await pass(500);
  server.publish("a");
  expect(offsets(heard)).toEqual([1, 2]);
  expect(client.channelStatus("a")).toEqual({ status: "live" });
});

test("an answer without a position: with none of our own the first event asks for a reset", async () => {
  const { server, client } = await connected();
  const heard = follower();
  const enter = server.answers.subscribe as NonNullable<typeof server.answers.subscribe>;
  server.answers.subscribe = (socket, message) => {
    server.answers.subscribe = enter;
    server.members.get(socket)?.add("a");
    const payload = { channels: ["a"], total: 1, positions: {}, recovered: {} };
    socket.say(envelope("subscribed", payload, { reply_to: message.id }));
  };
  client.follow("a", heard);
  await tick();
  server.publish("a");
  await tick();
  server.publish("a");
  expect(heard.onReset).toHaveBeenCalledOnce();
  expect(offsets(heard)).toEqual([2]);
  expect(client.channelStatus("a")).toEqual({ status: "live" });
});

test("a replay that stops on the way is asked for again after 30 s without an event", async () => {
  const { server, client } = await connected();
  const heard = follower();
  for (let i = 0; i < 3; i += 1) server.publish("a");
  const enter = server.answers.subscribe as NonNullable<typeof server.answers.subscribe>;
  server.answers.subscribe = (socket, { id }) => {
    const payload = { channels: ["a"], total: 1, positions: { a: server.log("a").top }, recovered: { a: true } };
    socket.say(envelope("subscribed", payload, { reply_to: id }));
  };
  client.follow("a", heard, { epoch: "e", offset: 0, id: "" });
  await pass(29_000);
  server.socket.say(server.log("a").message("a", 1));
  server.answers.subscribe = enter;
  await pass(29_999);
  expect(offsets(heard)).toEqual([1]);
  expect(client.channelStatus("a")).toEqual({ status: "catching-up" });
  await pass(1);
  expect(offsets(heard)).toEqual([1, 2, 3]);
  expect(client.channelStatus("a")).toEqual({ status: "live" });
  await pass(20_000);
  expect(server.socket.payloads("subscribe")).toHaveLength(2);
});

test("a new client goes on from another's position", async () => {
  const first = await connected();
  first.client.follow("a", {});
  await tick();
  first.server.publish("a");
  const position = first.client.position("a");
  first.client.disconnect();
  first.server.publish("a");
  const second = bench({}, first.server);
  const heard = follower();
  second.client.follow("a", heard, position);
  second.client.connect();
  await tick();
  expect(offsets(heard)).toEqual([2]);
});

test("a new client goes on from another's position in the user's own channel", async () => {
  const server = new ScriptedServer();
  server.publish("user:7");
  server.publish("user:7");
  const { client } = bench({}, server);
  const heard = follower();
  client.follow("user:7", heard, { epoch: "e", offset: 1, id: "user:7-1" });
  client.connect();
  await tick();
  expect(offsets(heard)).toEqual([2]);
});
