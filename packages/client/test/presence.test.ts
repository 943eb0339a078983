import { channel } from "@tidings/client";
import { Presence } from "@tidings/client/presence";
import { envelope, refuse, type ScriptedServer } from "@tidings/client/testing";
import { expect, test, vi } from "vitest";
import { connected, fakeTime, pass, tick } from "./bench.js";

fakeTime();

interface Doing {
  week: string;
  editing: number | null;
}

const SHIFTS = channel<never, Doing>("shifts");
const LOG = "presence:shifts";

const anna = { user_id: "anna", connections: 1, metadata: [] };
const ben = { user_id: "ben", connections: 1, metadata: [{ editing: 12 }] };

/** The server sends the roster, as after a subscription without a position. */
function state(server: ScriptedServer, users: readonly object[], more: object = {}): void {
  const nodes = [{ node: "n1", users }];
  server.socket.say(envelope("presence:state", { channel: LOG, part: 0, nodes, ...more }));
}

async function present() {
  const made = await connected();
  made.server.answers["presence:update"] = (socket, { id }) => socket.say(envelope("reply", {}, { reply_to: id }));
  return { ...made, presence: new Presence(made.client, SHIFTS) };
}

const updates = (server: ScriptedServer) => server.socket.payloads("presence:update").map(({ metadata }) => metadata);

test("who is there: the state, then what changes, told once each", async () => {
  const { server, presence } = await present();
  const told = vi.fn(() => presence.status.users.map(({ user_id }) => user_id).join());
  const stop = presence.listen(told);
  await tick();
  expect(presence.status).toEqual({ users: [], live: false, refusal: null });
  state(server, [anna]);
  expect(presence.status).toEqual({ users: [anna], live: true, refusal: null });
  const before = presence.status;
  server.publish(LOG, { type: "presence:asked", payload: { node: "n2" } });
  server.publish(LOG, { type: "presence:changed", payload: { node: "n2", users: [anna, ben] } });
  server.publish(LOG, { type: "presence:node_left", payload: { node: "n2" } });
  expect(told.mock.results.map(({ value }) => value)).toEqual(["anna", "anna,ben", "anna"]);
  expect(presence.status.users[0]).toEqual(before.users[0]);
  stop();
  await tick();
  expect(server.socket.payloads("unsubscribe")).toEqual([{ channels: [LOG] }]);
  expect(presence.status.users).toEqual([]);
});

test("a state of another channel changes nothing", async () => {
  const { server, presence } = await present();
  presence.listen(() => {});
  await tick();
  server.socket.say(envelope("presence:state", { channel: "presence:other", part: 0, nodes: [] }));
  expect(presence.status.live).toBe(false);
});

test("a lost connection: those who were there stay, and what changed is replayed from the position", async () => {
  const { server, presence } = await present();
  presence.listen(() => {});
  await tick();
  state(server, [anna]);
  server.socket.end(1006);
  expect(presence.status).toEqual({ users: [anna], live: false, refusal: null });
  server.publish(LOG, { type: "presence:changed", payload: { node: "n2", users: [ben] } });
  await pass(1_000);
  expect(server.socket.payloads("subscribe")).toEqual([
    { channels: [LOG], positions: { [LOG]: { epoch: "e", offset: 0, id: "" } } },
  ]);
  expect(presence.status).toEqual({ users: [anna, ben], live: true, refusal: null });
});

test("lost before the roster was whole: entered anew, without a position", async () => {
  const { server, presence } = await present();
  presence.listen(() => {});
  await tick();
  state(server, [anna], { more: true });
  expect(presence.status.live).toBe(false);
  server.socket.end(1006);
  await pass(1_000);
  expect(server.socket.payloads("subscribe")).toEqual([{ channels: [LOG], positions: {} }]);
  state(server, [ben]);
  expect(presence.status).toEqual({ users: [ben], live: true, refusal: null });
});

test("after a reset the roster stays on the screen until the state comes", async () => {
  const { server, presence } = await present();
  presence.listen(() => {});
  await tick();
  state(server, [anna]);
  const position = { epoch: "f", offset: 0, id: "" };
  server.socket.say(envelope("channel:reset", { channel: LOG, position, reason: "history" }));
  expect(presence.status).toEqual({ users: [anna], live: false, refusal: null });
  state(server, [ben]);
  expect(presence.status).toEqual({ users: [ben], live: true, refusal: null });
});

test("from one listener to another in one task: nothing is sent, and nobody is forgotten", async () => {
  const { client, server, presence } = await present();
  const stop = presence.listen(() => {});
  await tick();
  state(server, [anna]);
  stop();
  const other = new Presence(client, SHIFTS);
  other.listen(() => {});
  await tick();
  expect(other.status).toEqual({ users: [anna], live: true, refusal: null });
  expect(server.socket.sent.map(({ type }) => type)).toEqual(["auth", "subscribe"]);
});

test("what a page says of itself is one message for all of its parts, and one for each change of them", async () => {
  const { client, server, presence } = await present();
  presence.show({ week: "48" });
  const close = new Presence(client, SHIFTS).show({ editing: 12 });
  await tick();
  expect(server.socket.payloads("subscribe")).toEqual([{ channels: ["shifts"], positions: {} }]);
  expect(updates(server)).toEqual([{ week: "48", editing: 12 }]);
  close();
  new Presence(client, SHIFTS).show({ editing: 13 })();
  presence.show({ editing: 14 });
  await pass(249);
  expect(updates(server)).toHaveLength(1);
  await pass(1);
  expect(updates(server)).toEqual([
    { week: "48", editing: 12 },
    { week: "48", editing: 14 },
  ]);
});

test("it is said again after a reconnection, once the channel is entered", async () => {
  const { server, presence } = await present();
  presence.show({ week: "48" });
  await pass(1_000);
  server.socket.end(1006);
  await pass(1_000);
  expect(server.sockets).toHaveLength(2);
  expect(server.socket.sent.map(({ type }) => type)).toEqual(["auth", "subscribe", "presence:update"]);
  expect(updates(server)).toEqual([{ week: "48" }]);
});

test("it is taken back before the channel is left, also just after it was said", async () => {
  const { server, presence } = await present();
  const hide = presence.show({ week: "48" });
  await tick();
  hide();
  hide();
  await tick();
  expect(updates(server)).toEqual([{ week: "48" }, null]);
  expect(server.socket.sent.at(-1)).toMatchObject({ type: "unsubscribe", payload: { channels: ["shifts"] } });
});

test("a refusal is told, and not repeated; what passes by itself is said again", async () => {
  const { server, presence } = await present();
  presence.listen(() => {});
  server.answers["presence:update"] = refuse("rate_limited");
  const hide = presence.show({ week: "48" });
  await pass(4_900);
  expect(updates(server)).toHaveLength(1);
  expect(presence.status.refusal).toBe(null);
  server.answers["presence:update"] = refuse("no_presence", "shifts has no presence");
  await pass(20_000);
  expect(updates(server)).toHaveLength(2);
  expect(presence.status.refusal).toBe("no_presence: shifts has no presence");
  hide();
});

test("who may not see it is told why", async () => {
  const { server, presence } = await present();
  server.answers.subscribe = refuse("forbidden", "managers only");
  presence.listen(() => {});
  await tick();
  expect(presence.status).toEqual({ users: [], live: false, refusal: "forbidden: managers only" });
});
