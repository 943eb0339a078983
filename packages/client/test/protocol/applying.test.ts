import { expect, test } from "vitest";
import {
  type Action,
  answer,
  ask,
  leave,
  OUT,
  type Position,
  type Reading,
  receive,
  reset,
} from "../../src/protocol/applying.js";
import { decode, type ServerPayloads, type WebSocketMessage } from "../../src/protocol/messages.js";
import { vectors } from "../vectors.js";

interface Step {
  readonly message: WebSocketMessage;
  readonly action: Action;
  readonly position: Position;
}

interface Case {
  readonly name: string;
  readonly position: Position | null;
  readonly steps: readonly Step[];
}

const { channel, cases } = vectors<{ channel: string; cases: Case[] }>("applying");

function step(reading: Reading, message: WebSocketMessage) {
  if (message.type === "subscribed") {
    const { positions, recovered } = message.payload as ServerPayloads["subscribed"];
    return answer(reading, positions[channel] as Position, recovered[channel] === true);
  }
  if (message.type === "channel:reset") {
    return reset(reading, (message.payload as ServerPayloads["channel:reset"]).position);
  }
  return receive(reading, message as Required<WebSocketMessage>);
}

test.each(cases)("vector: $name", ({ position, steps }) => {
  let reading = ask({ ...OUT, position });
  for (const { message, action, position: after } of steps) {
    const next = step(reading, decode(JSON.stringify(message)));
    expect({ action: next.action, position: next.reading.position }).toEqual({ action, position: after });
    reading = next.reading;
  }
});

const at = (offset: number, epoch = "e"): Position => ({ epoch, offset, id: `${epoch}${offset}` });
const live: Reading = { phase: "live", position: at(3), target: 0 };

test.each(["out", "asking", "resuming", "awaiting-reset"] as const)("%s: events are dropped", (phase) => {
  const reading: Reading = { phase, position: at(3), target: 0 };
  expect(receive(reading, at(4))).toEqual({ action: "drop", reading });
});

test("an answer that was not asked for is dropped", () => {
  expect(answer(live, at(9), true)).toEqual({ action: "drop", reading: live });
});

test("a reset before the answer moves the position, and the answer is still awaited", () => {
  const { action, reading } = reset(ask(live), at(7, "f"));
  expect(action).toBe("reset");
  expect(reading).toEqual({ phase: "resuming", position: at(7, "f"), target: 0 });
  expect(answer(reading, at(9, "f"), true).action).toBe("catching-up");
});

test("a reset of a channel that was left is dropped", () => {
  const left = leave(live);
  expect(reset(left, at(9)).action).toBe("drop");
  expect(left.position).toEqual(at(3));
});

test("a replay that begins after a resubscribe is live only at the new top", () => {
  const asked = ask({ phase: "catching-up", position: at(3), target: 5 });
  const { reading } = answer(asked, at(8), true);
  expect(receive(reading, at(4)).action).toBe("apply");
});
