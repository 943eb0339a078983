/** Socket.IO on Node: a room for each channel. */
import { createServer } from "node:http";
import { obey } from "./control.ts";
import { COMPRESSED, EVENT_TYPE, PORT, require, schedule, verified } from "./workload.ts";

interface Client {
  readonly handshake: { readonly auth: { readonly token: string } };
  readonly data: { user?: string };
  join(rooms: string[]): void;
  on(event: "subscribe", listener: (channels: string[], acknowledge: (joined: number) => void) => void): void;
}

const { Server } = require("socket.io");

// Clients cannot tell a ping that is compressed from an event: none comes while they are measured.
const PING = COMPRESSED ? 3_600_000 : 25_000; // milliseconds; 25,000 by default

const server = createServer();
const io = new Server(server, { serveClient: false, perMessageDeflate: COMPRESSED, pingInterval: PING });

// As its page on memory advises: the first request is not kept.
io.engine.on("connection", (connection: { request: unknown }) => {
  connection.request = null;
});

io.use((client: Client, next: (error?: Error) => void) => {
  try {
    client.data.user = verified(client.handshake.auth.token);
    next();
  } catch {
    next(new Error("unauthorized"));
  }
});

io.on("connection", (client: Client) => {
  client.on("subscribe", (channels, acknowledge) => {
    client.join(channels);
    acknowledge(channels.length);
  });
});

obey((number, channel) => io.to(channel).emit(EVENT_TYPE, { schedule: schedule(number) }));
server.listen(PORT, "127.0.0.1");
