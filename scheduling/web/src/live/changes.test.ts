import { describe, expect, it } from "vitest";
import { differences, merge } from "./changes";

const row = (id: number, version = 1) => ({ id, version });
const byId = (...rows: ReturnType<typeof row>[]) => new Map(rows.map((each) => [each.id, each]));

describe("differences", () => {
  it("finds what came, what went and what changed, and nothing else", () => {
    const before = byId(row(1), row(2), row(3));
    const after = byId(row(1), row(2, 2), row(4));
    expect([...differences(before, after).keys()].sort()).toEqual([2, 3, 4]);
  });
});

describe("merge", () => {
  it("tells several changes of one row as one, from its first state to its last", () => {
    const first = differences(byId(row(1)), byId(row(1, 2)));
    const second = differences(byId(row(1, 2)), byId(row(1, 3)));
    const change = merge(first, second).get(1);
    expect([change?.before?.version, change?.after?.version]).toEqual([1, 3]);
  });

  it("drops what went and came back as it was", () => {
    const left = differences(byId(row(1)), byId());
    expect(merge(left, differences(byId(), byId(row(1)))).size).toBe(0);
  });

  it("drops what came and went unseen", () => {
    const came = differences(byId(), byId(row(1)));
    expect(merge(came, differences(byId(row(1)), byId())).size).toBe(0);
  });
});
