import { channel, type WebSocketMessage } from "@tidings/client";
import { envelope, refuse } from "@tidings/client/testing";
import { expect, test, vi } from "vitest";
import { bench, connected, fakeTime, pass, tick } from "./bench.js";
import { Me, type MeEvent, Schedules, type SchedulesEvent } from "./live.gen.js";

fakeTime();

test("a handler hears the payload, and the message", async () => {
  const { server, client } = await connected();
  const heard = vi.fn();
  client.on("notice", heard);
  const message = envelope("notice", { text: "hi" });
  server.socket.say(message);
  expect(heard.mock.calls).toEqual([[{ text: "hi" }, message]]);
});

test("one handler that throws does not keep the others from hearing, and is reported as what it is", async () => {
  const { server, client, reports } = await connected();
  const heard = vi.fn();
  client.on("notice", () => {
    throw new Error("broken");
  });
  client.on("notice", heard);
  server.socket.say(envelope("notice", {}));
  expect(heard).toHaveBeenCalledOnce();
  expect(reports).toEqual([["broken", "a handler of notice"]]);
});

test("without onError, errors go to the console", async () => {
  const log = vi.spyOn(console, "error").mockImplementation(() => {});
  const { server } = await connected({ onError: undefined as never });
  server.socket.say("{");
  expect(log.mock.calls.map(([text]) => text)).toEqual(["tidings: a message of the server:"]);
});

test("an onError that throws breaks nothing", async () => {
  const thrown: unknown[] = [];
  vi.stubGlobal("queueMicrotask", (callback: () => void) => {
    try {
      callback();
    } catch (error) {
      thrown.push((error as Error).message);
    }
  });
  const { server, client } = await connected({
    onError: () => {
      throw new Error("broken reporter");
    },
  });
  const heard = vi.fn();
  client.on("notice", heard);
  server.socket.say("{");
  server.socket.say(envelope("notice", {}));
  expect(heard).toHaveBeenCalledOnce();
  expect(thrown).toEqual(["broken reporter"]);
});

test("off while a message is handed out takes effect at once; on does not", async () => {
  const { server, client } = await connected();
  const second = vi.fn();
  const third = vi.fn();
  client.on("notice", () => {
    client.off("notice", second);
    client.on("notice", third);
  });
  client.on("notice", second);
  server.socket.say(envelope("notice", {}));
  expect(second).not.toHaveBeenCalled();
  expect(third).not.toHaveBeenCalled();
  server.socket.say(envelope("notice", {}));
  expect(third).toHaveBeenCalledOnce();
});

test("the same handler, registered twice, hears once; off of an unknown one does nothing", async () => {
  const { server, client } = await connected();
  const heard = vi.fn();
  client.on("notice", heard);
  client.on("notice", heard);
  client.off("notice", () => {});
  client.off("other", heard);
  server.socket.say(envelope("notice", {}));
  expect(heard).toHaveBeenCalledOnce();
});

test("an event on two channels: each channel's handlers hear it, handlers without channel once", async () => {
  const { server, client } = await connected();
  const everywhere = vi.fn();
  const [a, b] = [vi.fn(), vi.fn()];
  client.on("t", everywhere);
  client.follow("a", { onEvent: a });
  client.follow("b", { onEvent: b });
  await tick();
  server.publish("a", { id: "one" });
  server.publish("b", { id: "one" });
  expect([a, b, everywhere].map((handler) => handler.mock.calls.length)).toEqual([1, 1, 1]);
});

test("handlers without channel do not hear of an entity at a version that they know, channels do", async () => {
  const { server, client } = await connected();
  const everywhere = vi.fn();
  const b = vi.fn();
  client.on("t", everywhere);
  client.subscribe(["a"]);
  client.follow("b", { onEvent: b });
  await tick();
  server.publish("a", { key: "schedule:7", version: 2 });
  server.publish("b", { key: "schedule:7", version: 1 });
  server.publish("b", { key: "schedule:7", version: 2 });
  server.publish("b", { key: "schedule:7", version: 3 });
  expect(b).toHaveBeenCalledTimes(3);
  expect(everywhere.mock.calls.map(([, { version }]) => version)).toEqual([2, 3]);
});

test("after a reset, handlers without channel hear of an entity at a lower version: a backup may have been restored", async () => {
  const { server, client } = await connected();
  const everywhere = vi.fn();
  client.on("t", everywhere);
  client.subscribe(["a"]);
  await tick();
  server.publish("a", { key: "schedule:7", version: 9 });
  server.log("a").epoch = "restored";
  server.publish("a");
  await tick();
  server.publish("a", { key: "schedule:7", version: 3 });
  expect(everywhere.mock.calls.map(([, { version }]) => version)).toEqual([9, 3]);
});

test("an event that nobody heard is not remembered as heard", async () => {
  const { server, client } = await connected();
  client.subscribe(["a", "b"]);
  await tick();
  server.publish("a", { id: "one" });
  const heard = vi.fn();
  client.on("t", heard);
  server.publish("b", { id: "one" });
  expect(heard).toHaveBeenCalledOnce();
});

test("handlers without channel do not hear events of channels that were not applied", async () => {
  const { server, client } = await connected();
  const heard = vi.fn();
  client.on("t", heard);
  server.socket.say(envelope("t", {}, { channel: "a", epoch: "e", offset: 1 }));
  expect(heard).not.toHaveBeenCalled();
});

test("connection:established and connection:error are heard, as the guide's hook needs them", async () => {
  const { server, client } = bench();
  const heard: string[] = [];
  client.on("connection:established", ({ user_id }) => heard.push(`established ${user_id}`));
  client.on("connection:error", ({ code }) => heard.push(code));
  client.connect();
  await tick();
  server.socket.end(1006);
  await pass(500);
  server.answers.subscribe = refuse("forbidden");
  client.subscribe(["a"]);
  await tick();
  client.disconnect();
  expect(heard).toEqual(["established 7", "disconnected", "established 7", "forbidden", "disconnected"]);
});

test("a connection that never stood is not reported as lost", async () => {
  const { server, client } = bench();
  const heard = vi.fn();
  client.on("connection:error", heard);
  server.opens = false;
  client.connect();
  server.socket.end(1006);
  client.disconnect();
  expect(heard).not.toHaveBeenCalled();
});

test("send of the guide's messages: subscribe and unsubscribe are the methods", async () => {
  const { server, client } = await connected();
  const guided = (type: string): WebSocketMessage => ({
    type,
    payload: { channels: ["a"] },
    timestamp: "2026-11-23T08:00:00.000Z",
    id: "msg-1",
  });
  client.send(guided("subscribe"));
  await tick();
  server.socket.end(1006);
  await pass(500);
  expect(client.channelStatus("a").status).toBe("live");
  client.send(guided("unsubscribe"));
  await tick();
  expect(server.socket.payloads("unsubscribe")).toEqual([{ channels: ["a"] }]);
  client.send({ type: "ping" });
  expect(server.socket.lastOf("ping").payload).toEqual({});
});

const schedule = { id: 7, staff_id: null, title: "Night", status: "published", tags: [], version: 1 };

test("a declared channel: types it does not know are ignored, payloads that break the declaration count as missed", async () => {
  const { server, client, reports } = await connected();
  const events: SchedulesEvent[] = [];
  const onReset = vi.fn();
  client.follow(Schedules(), { onEvent: (event) => events.push(event), onReset });
  await tick();
  server.publish("schedules", { type: "schedule:created", payload: { schedule } });
  server.publish("schedules", { type: "schedule:of-a-later-version" });
  server.publish("schedules", { type: "schedule:created", payload: { schedule: { ...schedule, id: "7" } } });
  server.publish("schedules", { type: "schedule:deleted", payload: { scheduleId: 7, version: 2 } });
  expect(events.map(({ type }) => type)).toEqual(["schedule:created", "schedule:deleted"]);
  expect(reports).toEqual([["schedule:created: payload.schedule.id is string, not integer", "an event of schedules"]]);
  const position = { epoch: "e", offset: 3, id: "schedules-3" };
  expect(onReset.mock.calls).toEqual([[{ channel: "schedules", position, reason: "malformed" }]]);
});

test("a declared own channel", async () => {
  const { server, client } = await connected();
  const events: MeEvent[] = [];
  client.follow(Me({ user_id: "7" }), { onEvent: (event) => events.push(event) });
  server.publish("user:7", { type: "note", payload: { text: "hi" } });
  expect(events.map(({ payload }) => payload)).toEqual([{ text: "hi" }]);
});

test("a payload of a hostile name is not a declared type", async () => {
  const { server, client } = await connected();
  const onEvent = vi.fn();
  client.follow(channel<SchedulesEvent>("schedules", Schedules().events), { onEvent });
  await tick();
  server.publish("schedules", { type: "constructor" });
  expect(onEvent).not.toHaveBeenCalled();
});

test("ids are unique, printable and short", async () => {
  const { server, client } = await connected({ random: Math.random });
  for (let i = 0; i < 50; i += 1) client.send({ type: "a" });
  const ids = server.socket.sent.map(({ id }) => id);
  expect(new Set(ids).size).toBe(51);
  for (const id of ids) expect(id).toMatch(/^[!-~]{1,64}$/);
});
