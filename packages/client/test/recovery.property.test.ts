/**
 * Faults at random on three channels. Whatever happens, every follower's history is checked: no event twice, none out of order,
 * none missing but where a reset said so, and no reset where the log covered the gap.
 */
import type { ChannelEvent, Reset } from "@tidings/client";
import { pick, ScriptedServer, type ScriptedSocket, seeded } from "@tidings/client/testing";
import { expect, test, vi } from "vitest";
import { bench, fakeTime, pass, tick } from "./bench.js";

fakeTime();

const CHANNELS = ["a", "b", "user:7"];

/** Loses, repeats and swaps what it sends, forgets history and starts new epochs. */
class FaultyServer extends ScriptedServer {
  fault(random: () => number): void {
    const channel = pick(random, CHANNELS);
    const log = this.log(channel);
    const members = [...this.members].filter(([socket]) => socket.readyState === 1);
    const faults: (() => void)[] = [
      () => this.publish(channel),
      () => this.publish(channel),
      () => this.publish(channel),
      () => this.#unheard(channel, members),
      () => this.#repeated(channel, members),
      () => this.#swapped(channel, members),
      () => this.sockets.at(-1)?.end(1006),
      () => {
        log.first = Math.max(log.first, log.events.length - 1);
      },
      () => {
        log.epoch += "'";
      },
    ];
    pick(random, faults)();
  }

  #repeated(channel: string, members: [ScriptedSocket, Set<string>][]): void {
    const log = this.log(channel);
    for (const [socket] of log.events.length > 0 ? members : []) socket.say(log.message(channel, log.events.length));
  }

  #unheard(channel: string, members: [unknown, Set<string>][]): void {
    const followers = members.filter(([, channels]) => channels.delete(channel));
    this.publish(channel);
    for (const [, channels] of followers) channels.add(channel);
  }

  #swapped(channel: string, members: [unknown, Set<string>][]): void {
    this.#unheard(channel, members);
    this.publish(channel);
    const log = this.log(channel);
    for (const [socket, channels] of this.members) {
      if (channels.has(channel) && socket.readyState === 1) socket.say(log.message(channel, log.events.length - 1));
    }
  }
}

type Entry = { readonly event: ChannelEvent } | { readonly reset: Reset };

/** What is wrong with a history that began at `first`. */
function violations(history: readonly Entry[], first: { epoch: string; offset: number }): string[] {
  const found: string[] = [];
  let at = first;
  for (const entry of history) {
    if ("event" in entry) {
      const { epoch, offset } = entry.event;
      if (epoch !== at.epoch || offset !== at.offset + 1)
        found.push(`${epoch} ${offset} after ${at.epoch} ${at.offset}`);
      at = { epoch, offset };
    } else at = entry.reset.position;
  }
  return found;
}

async function run(seed: number) {
  const random = seeded(seed);
  const server = new FaultyServer();
  const { client, reports } = bench({ random: seeded(seed + 1_000_000) }, server);
  client.connect();
  const histories = new Map<string, Entry[]>();
  for (const channel of CHANNELS) {
    const history: Entry[] = [];
    histories.set(channel, history);
    client.follow(channel, {
      onEvent: (event) => history.push({ event }),
      onReset: (reset) => history.push({ reset }),
    });
  }
  await tick();
  const faults = 40;
  for (let i = 0; i < faults; i += 1) {
    server.fault(random);
    if (random() < 0.6) await pass(Math.floor(random() * 3_000));
  }
  await pass(60_000);
  for (const channel of CHANNELS) server.publish(channel);
  await pass(60_000);
  const found = CHANNELS.flatMap((channel) => violations(histories.get(channel) ?? [], { epoch: "e", offset: 0 }));
  const tops = CHANNELS.map((channel) => [client.channelStatus(channel).status, client.position(channel)]);
  client.disconnect();
  return { found, tops, expected: CHANNELS.map((channel) => ["live", server.log(channel).top]), reports };
}

test("300 histories of 40 faults: nothing twice, out of order or missing without a reset, and all at the top in the end", async () => {
  for (let seed = 0; seed < 300; seed += 1) {
    const { found, tops, expected, reports } = await run(seed);
    expect(found, `seed ${seed}`).toEqual([]);
    expect(tops, `seed ${seed}`).toEqual(expected);
    expect(reports, `seed ${seed}`).toEqual([]);
  }
});

test("where the log covers every gap there is no reset", async () => {
  for (let seed = 0; seed < 100; seed += 1) {
    const random = seeded(seed);
    const { client, server } = bench({ random });
    const onReset = vi.fn();
    const offsets: number[] = [];
    client.follow("a", { onReset, onEvent: ({ offset }) => offsets.push(offset) });
    client.connect();
    await tick();
    for (let i = 0; i < 20; i += 1) {
      if (random() < 0.3) server.socket.end(1006);
      server.publish("a");
      if (random() < 0.5) await pass(Math.floor(random() * 2_000));
    }
    await pass(60_000);
    client.disconnect();
    expect(onReset, `seed ${seed}`).not.toHaveBeenCalled();
    expect(offsets, `seed ${seed}`).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  }
});
