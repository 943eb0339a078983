/** Our client, and the guide's own, against a real tidings server, on both of its transports. */
import { execFileSync } from "node:child_process";
import { type ChannelEvent, type ClientOptions, type Reset, TidingsError, WebSocketClient } from "@tidings/client";
import { pick, seeded } from "@tidings/client/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { Me, Schedules, type SchedulesEvent } from "./live.gen.js";
import { follow, HERE, Inbox, Line, RealServer, status, TIDINGS, type Transport } from "./real.js";

const schedule = (id: number, version = 1) => ({
  schedule: { id, staff_id: null, title: `Shift ${id}`, status: "published", tags: [], version },
});

vi.setConfig({ testTimeout: 30_000 });

describe.each<Transport>(["native", "asgi"])("%s", (transport) => {
  let server: RealServer;
  let line: Line;
  let url: string;
  let clients: WebSocketClient[];
  let user: string;
  let serial = 0;

  beforeAll(async () => {
    server = await RealServer.start(transport);
  }, 30_000);

  afterAll(() => server.stop());

  beforeEach(async () => {
    serial += 1;
    user = `user-${serial}`;
    clients = [];
    line = new Line(server.port);
    url = await line.open();
  });

  afterEach(async () => {
    for (const client of clients) client.disconnect();
    await line.close();
  });

  function made(options: ClientOptions = {}): WebSocketClient {
    return connect(url, { token: user, ...options });
  }

  /** Its waits are a tenth of those of others: tests have less patience than servers. */
  function connect(where: string, options: ClientOptions): WebSocketClient {
    const client = new WebSocketClient(where, { random: () => Math.random() / 10, ...options });
    clients.push(client);
    client.connect();
    return client;
  }

  test("an event goes from publish to a typed handler", async () => {
    const client = made();
    const heard = new Inbox<SchedulesEvent>();
    client.follow(Schedules(), { onEvent: heard.push });
    await follow(client, "schedules");
    const id = await server.publish("schedules", "schedule:created", schedule(7));
    await server.publish("schedules", "schedule:deleted", { scheduleId: 7, version: 2 });
    const [created, deleted] = await heard.until(2);
    expect(created).toMatchObject({
      id,
      type: "schedule:created",
      key: "schedule:7",
      version: 1,
      payload: schedule(7),
    });
    expect(deleted).toMatchObject({ type: "schedule:deleted", payload: { scheduleId: 7, version: 2 } });
  });

  test("the line is cut: what was published meanwhile comes once, in order, without a reset", async () => {
    const client = made();
    const heard = new Inbox<ChannelEvent>();
    const resets = new Inbox<Reset>();
    const errors = new Inbox<string>();
    client.on("connection:error", ({ code }) => errors.push(code));
    await follow(client, "schedules", { onEvent: heard.push, onReset: resets.push });
    await follow(client, `user:${user}`, { onEvent: heard.push, onReset: resets.push });
    line.cut();
    await status(client, "offline");
    for (let id = 1; id <= 20; id += 1) await server.publish("schedules", "schedule:created", schedule(id));
    await server.publish(`user:${user}`, "note", { text: "yours" });
    await heard.until(21);
    await server.publish("schedules", "schedule:created", schedule(21));
    const ids = (await heard.until(22)).flatMap(({ channel, payload }) =>
      channel === "schedules" ? [(payload as ReturnType<typeof schedule>).schedule.id] : [],
    );
    expect(ids).toEqual(Array.from({ length: 21 }, (_, i) => i + 1));
    expect(resets.items).toEqual([]);
    expect(errors.items).toEqual(["disconnected"]);
    expect(client.channelStatus("schedules")).toEqual({ status: "live" });
  });

  test("two clients of one user each hear their own channel, unasked", async () => {
    const inboxes = [made(), made()].map((client) => {
      const heard = new Inbox<unknown>();
      client.on("note", (payload) => heard.push(payload));
      client.follow(Me({ user_id: user }), {});
      return heard;
    });
    await Promise.all(clients.map((client) => status(client, "connected")));
    await server.publish(`user:${user}`, "note", { text: "hi" });
    for (const heard of inboxes) expect(await heard.until(1)).toEqual([{ text: "hi" }]);
  });

  test("one event on two channels: each channel hears it, handlers without channel once", async () => {
    const client = made();
    const everywhere = new Inbox<unknown>();
    const each = new Inbox<string>();
    client.on("schedule:created", (payload) => everywhere.push(payload));
    await follow(client, "schedules", { onEvent: ({ channel }) => each.push(channel) });
    await follow(client, `user:${user}`, { onEvent: ({ channel }) => each.push(channel) });
    await server.publish(["schedules", `user:${user}`], "schedule:created", schedule(1_000_000 + serial));
    await each.until(2);
    expect(each.items.sort()).toEqual(["schedules", `user:${user}`]);
    expect(everywhere.items).toHaveLength(1);
  });

  test("channels that are refused say why", async () => {
    const client = made();
    const errors = new Inbox<unknown>();
    client.on("connection:error", ({ code, channel }) => errors.push([code, channel]));
    await follow(client, "team:8:schedules", {}, "refused");
    await follow(client, "nothing:here", {}, "refused");
    await follow(client, "team:7:schedules");
    expect(client.channelStatus("team:8:schedules").reason).toMatch(/^forbidden: /);
    expect(client.channelStatus("nothing:here").reason).toMatch(/^unknown_channel: /);
    expect(errors.items).toEqual([
      ["forbidden", "team:8:schedules"],
      ["unknown_channel", "nothing:here"],
    ]);
    expect(client.status.status).toBe("connected");
  });

  test("a refused token ends it, with the server's reason", async () => {
    const client = made({ token: "forged" });
    await status(client, "refused");
    expect(client.status.reason).toMatch(/^unauthorized: /);
    expect(line.connections).toBe(1);
  });

  test("an expired token is asked for anew, once", async () => {
    const tokens = [`${user}/0`, user];
    const getToken = vi.fn(() => tokens.shift() ?? "");
    const client = made({ getToken });
    await status(client, "connected");
    expect(getToken).toHaveBeenCalledTimes(2);
    expect(line.connections).toBe(2);
  });

  test("a token that expires soon is refreshed on the same connection", async () => {
    const tokens = [`${user}/20`, user];
    const client = made({ getToken: () => tokens.shift() ?? "" });
    const established = new Inbox<unknown>();
    client.on("connection:established", ({ connection_id, expires_at }) =>
      established.push([connection_id, expires_at]),
    );
    const [[first, expires], [second, never]] = (await established.until(2)) as [string, number?][] as [
      [string, number?],
      [string, number?],
    ];
    expect(second).toBe(first);
    expect(expires).toBeGreaterThan(1_700_000_000);
    expect(never).toBeUndefined();
    expect(line.connections).toBe(1);
  });

  test("requests are answered, or refused with a code", async () => {
    const client = made();
    await expect(client.request("add", { a: 1, b: 2 })).resolves.toEqual({ sum: 3 });
    const code = (error: unknown) => (error instanceof TidingsError ? error.code : error);
    expect(await client.request("add", { a: "x", b: 2 }).catch(code)).toBe("invalid_message");
    expect(await client.request("shout").catch(code)).toBe("unknown_type");
    expect(client.status.status).toBe("connected");
  });

  test("a channel that is revoked, and a user who is removed", async () => {
    const client = made();
    await follow(client, "team:7:schedules");
    const refused = follow(client, "team:7:schedules", {}, "refused");
    await server.post(`/revoke/${user}/7`);
    await refused;
    expect(client.channelStatus("team:7:schedules").reason).toBe("forbidden");
    await server.post(`/disconnect/${user}`);
    await status(client, "refused");
    expect(line.connections).toBe(1);
  });

  test("what is wrong with a subscribe is answered, and the connection goes on", async () => {
    const socket = new WebSocket(url);
    const heard = new Inbox<{ type: string; payload: { code?: string } }>();
    socket.onmessage = ({ data }) => heard.push(JSON.parse(data));
    socket.onopen = () => {
      socket.send(JSON.stringify({ type: "auth", payload: { token: user }, id: "1" }));
      socket.send("{");
      socket.send(JSON.stringify({ type: "subscribe", payload: { channels: "schedules" }, id: "2" }));
      socket.send(JSON.stringify({ type: "ping", id: "3" }));
    };
    const types = (await heard.until(4)).map(({ type, payload }) => payload.code ?? type).sort();
    expect(types).toEqual(["connection:established", "invalid_json", "invalid_message", "pong"]);
    socket.close();
  });

  test("five clients, 200 events, and lines that are cut at random: each event once, in order, for each", async () => {
    const random = seeded(serial);
    const lines = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const own = new Line(server.port);
        return { own, url: await own.open() };
      }),
    );
    const inboxes = await Promise.all(
      lines.map(async (at, i) => {
        const client = connect(at.url, { token: `${user}-${i}` });
        const heard = new Inbox<number | string>();
        await follow(client, "team:7:schedules", {
          onEvent: ({ payload }) => heard.push((payload as ReturnType<typeof schedule>).schedule.id),
          onReset: () => heard.push("reset"),
        });
        return heard;
      }),
    );
    for (let id = 1; id <= 200; id += 1) {
      if (random() < 0.1) pick(random, lines).own.cut();
      await server.publish("team:7:schedules", "schedule:created", schedule(id));
    }
    const expected = Array.from({ length: 200 }, (_, i) => i + 1);
    for (const heard of inboxes) expect(await heard.until(200)).toEqual(expected);
    for (const client of clients) client.disconnect();
    for (const { own } of lines) await own.close();
  });

  test("the server restarts: the client comes back, and is told that the log is another", async () => {
    const first = await RealServer.start(transport);
    const client = connect(`ws://127.0.0.1:${first.port}/ws`, { token: user });
    const resets = new Inbox<Reset>();
    const heard = new Inbox<ChannelEvent>();
    await follow(client, "schedules", { onEvent: heard.push, onReset: resets.push });
    await first.publish("schedules", "schedule:created", schedule(1));
    await heard.until(1);
    await first.stop();
    const second = await RealServer.start(transport, first.port);
    try {
      const [reset] = await resets.until(1);
      expect(reset).toMatchObject({ channel: "schedules", position: { offset: 0, id: "" } });
      await second.publish("schedules", "schedule:created", schedule(2));
      expect((await heard.until(2)).map(({ offset }) => offset)).toEqual([1, 1]);
    } finally {
      client.disconnect();
      await second.stop();
    }
  }, 60_000);

  test("the guide's own client subscribes, hears and is answered", async () => {
    const guideFile: string = "../guide/WebSocketClient.ts";
    for (const level of ["log", "error"] as const) vi.spyOn(console, level).mockImplementation(() => {});
    const { WebSocketClient: GuideClient } = (await import(guideFile)) as { WebSocketClient: typeof WebSocketClient };
    const client = new GuideClient(url, user);
    const heard = new Inbox<unknown>();
    for (const type of ["connection:established", "subscribed", "unsubscribed", "pong", "schedule:created"]) {
      client.on(type, (payload: object) => heard.push([type, Object.keys(payload).length > 0]));
    }
    client.subscribe(["schedules"]);
    client.connect();
    await heard.until(2);
    await server.publish("schedules", "schedule:created", schedule(9));
    await heard.until(3);
    client.send({ type: "ping", payload: {}, timestamp: new Date().toISOString(), id: "ping-1" });
    client.unsubscribe(["schedules"]);
    expect(await heard.until(5)).toEqual([
      ["connection:established", true],
      ["subscribed", true],
      ["schedule:created", true],
      ["pong", false],
      ["unsubscribed", true],
    ]);
    // Its disconnect() does not end it: that is a defect of its own.
    client.connect = () => {};
    client.disconnect();
  });
});

test("the generated file is what `tidings types` writes now", () => {
  const check = () =>
    execFileSync(TIDINGS, ["types", "live", "-o", "live.gen.ts", "--check"], { cwd: HERE, stdio: "pipe" });
  expect(check).not.toThrow();
});
