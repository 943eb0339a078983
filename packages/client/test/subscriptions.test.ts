import { envelope, refuse } from "@tidings/client/testing";
import { expect, test, vi } from "vitest";
import { bench, connected, fakeTime, follower, offsets, pass, tick } from "./bench.js";

fakeTime();

test("channels wanted before connect() and in one task are asked for in one message", async () => {
  const { server, client } = bench();
  client.subscribe(["a", "b"]);
  client.follow("c", {});
  client.connect();
  await tick();
  expect(server.socket.payloads("subscribe")).toEqual([{ channels: ["a", "b", "c"], positions: {} }]);
});

test("two followers: one leaving does not end the other; the last one does", async () => {
  const { server, client } = await connected();
  const [one, two] = [follower(), follower()];
  const leaveOne = client.follow("a", one);
  const leaveTwo = client.follow("a", two);
  await tick();
  leaveOne();
  leaveOne();
  await tick();
  server.publish("a");
  expect(offsets(one)).toEqual([]);
  expect(offsets(two)).toEqual([1]);
  leaveTwo();
  await tick();
  expect(server.socket.payloads("unsubscribe")).toEqual([{ channels: ["a"] }]);
  expect(client.channelStatus("a")).toEqual({ status: "idle" });
});

test("subscribe is counted; unsubscribe neither goes below nothing nor ends a follower", async () => {
  const { server, client } = await connected();
  client.subscribe(["a"]);
  client.subscribe(["a"]);
  await tick();
  client.unsubscribe(["a", "unknown"]);
  await tick();
  expect(server.socket.payloads("unsubscribe")).toEqual([]);
  client.unsubscribe(["a"]);
  client.unsubscribe(["a"]);
  const heard = follower();
  client.follow("a", heard);
  client.unsubscribe(["a"]);
  await tick();
  server.publish("a");
  expect(offsets(heard)).toEqual([1]);
});

test("leaving and coming back in one task sends nothing", async () => {
  const { server, client } = await connected();
  const leave = client.follow("a", follower());
  await tick();
  leave();
  client.follow("a", follower());
  await tick();
  expect(server.socket.sent.map(({ type }) => type)).toEqual(["auth", "subscribe"]);
});

test("events that come late, after unsubscribe, are not heard", async () => {
  const { server, client } = await connected();
  const heard = follower();
  const everywhere = vi.fn();
  client.on("t", everywhere);
  const leave = client.follow("a", heard);
  await tick();
  server.answers.unsubscribe = () => {};
  leave();
  server.publish("a");
  await tick();
  server.publish("a");
  expect(offsets(heard)).toEqual([]);
  expect(everywhere).not.toHaveBeenCalled();
});

test("left and wanted again while the answer is out: the old answer does not count", async () => {
  const { server, client } = await connected();
  const asked: Parameters<NonNullable<(typeof server.answers)[string]>>[] = [];
  server.answers.subscribe = (...args) => asked.push(args);
  const leave = client.follow("a", follower());
  await tick();
  leave();
  await tick();
  client.follow("a", follower());
  await tick();
  const [first, second] = asked;
  if (!first || !second) throw new Error("two were asked");
  server.enter(...first);
  expect(client.channelStatus("a")).toEqual({ status: "connecting" });
  server.enter(...second);
  expect(client.channelStatus("a")).toEqual({ status: "live" });
});

test("a follower that leaves while an event is handed out hears no more of it", async () => {
  const { server, client } = await connected();
  const second = follower();
  const leaves: (() => void)[] = [];
  client.follow("a", { onEvent: () => leaves.forEach((leave) => void leave()) });
  leaves.push(client.follow("a", second));
  await tick();
  server.publish("a");
  expect(offsets(second)).toEqual([]);
});

test("a follower that throws, or rejects, is reported, and the others hear", async () => {
  const { server, client, reports } = await connected();
  client.follow("a", {
    onEvent: () => {
      throw new Error("broken");
    },
  });
  client.follow("a", {
    onEvent: (async () => {
      throw new Error("rejected");
    }) as () => void,
  });
  const heard = follower();
  client.follow("a", heard);
  await tick();
  server.publish("a");
  server.publish("a");
  await tick();
  expect(offsets(heard)).toEqual([1, 2]);
  expect(reports.map(([message]) => message).sort()).toEqual(["broken", "broken", "rejected", "rejected"]);
  expect(reports[0]?.[1]).toBe("a handler of a");
});

test("a channel that is refused says why; the others of the same message are entered", async () => {
  const { server, client } = await connected();
  const enter = server.answers.subscribe as NonNullable<typeof server.answers.subscribe>;
  server.answers.subscribe = (socket, message) => {
    refuse("forbidden", "managers only")(socket, { ...message, payload: { channels: ["b"] } });
    enter(socket, { ...message, payload: { channels: ["a"], positions: {} } });
  };
  client.subscribe(["a", "b"]);
  await tick();
  expect(client.channelStatus("a")).toEqual({ status: "live" });
  expect(client.channelStatus("b")).toEqual({ status: "refused", reason: "forbidden: managers only" });
  await pass(3_600_000);
  expect(server.socket.payloads("subscribe")).toHaveLength(1);
});

test("a refused channel is asked for again after a reconnect, and when somebody new wants it", async () => {
  const { server, client } = await connected();
  const enter = server.answers.subscribe as NonNullable<typeof server.answers.subscribe>;
  server.answers.subscribe = refuse("forbidden");
  client.follow("a", {});
  await tick();
  server.socket.end(1006);
  await pass(500);
  expect(server.socket.payloads("subscribe")).toHaveLength(1);
  server.answers.subscribe = enter;
  client.follow("a", {});
  await tick();
  expect(client.channelStatus("a")).toEqual({ status: "live" });
});

test.each(["rate_limited", "internal_error"])("%s is asked for again, with backoff", async (code) => {
  const { server, client } = await connected();
  const enter = server.answers.subscribe as NonNullable<typeof server.answers.subscribe>;
  server.answers.subscribe = refuse(code);
  client.subscribe(["a"]);
  await pass(499);
  expect(server.socket.payloads("subscribe")).toHaveLength(1);
  await pass(1 + 1_000);
  expect(server.socket.payloads("subscribe")).toHaveLength(3);
  server.answers.subscribe = enter;
  await pass(2_000);
  expect(client.channelStatus("a")).toEqual({ status: "live" });
});

test("a subscribe that is never answered is sent again after 30 s", async () => {
  const { server, client } = await connected();
  const enter = server.answers.subscribe as NonNullable<typeof server.answers.subscribe>;
  server.answers.subscribe = () => {};
  client.subscribe(["a"]);
  await pass(29_999);
  server.answers.subscribe = enter;
  expect(client.channelStatus("a")).toEqual({ status: "connecting" });
  await pass(1);
  expect(client.channelStatus("a")).toEqual({ status: "live" });
});

test("a subscribe that is answered late, after it was sent again", async () => {
  const { server, client } = await connected();
  const heard = follower();
  const asked: Parameters<NonNullable<(typeof server.answers)[string]>>[] = [];
  server.answers.subscribe = (...args) => asked.push(args);
  client.follow("a", heard);
  await pass(30_000);
  const [first, second] = asked;
  if (!first || !second) throw new Error("it was sent twice");
  server.enter(...first);
  server.publish("a");
  const { id } = second[1];
  server.socket.say(
    envelope("subscribed", { channels: ["a"], total: 1, positions: {}, recovered: {} }, { reply_to: id }),
  );
  server.publish("a");
  expect(offsets(heard)).toEqual([1, 2]);
  expect(client.channelStatus("a")).toEqual({ status: "live" });
});

test("the server unsubscribes: refused, for its reason, and silent", async () => {
  const { server, client } = await connected();
  const heard = follower();
  client.follow("a", heard);
  await tick();
  server.socket.say(envelope("unsubscribed", { channels: ["a", "unknown"], reason: "revoked" }));
  expect(client.channelStatus("a")).toEqual({ status: "refused", reason: "revoked" });
  server.publish("a");
  expect(offsets(heard)).toEqual([]);
});

test("what the server takes away leaves no position, and followers are told to drop what came from it", async () => {
  const { server, client } = await connected();
  const heard = follower();
  client.follow("a", heard);
  await tick();
  server.publish("a");
  server.socket.say(envelope("unsubscribed", { channels: ["a"], reason: "forbidden" }));
  expect(heard.onReset.mock.lastCall?.[0]).toMatchObject({
    channel: "a",
    reason: "forbidden",
  });
  expect(client.position("a")).toBeNull();
  client.follow("a", {});
  await tick();
  expect(server.socket.payloads("subscribe").at(-1)).toEqual({ channels: ["a"], positions: {} });
});

test.each([
  ["forbidden", ["forbidden"]],
  ["too_many_channels", []],
])("a subscribe with a position that is refused as %s", async (code, resets) => {
  const { server, client } = await connected();
  const heard = follower();
  server.answers.subscribe = (socket, message) => {
    socket.say(envelope("connection:error", { code, message: "no", channel: "a" }, { reply_to: message.id }));
  };
  client.follow("a", heard, { epoch: "E", offset: 7, id: "seven" });
  await tick();
  expect(client.channelStatus("a").status).toBe("refused");
  expect(heard.onReset.mock.calls.map(([reset]) => reset.reason)).toEqual(resets);
  expect(client.position("a") === null).toBe(code === "forbidden");
});

test("the server unsubscribes while a new answer is on its way: the answer decides", async () => {
  const { server, client } = await connected();
  server.answers.subscribe = (socket, message) => {
    socket.say(envelope("unsubscribed", { channels: ["a"], reason: "revoked" }));
    server.enter(socket, message);
  };
  client.follow("a", {});
  await tick();
  expect(client.channelStatus("a")).toEqual({ status: "live" });
});

test("a channel's status: each step of its life, told once", async () => {
  const { server, client } = bench();
  const seen: string[] = [];
  client.follow("a", { onStatus: () => seen.push(client.channelStatus("a").status) });
  client.connect();
  await tick();
  server.publish("a");
  server.socket.end(1006);
  server.publish("a");
  await pass(500);
  client.disconnect();
  expect(seen).toEqual(["connecting", "live", "offline", "catching-up", "live", "offline"]);
});

test("a refused connection refuses its channels", async () => {
  const { server, client } = await connected();
  client.follow("a", {});
  server.socket.end(4403, "you were removed");
  expect(client.channelStatus("a")).toEqual({ status: "refused", reason: "you were removed" });
});

test("many channels are asked for in messages that the server takes", async () => {
  const { server, client } = bench();
  const names = Array.from({ length: 128 }, (_, i) => `${"x".repeat(250)}:${i}`);
  client.subscribe(names);
  client.connect();
  await tick();
  for (const name of names) server.publish(name, { id: "i".repeat(64) });
  server.socket.end(1006);
  await pass(500);
  const asked = server.socket.sent.filter(({ type }) => type === "subscribe");
  expect(asked.flatMap(({ payload }) => payload.channels)).toEqual(names);
  for (const message of asked) expect(JSON.stringify(message).length).toBeLessThan(65_536);
});

test("more channels than one message takes are left in several", async () => {
  const { server, client } = await connected();
  const names = Array.from({ length: 100 }, (_, i) => `c${i}`);
  client.subscribe(names);
  await tick();
  client.unsubscribe(names);
  await tick();
  expect(server.socket.payloads("unsubscribe").map(({ channels }) => (channels as string[]).length)).toEqual([64, 36]);
});

test.each([
  ["schedules", "channels is string, not a list of channel names"],
  [[""], "is no channel name"],
  [["a b"], "is no channel name"],
  [[7], "is no channel name"],
])("subscribe(%j) is refused where it is called", (channels, message) => {
  const { client } = bench();
  expect(() => client.subscribe(channels as string[])).toThrow(message);
  expect(() => client.send({ type: "subscribe", payload: { channels } })).toThrow(message);
});

test("a channel named like a property of every object", async () => {
  const { server, client } = await connected();
  const heard = follower();
  client.follow("constructor", heard);
  await tick();
  server.publish("constructor");
  expect(offsets(heard)).toEqual([1]);
});
