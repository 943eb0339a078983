import { envelope, refuse } from "@tidings/client/testing";
import { expect, test, vi } from "vitest";
import { type Bench, bench, connected, fakeTime, pass, tick } from "./bench.js";

fakeTime();

test("idle, connecting, connected, closed", async () => {
  const { client } = bench();
  const seen: string[] = [];
  client.onStatus(({ status }) => seen.push(status));
  expect(client.status).toEqual({ status: "idle", attempt: 0 });
  client.connect();
  await tick();
  client.disconnect();
  expect(seen).toEqual(["connecting", "connected", "closed"]);
});

test("the status is the same object until it changes", async () => {
  const { client } = await connected();
  const before = client.status;
  client.connect();
  expect(client.status).toBe(before);
});

test("a status listener that was removed, or throws, does not disturb the others", async () => {
  const { client, reports } = bench();
  const heard = vi.fn();
  const remove = client.onStatus(heard);
  client.onStatus(() => {
    throw new Error("broken");
  });
  const other = vi.fn();
  client.onStatus(other);
  remove();
  client.connect();
  expect(heard).not.toHaveBeenCalled();
  expect(other).toHaveBeenCalledOnce();
  expect(reports).toEqual([["broken", "a status listener"]]);
});

/** Loses the connection, or lets the try fail that is under way or is made now. Returns how long the client then waits. */
function fail({ server, client }: Bench): number {
  client.connect();
  server.socket.end(1006);
  return (client.status.nextRetryAt ?? Number.NaN) - Date.now();
}

test("a lost connection is tried again after the backoff, whose ceiling is the outage so far, from 1 s to 30 s", async () => {
  const it = await connected();
  it.server.opens = false;
  const waits: number[] = [];
  let outage = 0;
  for (const length of [0, 400, 1_000, 1_500, 2_000, 20_000, 30_000, 40_000, 3_600_000]) {
    await pass(length - outage);
    outage = length;
    waits.push(fail(it));
  }
  expect(waits).toEqual([500, 500, 500, 750, 1_000, 10_000, 15_000, 15_000, 15_000]);
  const tries = it.server.sockets.length;
  await pass(14_999);
  expect(it.server.sockets).toHaveLength(tries);
  await pass(1);
  expect(it.server.sockets).toHaveLength(tries + 1);
});

test("a first try that fails begins an outage", async () => {
  const it = bench();
  it.server.opens = false;
  it.client.connect();
  await pass(9_000);
  expect(fail(it)).toBe(500);
  await pass(9_000);
  expect(fail(it)).toBe(4_500);
});

test("an outage is over only when a connection has stood for 5 s", async () => {
  const it = await connected();
  expect(fail(it)).toBe(500);
  await pass(500);
  await pass(4_999);
  expect(it.client.status).toEqual({ status: "connected", attempt: 1 });
  expect(fail(it)).toBe(5_499 / 2);
  await pass(2_750);
  await pass(5_000);
  expect(it.client.status).toEqual({ status: "connected", attempt: 0 });
  expect(fail(it)).toBe(500);
});

test("an outage is over with disconnect()", async () => {
  const it = await connected();
  it.server.opens = false;
  fail(it);
  await pass(20_000);
  it.client.disconnect();
  expect(fail(it)).toBe(500);
});

test("a clock that is put back does not make an outage young for as long as that", async () => {
  const it = await connected();
  it.server.opens = false;
  fail(it);
  vi.setSystemTime(Date.now() - 3_600_000);
  expect(fail(it)).toBe(500);
  await pass(20_000);
  expect(fail(it)).toBe(10_000);
});

test.each([1000, 1008, 4400, 4401, 4403, 4503, 4999])("close code %i ends it, with the reason", async (code) => {
  const { server, client } = await connected();
  server.socket.end(code, "because");
  expect(client.status).toEqual({ status: "refused", reason: "because", attempt: 0 });
  await pass(3_600_000);
  expect(server.sockets).toHaveLength(1);
});

test.each([1001, 1006, 1011, 1012, 4000, 4001, 4002, 4029, 4399])("close code %i is tried again", async (code) => {
  const { server, client } = await connected();
  server.socket.end(code);
  expect(client.status).toMatchObject({ status: "offline", reason: `close code ${code}`, attempt: 1 });
  await pass(500);
  expect(client.status.status).toBe("connected");
  expect(server.sockets).toHaveLength(2);
});

test("a refused token: the server's words, and no further try until connect() is called", async () => {
  const { server, client } = bench();
  server.answers.auth = (socket, message) => {
    refuse("unauthorized", "the token is forged")(socket, message);
    socket.end(4401, "unauthorized");
  };
  client.connect();
  await pass(3_600_000);
  expect(client.status).toEqual({ status: "refused", reason: "unauthorized: the token is forged", attempt: 0 });
  expect(server.sockets).toHaveLength(1);
  server.answers.auth = (socket, message) => server.establish(socket, message);
  client.connect();
  await tick();
  expect(client.status.status).toBe("connected");
});

test("an error that was answered long ago does not explain a later close", async () => {
  const { server, client } = await connected();
  server.answers.subscribe = refuse("forbidden");
  client.subscribe(["secret"]);
  await tick();
  server.socket.end(1006);
  expect(client.status.reason).toBe("close code 1006");
});

test("three refusals before open: refused, with the reason, and the tries go on", async () => {
  const { server, client } = bench();
  server.opens = false;
  client.connect();
  for (const expected of ["offline", "offline", "refused"]) {
    server.socket.end(1006);
    expect(client.status.status).toBe(expected);
    await pass((client.status.nextRetryAt ?? 0) - Date.now());
  }
  server.socket.end(1006);
  expect(client.status).toMatchObject({
    status: "refused",
    reason: "4 tries were refused before opening: no server, or not for this origin",
  });
  server.opens = true;
  await pass(30_000);
  expect(client.status.status).toBe("connected");
});

test("disconnect() cancels the retry", async () => {
  const { server, client } = await connected();
  server.socket.end(1006);
  client.disconnect();
  await pass(3_600_000);
  expect(server.sockets).toHaveLength(1);
  expect(client.status).toEqual({ status: "closed", attempt: 0 });
  expect(vi.getTimerCount()).toBe(0);
});

test("disconnect() while connecting, while connected and after the end leaves no timer and no second socket", async () => {
  const connecting = bench();
  connecting.client.connect();
  connecting.client.disconnect();
  const { server, client } = await connected();
  client.disconnect();
  client.disconnect();
  await pass(3_600_000);
  expect(connecting.server.sockets).toHaveLength(1);
  expect(server.sockets).toHaveLength(1);
  expect(server.socket.closedWith).toBe(1000);
  expect(vi.getTimerCount()).toBe(0);
});

test("a second connect() opens no second socket", async () => {
  const { server, client } = bench();
  client.connect();
  client.connect();
  await tick();
  client.connect();
  await pass(60_000);
  expect(server.sockets).toHaveLength(1);
});

test("connect() during a wait tries at once", async () => {
  const { server, client } = await connected();
  server.socket.end(1006);
  client.connect();
  await tick();
  expect(client.status.status).toBe("connected");
  await pass(10_000);
  expect(server.sockets).toHaveLength(2);
});

test("what a stale socket does is ignored", async () => {
  const { server, client } = await connected();
  const heard = vi.fn();
  client.on("note", heard);
  const [stale] = server.sockets;
  const { onmessage, onclose } = server.socket;
  client.disconnect();
  client.connect();
  await tick();
  onmessage?.call(stale as never, new MessageEvent("message", { data: JSON.stringify(envelope("note", {})) }));
  onclose?.call(stale as never, Object.assign(new Event("close"), { code: 4401, reason: "" }) as CloseEvent);
  expect(heard).not.toHaveBeenCalled();
  expect(client.status.status).toBe("connected");
});

test("connection:closing: the client goes on receiving, and comes back without backoff", async () => {
  const { server, client } = await connected();
  const heard = vi.fn();
  client.on("note", heard);
  server.socket.say(envelope("connection:closing", { reconnect_after: 3 }));
  await pass(2_999);
  server.socket.say(envelope("note", {}));
  expect(heard).toHaveBeenCalledOnce();
  expect(server.sockets).toHaveLength(1);
  await pass(1);
  // Fake timers run a timer of 0 ms that was set by another one millisecond later.
  await pass(1);
  expect(server.sockets[0]?.closedWith).toBe(1000);
  expect(server.sockets).toHaveLength(2);
  expect(client.status.status).toBe("connected");
});

test("connection:closing, then closed before the time: at once", async () => {
  const { server, client } = await connected();
  await pass(5_000);
  server.socket.say(envelope("connection:closing", { reconnect_after: 60 }));
  server.socket.end(1012);
  await tick();
  expect(server.sockets).toHaveLength(2);
  await pass(120_000);
  expect(server.sockets).toHaveLength(2);
  expect(client.status.status).toBe("connected");
});

test("a server that says connection:closing again and again is met with backoff", async () => {
  const { server } = await connected();
  server.answers.auth = (socket, message) => {
    server.establish(socket, message);
    socket.say(envelope("connection:closing", { reconnect_after: 0 }));
  };
  server.socket.say(envelope("connection:closing", { reconnect_after: 0 }));
  await pass(400);
  expect(server.sockets).toHaveLength(2);
  // Each wait is half of its ceiling: 0.5 s three times, as workers may be replaced one after the other; from then on by the
  // outage's length, after 2, 2.5, 3.3, 4.4, 6.1, 8.6, 12, 18, 27, 39 and 54 s.
  await pass(60_000);
  expect(server.sockets).toHaveLength(16);
});

test("workers that are replaced one after the other are no outage", async () => {
  const { server, client } = await connected();
  for (const sockets of [2, 3, 4]) {
    await pass(4_500);
    server.socket.say(envelope("connection:closing", { reconnect_after: 0 }));
    await pass(1_001);
    expect(server.sockets).toHaveLength(sockets);
    expect(client.status.status).toBe("connected");
  }
});

test("connection:closing does not outlive a disconnect()", async () => {
  const { server, client } = await connected();
  server.socket.say(envelope("connection:closing", { reconnect_after: 3 }));
  client.disconnect();
  await pass(60_000);
  expect(server.sockets).toHaveLength(1);
});

function stubPage() {
  const page = Object.assign(new EventTarget(), { visibilityState: "visible" });
  const view = new EventTarget();
  vi.stubGlobal("document", page);
  vi.stubGlobal("window", view);
  return { page, view };
}

test.each(["online", "visibilitychange", "pageshow"])("%s while waiting: tries at once", async (type) => {
  const { page, view } = stubPage();
  const { server, client } = await connected();
  server.socket.end(1006);
  (type === "visibilitychange" ? page : view).dispatchEvent(new Event(type));
  await tick();
  expect(client.status.status).toBe("connected");
  expect(server.sockets).toHaveLength(2);
});

test("a page that goes out of sight asks for nothing", async () => {
  const { page } = stubPage();
  const { server } = await connected();
  server.socket.end(1006);
  page.visibilityState = "hidden";
  page.dispatchEvent(new Event("visibilitychange"));
  await tick();
  expect(server.sockets).toHaveLength(1);
});

test("online while connected: a ping with a short time to answer, then a new connection", async () => {
  const { view } = stubPage();
  const { server, client } = await connected();
  view.dispatchEvent(new Event("online"));
  await pass(3_000);
  expect(server.socket.payloads("ping")).toHaveLength(1);
  expect(server.sockets).toHaveLength(1);
  server.answers.ping = () => {};
  view.dispatchEvent(new Event("online"));
  await pass(2_999);
  expect(client.status.status).toBe("connected");
  await pass(1);
  expect(client.status).toMatchObject({ status: "offline", reason: "the server does not answer" });
});

test("offline while connected: a ping tells whether it is so; while waiting: no useless try", async () => {
  const { view } = stubPage();
  const { server, client } = await connected();
  server.answers.ping = () => {};
  view.dispatchEvent(new Event("offline"));
  await pass(3_000);
  expect(client.status).toMatchObject({ status: "offline", reason: "the server does not answer" });
  view.dispatchEvent(new Event("offline"));
  await tick();
  expect(server.sockets).toHaveLength(1);
});

test("tries of a machine without network are no refusals", async () => {
  vi.stubGlobal("navigator", { onLine: false });
  const { server, client } = bench();
  server.opens = false;
  client.connect();
  for (let i = 0; i < 5; i += 1) {
    server.socket.end(1006);
    expect(client.status).toMatchObject({ status: "offline", reason: "close code 1006" });
    await pass((client.status.nextRetryAt ?? 0) - Date.now());
  }
});

test("a refused or closed client does not wake, and listens no longer", async () => {
  const { view } = stubPage();
  const removed = vi.fn();
  const { server, client } = await connected();
  server.socket.end(4401);
  view.dispatchEvent(new Event("online"));
  await tick();
  expect(server.sockets).toHaveLength(1);
  client.connect();
  await tick();
  client.disconnect();
  view.addEventListener("online", removed);
  view.dispatchEvent(new Event("online"));
  await tick();
  expect(removed).toHaveBeenCalledOnce();
  expect(server.sockets).toHaveLength(2);
});
