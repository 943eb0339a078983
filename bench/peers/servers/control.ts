/**
 * `bench/servers/control.py` for Node: a Unix socket inside the server, which takes its commands. A line is `publish COUNT
 * [CHANNEL]` or `rate PER_SECOND COUNT [CHANNEL]`.
 */
import { createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const CHANNEL = "schedules";

/** Is given each event's number, from 0, and its channel. */
export type Publish = (number: number, channel: string) => void;

/** Obey commands for as long as the server runs. */
export function obey(publish: Publish): void {
  let next = 0;
  const publishNext = (channel = CHANNEL) => publish(next++, channel);
  createServer((socket) => void follow(socket, publishNext)).listen(process.env.BENCH_CONTROL);
}

async function follow(socket: Socket, publishNext: (channel?: string) => void): Promise<void> {
  let rest = "";
  for await (const data of socket.setEncoding("utf8")) {
    const lines = (rest + data).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const [command, ...values] = line.split(" ");
      if (command === "publish") {
        for (let event = 0; event < Number(values[0]); event++) publishNext(values[1]);
      } else if (command === "rate") {
        await evenly(Number(values[0]), Number(values[1]), () => publishNext(values[2]));
      }
    }
  }
}

async function evenly(perSecond: number, events: number, publishNext: () => void): Promise<void> {
  const begin = performance.now();
  for (let event = 0; event < events; event++) {
    await sleep(begin + (event * 1_000) / perSecond - performance.now());
    publishNext();
  }
}
