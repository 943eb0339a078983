/** A real tidings server in a process of its own, a line to it that can be cut, and ways to wait for what happens. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { type AddressInfo, createConnection, createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { ChannelHandlers, WebSocketClient } from "@tidings/client";

export type Transport = "native" | "asgi";

// A function, because Vite takes a literal here for an asset of a page.
const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

export const HERE = path(".");
/** The command, of the environment that `make setup` makes. */
export const TIDINGS = path("../../../.venv/bin/tidings");

/** `server.py`, served. */
export class RealServer {
  readonly #process: ChildProcess;
  readonly port: number;

  private constructor(process: ChildProcess, port: number) {
    this.#process = process;
    this.port = port;
  }

  /** Resolves when it listens. Rejects with what it wrote when it ends before that. */
  static async start(transport: Transport, port = 0): Promise<RealServer> {
    const server = spawn(
      TIDINGS,
      ["serve", "server:app", "--port", String(port), "--transport", transport, "--grace", "2"],
      {
        cwd: HERE,
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    const written: string[] = [];
    for (const stream of [server.stdout, server.stderr]) stream.setEncoding("utf8");
    return new Promise((resolve, reject) => {
      let listening = 0;
      let started = false;
      const read = (line: string) => {
        written.push(line);
        listening ||= Number(/Listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1] ?? 0);
        started ||= line.includes("startup complete");
        if (started && listening) resolve(new RealServer(server, listening));
      };
      createInterface({ input: server.stdout }).on("line", read);
      createInterface({ input: server.stderr }).on("line", read);
      server.once("error", reject);
      server.once("exit", (code) => reject(new Error(`the server ended with ${code}:\n${written.join("\n")}`)));
    });
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill("SIGTERM");
    await once(this.#process, "exit");
  }

  /** Without `fetch`: a test's page has one that knows about origins. */
  async post(where: string, body: object = {}): Promise<unknown> {
    const text = JSON.stringify(body);
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
    const asked = request({ host: "127.0.0.1", port: this.port, path: where, method: "POST", headers }).end(text);
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    const answered = (await answer.setEncoding("utf8").toArray()).join("");
    if (answer.statusCode !== 200) throw new Error(`${where}: ${answer.statusCode} ${answered}`);
    return JSON.parse(answered);
  }

  publish(channels: string | string[], type: string, payload: object): Promise<unknown> {
    return this.post("/publish", { channels: [channels].flat(), type, payload });
  }
}

/** A TCP line to a port: it counts what comes, and can be cut without a word, as networks are. */
export class Line {
  readonly #server = createServer((near) => this.#connect(near));
  readonly #sockets = new Set<Socket>();
  readonly #port: number;
  connections = 0;

  constructor(port: number) {
    this.#port = port;
  }

  async open(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/ws`;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, "close");
  }

  #connect(near: Socket): void {
    this.connections += 1;
    const far = createConnection({ port: this.#port, host: "127.0.0.1" });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  }
}

/** What was heard, and a wait for more. */
export class Inbox<T> {
  readonly items: T[] = [];
  #waiting: (() => void)[] = [];

  readonly push = (item: T): void => {
    this.items.push(item);
    for (const wake of this.#waiting.splice(0)) wake();
  };

  /** Resolves once there are `count` items. */
  async until(count: number): Promise<T[]> {
    while (this.items.length < count) await new Promise<void>((wake) => this.#waiting.push(wake));
    return this.items;
  }
}

/** Resolves once the client has this status. */
export async function status(client: WebSocketClient, wanted: string): Promise<void> {
  if (client.status.status === wanted) return;
  await new Promise<void>((resolve) => {
    const stop = client.onStatus(() => {
      if (client.status.status !== wanted) return;
      stop();
      resolve();
    });
  });
}

/** Follows a channel, and resolves once it has this status. */
export async function follow(
  client: WebSocketClient,
  channel: string,
  handlers: ChannelHandlers = {},
  wanted = "live",
): Promise<void> {
  await new Promise<void>((resolve) => {
    const onStatus = () => {
      if (client.channelStatus(channel).status === wanted) resolve();
    };
    client.follow(channel, { ...handlers, onStatus });
    onStatus();
  });
}
