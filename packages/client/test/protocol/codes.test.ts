import { expect, test } from "vitest";
import { ERROR_CODES, reconnects } from "../../src/protocol/codes.js";
import { vectors } from "../vectors.js";

interface Codes {
  readonly errors: readonly string[];
  readonly close: readonly { code: number; reconnect: boolean }[];
}

const { errors, close } = vectors<Codes>("codes");

test("the error codes are those of the protocol", () => {
  expect([...ERROR_CODES]).toEqual(errors);
});

test.each(close)("close code $code: reconnect $reconnect", ({ code, reconnect }) => {
  expect(reconnects(code)).toBe(reconnect);
});
