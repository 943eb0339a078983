/** The test kit, as an application would use it: its own clock, no fake timers. */
import { WebSocketClient } from "@tidings/client";
import { FakeClock, pick, ScriptedServer, seeded } from "@tidings/client/testing";
import { expect, test } from "vitest";

test("an afternoon on a scripted server passes in no time", async () => {
  const clock = new FakeClock();
  const server = new ScriptedServer(clock);
  const client = new WebSocketClient("ws://server/ws", {
    token: "secret",
    WebSocket: server.WebSocket,
    clock,
    random: seeded(1),
  });
  const offsets: number[] = [];
  client.follow("a", { onEvent: ({ offset }) => offsets.push(offset) });
  client.connect();
  await clock.advance();
  expect(client.channelStatus("a").status).toBe("live");
  server.publish("a");
  server.socket.end(1006);
  server.publish("a");
  await clock.advance(4 * 3_600_000);
  expect(offsets).toEqual([1, 2]);
  expect(server.socket.payloads("ping").length).toBeGreaterThan(100);
  client.disconnect();
  await clock.advance();
  expect([server.socket.closedWith, server.socket.readyState, clock.pending]).toEqual([1000, 3, 0]);
});

test("timers run when they are due, in order, those included that are set meanwhile, and not when cleared", async () => {
  const clock = new FakeClock(0);
  const ran: string[] = [];
  const note = (name: string) => () => ran.push(`${name} ${clock.now()}`);
  clock.setTimeout(note("late"), 300);
  clock.setTimeout(() => {
    note("early")();
    void Promise.resolve().then(() => clock.setTimeout(note("set meanwhile"), 50));
  }, 100);
  clock.clearTimeout(clock.setTimeout(note("cleared"), 200));
  await clock.advance(250);
  expect([ran, clock.now(), clock.pending]).toEqual([["early 100", "set meanwhile 150"], 250, 1]);
  await clock.advance(50);
  expect(ran.at(-1)).toBe("late 300");
});

test("what a timer throws is thrown by advance", async () => {
  const clock = new FakeClock();
  clock.setTimeout(() => {
    throw new Error("broken");
  }, 1);
  await expect(clock.advance(1)).rejects.toThrow("broken");
});

test("chance is the same for a seed, and another for another", () => {
  const draw = (seed: number) => {
    const random = seeded(seed);
    return Array.from({ length: 100 }, () => random());
  };
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
  expect(draw(1).every((value) => value >= 0 && value < 1)).toBe(true);
  expect(pick(() => 0.99, ["a", "b"])).toBe("b");
});
