import { expect, test } from "vitest";
import { type State, transition } from "../../src/protocol/states.js";

const STATES: readonly State[] = ["idle", "connecting", "connected", "waiting", "refused", "closed"];

test.each(STATES.filter((state) => state !== "closed"))("%s: disconnect() closes", (state) => {
  expect(transition(state, "disconnect")).toBe("closed");
});

test.each(["refused", "closed", "idle"] as const)("%s: only connect() leads out", (state) => {
  expect(transition(state, "retry")).toBeNull();
  expect(transition(state, "wake")).toBeNull();
  expect(transition(state, "lost")).toBeNull();
  expect(transition(state, "connect")).toBe("connecting");
});

test.each(["connecting", "connected"] as const)("%s: a second connect() changes nothing", (state) => {
  expect(transition(state, "connect")).toBeNull();
});
