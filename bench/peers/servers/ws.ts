/** `ws` on Node: a set of sockets for each channel, and a message that is encoded once. */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { obey } from "./control.ts";
import { COMPRESSED, EVENT_TYPE, message, PORT, require, schedule, verified } from "./workload.ts";

interface Client {
  readonly readyState: number;
  send(data: string | Buffer, options?: { binary: boolean }): void;
  on(event: "message", listener: (data: Buffer) => void): void;
  on(event: "close", listener: () => void): void;
}

const OPEN = 1;
const { WebSocketServer } = require("ws");

const members = new Map<string, Set<Client>>();
const sockets = new WebSocketServer({ noServer: true, clientTracking: false, perMessageDeflate: COMPRESSED });
const server = createServer();

server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
  const user = userOf(request);
  if (user === undefined) return void socket.end("HTTP/1.1 401 Unauthorized\r\n\r\n");
  sockets.handleUpgrade(request, socket, head, (client: Client) => serve(client, user));
});

function userOf(request: IncomingMessage): string | undefined {
  try {
    return verified(new URL(request.url ?? "", "http://127.0.0.1").searchParams.get("token") ?? "");
  } catch {
    return undefined;
  }
}

function serve(client: Client, user: string): void {
  const joined: string[] = [];
  client.on("message", (data) => {
    const { channels } = JSON.parse(data.toString()).payload as { channels: string[] };
    for (const channel of channels) {
      const group = members.get(channel) ?? new Set();
      members.set(channel, group.add(client));
      joined.push(channel);
    }
    client.send(message("subscribed", { channels, total: channels.length }));
  });
  client.on("close", () => {
    for (const channel of joined) members.get(channel)?.delete(client);
  });
  client.send(message("connection:established", { connection_id: randomUUID(), user_id: user }));
}

function publish(number: number, channel: string): void {
  const data = Buffer.from(message(EVENT_TYPE, { schedule: schedule(number) }));
  for (const client of members.get(channel) ?? []) {
    if (client.readyState === OPEN) client.send(data, { binary: false });
  }
}

obey(publish);
server.listen(PORT, "127.0.0.1");
