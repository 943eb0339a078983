// @vitest-environment happy-dom

import { act, renderHook } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { useMissed } from "./missed";

interface Item {
  readonly id: number;
  readonly version: number;
  readonly by: string;
}

const item = (id: number, version = 1, by = "another"): Item => ({ id, version, by });
const week = (...rows: Item[]): ReadonlyMap<number, Item> => new Map(rows.map((row) => [row.id, row]));

const FINE = { gone: false, told: false };
const HICCUP = { gone: true, told: false };
const OUTAGE = { gone: true, told: true };

function watch(first: ReadonlyMap<number, Item>) {
  let props = { rows: first, scope: "week 48", outage: FINE, current: true };
  const hook = renderHook(
    ({ rows, scope, outage, current }: typeof props) =>
      useMissed(rows, scope, outage, current, ({ after }) => after?.by === "me"),
    { initialProps: props },
  );
  const become = (next: Partial<typeof props>) => {
    props = { ...props, ...next };
    hook.rerender(props);
  };
  const missed = () => hook.result.current.missed && [...hook.result.current.missed.keys()];
  return { become, missed, dismiss: () => act(() => hook.result.current.dismiss()) };
}

describe("useMissed", () => {
  it("knows what others changed during an outage, once the rows are current again", () => {
    const { become, missed, dismiss } = watch(week(item(1), item(2)));
    become({ outage: HICCUP, current: false });
    become({ outage: OUTAGE });
    become({ outage: FINE, rows: week(item(1, 2), item(2)) });
    expect(missed()).toBeNull();
    become({ rows: week(item(1, 2), item(3), item(4, 1, "me")), current: true });
    expect(missed()).toEqual([1, 3, 2]);
    dismiss();
    expect(missed()).toBeNull();
    become({ rows: week(item(1, 3)) });
    expect(missed()).toBeNull();
  });

  it("says nothing after a hiccup, or when nothing was changed", () => {
    const { become, missed } = watch(week(item(1)));
    become({ outage: HICCUP, current: false });
    become({ outage: FINE, rows: week(item(1, 2)), current: true });
    expect(missed()).toBeNull();
    become({ outage: OUTAGE, current: false });
    become({ outage: FINE, current: true });
    expect(missed()).toBeNull();
  });

  it("says nothing of another week", () => {
    const { become, missed } = watch(week(item(1)));
    become({ outage: OUTAGE, current: false });
    become({ scope: "week 49", rows: week(item(7)) });
    become({ outage: FINE, current: true });
    expect(missed()).toBeNull();
    become({ outage: OUTAGE, current: false });
    become({ outage: FINE });
    become({ scope: "week 50", rows: week(item(8)), current: true });
    become({ rows: week(item(8, 2)) });
    expect(missed()).toBeNull();
  });
});
