import { TidingsError } from "@tidings/client";
import { envelope, refuse } from "@tidings/client/testing";
import { expect, test, vi } from "vitest";
import { bench, connected, fakeTime, pass, tick } from "./bench.js";

fakeTime();

const code = (error: unknown) => (error instanceof TidingsError ? error.code : error);

test("a request is answered with its reply's payload", async () => {
  const { server, client } = await connected();
  server.answers.add = (socket, { id, payload }) =>
    socket.say(envelope("reply", { sum: (payload.a as number) + (payload.b as number) }, { reply_to: id }));
  await expect(client.request("add", { a: 1, b: 2 })).resolves.toEqual({ sum: 3 });
  expect(server.socket.lastOf("add").timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(vi.getTimerCount()).toBe(2);
});

test("a refused request rejects with the server's code, and is no affair of other handlers", async () => {
  const { server, client } = await connected();
  const heard = vi.fn();
  client.on("connection:error", heard);
  server.answers.add = refuse("forbidden", "not you");
  await expect(client.request("add")).rejects.toMatchObject({ code: "forbidden", message: "not you" });
  expect(heard).not.toHaveBeenCalled();
});

test("answers find their request, whatever their order", async () => {
  const { server, client } = await connected();
  server.answers.add = () => {};
  const [first, second] = [client.request("add"), client.request("add")];
  await tick();
  const [one, two] = server.socket.sent.filter(({ type }) => type === "add");
  server.socket.say(envelope("reply", { n: 2 }, { reply_to: two?.id }));
  server.socket.say(envelope("reply", { n: 1 }, { reply_to: one?.id }));
  server.socket.say(envelope("reply", { n: 3 }, { reply_to: "nobody" }));
  await expect(Promise.all([first, second])).resolves.toEqual([{ n: 1 }, { n: 2 }]);
});

test("a request that is not answered in time", async () => {
  const { client } = await connected();
  const outcome = client.request("slow", {}, { timeout: 2_000 }).catch(code);
  await pass(2_000);
  await expect(outcome).resolves.toBe("timeout");
});

test("a request made offline is sent once connected; its time runs meanwhile", async () => {
  const { server, client } = bench();
  server.answers.add = (socket, { id }) => socket.say(envelope("reply", {}, { reply_to: id }));
  const early = client.request("add").catch(code);
  await pass(10_000);
  await expect(early).resolves.toBe("timeout");
  const kept = client.request("add");
  client.connect();
  await tick();
  await expect(kept).resolves.toEqual({});
  expect(server.socket.payloads("add")).toHaveLength(1);
});

test("the connection is lost before the answer: the outcome is unknown, and it is not sent again", async () => {
  const { server, client } = await connected();
  const outcome = client.request("add").catch(code);
  await tick();
  server.socket.end(1006);
  await expect(outcome).resolves.toBe("disconnected");
  await pass(500);
  expect(server.socket.payloads("add")).toHaveLength(0);
});

test("disconnect() refuses what waits and what is out", async () => {
  const { client } = await connected();
  const out = client.request("add").catch(code);
  client.disconnect();
  await expect(out).resolves.toBe("disconnected");
  const waiting = client.request("add").catch(code);
  client.disconnect();
  await expect(waiting).resolves.toBe("disconnected");
  await pass(1);
  expect(vi.getTimerCount()).toBe(0);
});

test("the queue is bounded: the oldest is refused, to its caller", async () => {
  const { server, client } = bench({ queueLimit: 2 });
  const errors: unknown[] = [];
  client.on("connection:error", ({ code }, { reply_to }) => errors.push([code, reply_to]));
  const oldest = client.request("a").catch(code);
  client.send({ type: "b", id: "my-b" });
  client.send({ type: "c" });
  await expect(oldest).resolves.toBe("queue_full");
  client.send({ type: "d" });
  expect(errors).toEqual([["queue_full", "my-b"]]);
  client.connect();
  await tick();
  expect(server.socket.sent.map(({ type }) => type)).toEqual(["auth", "c", "d"]);
});

test("subscribes are not queued messages: they take no room, and are sent as they stand at the end", async () => {
  const { server, client } = bench({ queueLimit: 1 });
  for (let i = 0; i < 50; i += 1) client.subscribe([`c${i}`]);
  for (let i = 1; i < 50; i += 1) client.unsubscribe([`c${i}`]);
  client.send({ type: "ping" });
  client.send({ type: "a" });
  client.connect();
  await tick();
  expect(server.socket.sent.map(({ type }) => type)).toEqual(["auth", "subscribe", "a"]);
  expect(server.socket.payloads("subscribe")[0]?.channels).toEqual(["c0"]);
});

test("a message that waited for 10 s is not sent any more", async () => {
  const { server, client } = bench();
  const heard = vi.fn();
  client.on("connection:error", heard);
  client.send({ type: "publish-the-week" });
  await pass(10_000);
  client.connect();
  await tick();
  expect(server.socket.payloads("publish-the-week")).toHaveLength(0);
  expect(heard.mock.calls[0]?.[0]).toMatchObject({ code: "timeout" });
});

test("more requests in flight than the limit are refused", async () => {
  const { client } = await connected({ queueLimit: 2 });
  const outcomes = [1, 2, 3].map(() => client.request("a").catch(code));
  await expect(outcomes[2]).resolves.toBe("too_many_requests");
  client.disconnect();
  await expect(Promise.all(outcomes)).resolves.toEqual(["disconnected", "disconnected", "too_many_requests"]);
});

test("what the browser cannot get rid of is refused, not piled up", async () => {
  const { server, client } = await connected();
  server.socket.bufferedAmount = 2_000_000;
  await expect(client.request("a")).rejects.toMatchObject({ code: "slow" });
});

test("a message over 65,536 bytes is refused here, by its size in UTF-8", async () => {
  const { server, client } = await connected();
  await expect(client.request("a", { text: "é".repeat(33_000) })).rejects.toMatchObject({ code: "message_too_large" });
  server.answers.a = (socket, { id }) => socket.say(envelope("reply", {}, { reply_to: id }));
  await expect(client.request("a", { text: "e".repeat(33_000) })).resolves.toEqual({});
});

test("what is no JSON is refused where it is called", async () => {
  const { client } = bench();
  const circle: { self?: object } = {};
  circle.self = circle;
  expect(() => client.send({ type: "a", payload: circle })).toThrow(TypeError);
  await expect(client.request("a", circle)).rejects.toThrow(TypeError);
});

test("a request from a handler that hears of a refusal is sent", async () => {
  const { server, client } = bench({ queueLimit: 1 });
  client.on("connection:error", ({ code }) => {
    if (code === "queue_full") client.send({ type: "b" });
  });
  client.send({ type: "a" });
  client.on("connection:established", () => client.send({ type: "after" }));
  client.connect();
  await tick();
  expect(server.socket.sent.map(({ type }) => type)).toEqual(["auth", "a", "after"]);
});

test("a message that is sent from within the flush does not send the others twice", async () => {
  const { server, client } = bench();
  client.on("connection:error", () => {
    server.socket.bufferedAmount = 0;
    client.send({ type: "c" });
  });
  server.answers.auth = (socket, message) => {
    socket.bufferedAmount = 2_000_000;
    server.establish(socket, message);
  };
  client.send({ type: "a" });
  client.request("b").catch(() => {});
  client.connect();
  await tick();
  expect(server.socket.sent.map(({ type }) => type)).toEqual(["auth", "b", "c"]);
  client.disconnect();
});
