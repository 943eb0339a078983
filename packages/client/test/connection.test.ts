import { WebSocketClient } from "@tidings/client";
import { envelope, refuse, ScriptedServer } from "@tidings/client/testing";
import { expect, test, vi } from "vitest";
import { bench, connected, fakeTime, pass, tick } from "./bench.js";

fakeTime();

test("the token is in the first message and not in the URL", async () => {
  const { server } = await connected();
  expect(server.socket.url).toBe("ws://server/ws");
  expect(server.socket.sent[0]).toMatchObject({ type: "auth", payload: { token: "secret" } });
});

test("without token nothing is sent: the server knows the user from elsewhere", async () => {
  const server = new ScriptedServer();
  const client = new WebSocketClient("ws://server/ws", { WebSocket: server.WebSocket });
  client.connect();
  await tick();
  expect(server.socket.sent).toEqual([]);
  server.establish(server.socket);
  expect(client.status.status).toBe("connected");
});

test("getToken is called at each connect", async () => {
  let serial = 0;
  const getToken = vi.fn(async () => `token-${++serial}`);
  const { server } = await connected({ getToken });
  server.socket.end(1006);
  await pass(500);
  expect(server.sockets.map((socket) => socket.payloads("auth")[0]?.token)).toEqual(["token-1", "token-2"]);
});

test("getToken that fails is tried again with backoff", async () => {
  const getToken = vi.fn(async () => "token");
  getToken.mockRejectedValueOnce(new Error("network is down"));
  const { server, client } = await connected({ getToken });
  expect(client.status).toMatchObject({ status: "offline", reason: "no token: Error: network is down" });
  expect(server.sockets).toHaveLength(0);
  await pass(500);
  expect(client.status.status).toBe("connected");
});

test("getToken that gives nothing: refused, without a connection", async () => {
  const { server, client } = await connected({ getToken: () => null });
  expect(client.status).toMatchObject({ status: "refused", reason: "getToken gave no token" });
  expect(server.sockets).toHaveLength(0);
});

test("getToken that never answers is given up in time", async () => {
  const { client } = await connected({ getToken: () => new Promise<string>(() => {}) });
  await pass(10_000);
  expect(client.status).toMatchObject({ status: "offline", reason: "no answer in time" });
});

test("a token that comes after disconnect() opens nothing", async () => {
  let give: (token: string) => void = () => {};
  const { server, client } = bench({ getToken: () => new Promise<string>((resolve) => (give = resolve)) });
  client.connect();
  client.disconnect();
  give("late");
  await tick();
  expect(server.sockets).toHaveLength(0);
});

test("token_expiring: a new token on the same connection, asked for once", async () => {
  let serial = 0;
  const { server, client } = await connected({ getToken: async () => `token-${++serial}` });
  server.socket.say(envelope("connection:error", { code: "token_expiring", message: "soon" }));
  server.socket.say(envelope("connection:error", { code: "token_expiring", message: "soon" }));
  await tick();
  expect(server.socket.payloads("auth").map(({ token }) => token)).toEqual(["token-1", "token-2"]);
  expect(server.sockets).toHaveLength(1);
  expect(client.status.status).toBe("connected");
});

test("token_expiring, and getToken fails: reported, and the connection goes on", async () => {
  const getToken = vi.fn(async () => "token");
  const { server, client, reports } = await connected({ getToken });
  getToken.mockRejectedValueOnce(new Error("network is down"));
  server.socket.say(envelope("connection:error", { code: "token_expiring", message: "soon" }));
  await tick();
  expect(reports).toEqual([["network is down", "getToken"]]);
  expect(client.status.status).toBe("connected");
});

test("token_expired and 4001: comes back with a new token", async () => {
  let serial = 0;
  const { server, client } = await connected({ getToken: async () => `token-${++serial}` });
  server.socket.say(envelope("connection:error", { code: "token_expired", message: "over" }));
  server.socket.end(4001);
  expect(client.status.reason).toBe("token_expired: over");
  await pass(500);
  expect(server.socket.payloads("auth")[0]?.token).toBe("token-2");
  expect(client.status.status).toBe("connected");
});

const expiredAtOnce = (server: ScriptedServer) => {
  server.answers.auth = (socket, message) => {
    refuse("token_expired", "over")(socket, message);
    socket.end(4401);
  };
};

test("token_expired at the opening: one more try with getToken, then refused", async () => {
  const getToken = vi.fn(async () => "stale");
  const { server, client } = bench({ getToken });
  expiredAtOnce(server);
  client.connect();
  await pass(60_000);
  expect(getToken).toHaveBeenCalledTimes(2);
  expect(client.status).toMatchObject({ status: "refused", reason: "token_expired: over" });
});

test("token_expired at the opening with a fixed token: refused at once", async () => {
  const { server, client } = bench();
  expiredAtOnce(server);
  client.connect();
  await pass(60_000);
  expect(server.sockets).toHaveLength(1);
  expect(client.status.status).toBe("refused");
});

test("an opening that leads nowhere is given up after 10 s", async () => {
  const { server, client } = bench();
  server.opens = false;
  client.connect();
  await pass(10_000);
  expect(client.status).toMatchObject({ status: "offline", reason: "no answer in time" });
  server.opens = true;
  server.answers.auth = () => {};
  await pass(500 + 10_000);
  expect(client.status).toMatchObject({ status: "offline", reason: "no answer in time", attempt: 2 });
});

test("a server of another protocol version is refused", async () => {
  const { server, client } = bench();
  server.answers.auth = (socket) =>
    socket.say(
      envelope("connection:established", {
        connection_id: "c",
        user_id: "7",
        protocol: 2,
        positions: {},
        recovered: {},
        ping_interval: 25,
      }),
    );
  client.connect();
  await tick();
  expect(client.status).toMatchObject({ status: "refused", reason: "the server speaks protocol 2, this client 1" });
});

test("a ping after ping_interval seconds without messages, and none while both sides talk", async () => {
  const { server, client } = await connected();
  await pass(24_999);
  expect(server.socket.payloads("ping")).toHaveLength(0);
  await pass(1);
  expect(server.socket.payloads("ping")).toHaveLength(1);
  for (let i = 0; i < 10; i += 1) {
    await pass(20_000);
    client.send({ type: "chat" });
    server.socket.say(envelope("note", {}));
  }
  expect(server.socket.payloads("ping")).toHaveLength(1);
});

test("a server that only talks is pinged, or it would take the client for idle", async () => {
  const { server } = await connected();
  for (let i = 0; i < 5; i += 1) {
    await pass(10_000);
    server.socket.say(envelope("note", {}));
  }
  expect(server.socket.payloads("ping").length).toBeGreaterThan(0);
});

test("a client that only talks, to a server that is gone, notices it", async () => {
  const { server, client } = await connected();
  server.answers = {};
  for (let i = 0; i < 3; i += 1) {
    await pass(9_000);
    client.send({ type: "chat" });
  }
  await pass(8_000);
  expect(client.status).toMatchObject({ status: "offline", reason: "the server does not answer" });
});

test("no pong within 10 s: lost, closed, and tried again", async () => {
  const { server, client } = await connected();
  server.answers.ping = () => {};
  await pass(25_000);
  await pass(9_999);
  expect(client.status.status).toBe("connected");
  await pass(1);
  expect(client.status).toMatchObject({ status: "offline", reason: "the server does not answer" });
  expect(server.socket.closedWith).toBe(1000);
  await pass(500);
  expect(client.status.status).toBe("connected");
  expect(server.sockets).toHaveLength(2);
});

test("any message counts as an answer to a ping", async () => {
  const { server, client } = await connected();
  server.answers.ping = (socket) => socket.say(envelope("note", {}));
  await pass(600_000);
  expect(client.status.status).toBe("connected");
});

test("what cannot be read is reported, and the connection goes on", async () => {
  const { server, client, reports } = await connected();
  const heard = vi.fn();
  client.on("note", heard);
  server.socket.say("{");
  server.socket.say(JSON.stringify({ type: "note" }));
  server.socket.say(envelope("note", { fine: true }));
  expect(reports.map(([message]) => message)).toEqual([expect.stringContaining("JSON"), "message.payload is missing"]);
  expect(heard).toHaveBeenCalledOnce();
});

test.each([
  ["http://server:8000/ws", "ws://server:8000/ws"],
  ["https://server/ws", "wss://server/ws"],
  ["wss://server/ws?x=1#part", "wss://server/ws?x=1"],
])("%s is %s", async (given, expected) => {
  const server = new ScriptedServer();
  new WebSocketClient(given, { token: "t", WebSocket: server.WebSocket }).connect();
  expect(server.socket.url).toBe(expected);
});

test.each([
  ["https://app.example/desk/week", "/ws", "wss://app.example/ws"],
  ["http://localhost:5173/", "/ws", "ws://localhost:5173/ws"],
  ["http://localhost:5173/a/b", "ws", "ws://localhost:5173/a/ws"],
])("on the page %s, %s is %s", (href, given, expected) => {
  vi.stubGlobal("location", { href });
  const server = new ScriptedServer();
  new WebSocketClient(given, { token: "t", WebSocket: server.WebSocket }).connect();
  expect(server.socket.url).toBe(expected);
});

test.each([
  ["/ws", 'TypeError: "/ws" is no address (relative ones need a page)'],
  ["ftp://server/ws", "TypeError: ftp: is not ws:, wss:, http: or https:"],
])("%s: refused, with the reason, and not tried again", async (url, reason) => {
  const client = new WebSocketClient(url, { token: "t", WebSocket: new ScriptedServer().WebSocket });
  client.connect();
  await pass(60_000);
  expect(client.status).toMatchObject({ status: "refused", reason });
});
