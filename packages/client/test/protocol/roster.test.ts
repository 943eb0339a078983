import { expect, test } from "vitest";
import { type PresentUser, Roster } from "../../src/protocol/roster.js";
import { vectors } from "../vectors.js";

interface Step {
  readonly message: { readonly type: string; readonly payload: object };
  readonly ready: boolean;
  readonly users: readonly PresentUser[];
}

const { cases } = vectors<{ cases: { name: string; steps: Step[] }[] }>("presence");

test.each(cases)("$name", ({ steps }) => {
  const roster = new Roster();
  for (const { message, ready, users } of steps) {
    roster.apply(message.type, message.payload);
    expect({ ready: roster.ready, users: roster.users }).toEqual({ ready, users });
  }
});

const said = (user_id: string, more: object = {}) => ({ user_id, connections: 1, ...more });

test("who has not changed is the same object, and a roster in which nobody has is the same array", () => {
  const roster = new Roster();
  roster.apply("presence:changed", { node: "n1", users: [said("anna"), said("ben")] });
  const before = roster.users;
  roster.apply("presence:state", { channel: "presence:c", part: 0, nodes: [{ node: "n2", users: before }] });
  expect(roster.users).toBe(before);
  roster.apply("presence:changed", { node: "n2", users: [said("ben", { metadata: [{ week: 1 }] })] });
  expect(roster.users).not.toBe(before);
  expect(roster.users[0]).toBe(before[0]);
  expect(roster.users[1]).toEqual({ user_id: "ben", connections: 1, metadata: [{ week: 1 }] });
});

test("no more nodes, and no more users of one, are remembered than the section allows", () => {
  const roster = new Roster();
  const crowd = Array.from({ length: 10_001 }, (_, index) => said(`u${index}`));
  roster.apply("presence:changed", { node: "n", users: crowd });
  expect(roster.users).toHaveLength(10_000);
  const nodes = Array.from({ length: 1_001 }, (_, index) => ({ node: `n${index}`, users: [said(`v${index}`)] }));
  roster.apply("presence:state", { channel: "presence:c", part: 0, nodes });
  expect(roster.users).toHaveLength(1_000);
});
