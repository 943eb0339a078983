import { expect, test } from "vitest";
import { TidingsError } from "../../src/protocol/codes.js";
import { decode } from "../../src/protocol/messages.js";
import { vectors } from "../vectors.js";

interface Case {
  readonly name: string;
  readonly text: string;
  readonly accept: boolean;
}

const { cases } = vectors<{ cases: Case[] }>("server-messages");

test.each(cases.filter(({ accept }) => accept))("vector, taken: $name", ({ text }) => {
  expect(decode(text)).toEqual(JSON.parse(text));
});

test.each(cases.filter(({ accept }) => !accept))("vector, refused: $name", ({ text }) => {
  expect(() => decode(text)).toThrow();
});

const message = (type: string, payload: object, more: object = {}) =>
  JSON.stringify({ type, payload, timestamp: "2026-11-23T08:00:00.000Z", id: "s1", ...more });
const position = { epoch: "e", offset: 1, id: "x" };

test.each([
  ["no id", '{"type":"pong","payload":{},"timestamp":"x"}', "message.id is missing"],
  ["a negative version", message("e", {}, { version: -1 }), "message.version is below 0"],
  ["a fraction", message("e", {}, { channel: "a", epoch: "e", offset: 1.5 }), "message.offset is number, not integer"],
  [
    "beyond 2^53",
    message("e", {}, { channel: "a", epoch: "e", offset: 2 ** 53 }),
    "message.offset is number, not integer",
  ],
  ["after alone", message("e", {}, { after: 1 }), "message.after is not below message.offset"],
  ["after below 0", message("e", {}, { channel: "a", epoch: "e", offset: 1, after: -1 }), "message.after is below 0"],
  ["error without code", message("connection:error", { message: "x" }), "payload.code is missing"],
  ["closing without time", message("connection:closing", {}), "payload.reconnect_after is missing"],
  ["closing in the past", message("connection:closing", { reconnect_after: -1 }), "payload.reconnect_after is below 0"],
  ["unsubscribed from text", message("unsubscribed", { channels: "a" }), "payload.channels is string, not array"],
  [
    "a position in one of many",
    message("subscribed", {
      channels: ["a", "b"],
      total: 2,
      positions: { a: position, b: { ...position, id: 1 } },
      recovered: {},
    }),
    "payload.positions.b.id is number, not string",
  ],
  [
    "recovered that is text",
    message("subscribed", { channels: ["a"], total: 1, positions: { a: position }, recovered: { a: "yes" } }),
    "payload.recovered.a is string, not boolean",
  ],
])("%s is malformed, and the error says where", (_, data, where) => {
  expect(() => decode(data)).toThrow(expect.objectContaining({ code: "malformed", message: where }));
});

test.each([["{"], [new ArrayBuffer(1)], [new Blob(["{}"])]])("%o is no JSON", (data) => {
  expect(() => decode(data)).toThrow(SyntaxError);
});

test("an endlessly nested message is malformed or taken, and never more than that", () => {
  const text = `{"type":"e","payload":{"x":${"[".repeat(100_000)}${"]".repeat(100_000)}},"timestamp":"x","id":"1"}`;
  let outcome = "taken";
  try {
    decode(text);
  } catch (error) {
    outcome = error instanceof TidingsError ? "malformed" : String(error);
  }
  expect(["taken", "malformed"]).toContain(outcome);
});
