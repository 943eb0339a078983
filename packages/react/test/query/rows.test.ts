import { expect, test } from "vitest";
import { apply, changeTo, install, note, type RowRules, Versions } from "../../src/query/rows.js";

interface Item {
  readonly id: number;
  readonly version: number;
  readonly name: string;
}

const item = (id: number, version: number, name = "a"): Item => ({ id, version, name });
const gone = (id: number, version: number) => ({ id: String(id), version, row: null });
const rules: RowRules<Item> = {
  id: ({ id }) => String(id),
  version: ({ version }) => version,
  matches: () => true,
  sort: undefined,
};
const saying = (row: Item) => changeTo(row, rules);

test.each([1, 2])("changes nothing at version %i when 2 is held", (version) => {
  const held = [item(1, 2, "held")];
  expect(apply(held, saying(item(1, version, "late")), rules, new Versions())).toBe(held);
});

test("does not bring a deleted row back with a late update, whether it was held or not", () => {
  for (const held of [[item(1, 2)], []]) {
    const versions = new Versions();
    const rows = apply(held, gone(1, 3), rules, versions);
    expect(rows).toEqual([]);
    expect(apply(rows, saying(item(1, 2)), rules, versions)).toBe(rows);
    expect(apply(rows, saying(item(1, 3)), rules, versions)).toBe(rows);
  }
});

test("deletes at the version that is held, not at a lower one", () => {
  const held = [item(1, 2)];
  expect(apply(held, gone(1, 2), rules, new Versions())).toEqual([]);
  expect(apply(held, gone(1, 1), rules, new Versions())).toBe(held);
});

test("a row that leaves the filter is gone until a later version is back", () => {
  const named: RowRules<Item> = { ...rules, matches: ({ name }) => name === "in" };
  const versions = new Versions();
  const left = apply([item(1, 1, "in")], saying(item(1, 2, "out")), named, versions);
  expect(left).toEqual([]);
  expect(apply(left, saying(item(1, 1, "in")), named, versions)).toEqual([]);
  expect(apply(left, saying(item(1, 3, "in")), named, versions)).toEqual([item(1, 3, "in")]);
});

test("rows without versions of their own are compared by their events'", () => {
  const bare: RowRules<Item> = { ...rules, version: () => undefined };
  const versions = new Versions();
  const rows = apply([item(1, 0, "a")], { id: "1", version: 5, row: item(1, 0, "b") }, bare, versions);
  expect(apply(rows, { id: "1", version: 4, row: item(1, 0, "late") }, bare, versions)).toBe(rows);
  expect(rows).toEqual([item(1, 0, "b")]);
});

test("remembers a bounded number of versions, the newest", () => {
  const versions = new Versions();
  for (let id = 1; id <= 1_500; id += 1) apply([], gone(id, 1), rules, versions);
  expect(versions.entries()).toHaveLength(1_000);
  expect([versions.get("500"), versions.get("501")?.version]).toEqual([undefined, 1]);
});

test("a snapshot decides over what was heard before: an id may be used anew", () => {
  const versions = new Versions();
  apply([item(1, 4)], gone(1, 5), rules, versions);
  const rows = install([], [item(1, 1, "another")], rules, versions);
  expect(apply(rows, saying(item(1, 2, "its update")), rules, versions)).toEqual([item(1, 2, "its update")]);
});

test("a snapshot keeps the identity of what did not change, wherever it stands now, and its own order", () => {
  const held = [item(1, 1), item(2, 1)];
  const rows = install(held, [item(3, 1), item(2, 1), item(1, 1)], rules, new Versions());
  expect(rows).toEqual([item(3, 1), item(2, 1), item(1, 1)]);
  expect([rows[1] === held[1], rows[2] === held[0]]).toEqual([true, true]);
  expect(install(held, [item(1, 1), item(2, 1)], rules, new Versions())).toBe(held);
});

test("of what is heard the newest is kept for each row", () => {
  const heard = new Map();
  for (const change of [saying(item(1, 2)), saying(item(1, 1)), gone(1, 2), saying(item(1, 2)), saying(item(2, 1))]) {
    note(heard, change);
  }
  expect([...heard.values()]).toEqual([gone(1, 2), saying(item(2, 1))]);
});

test("a row that leaves one channel for another at one version is there, whichever is heard first, also over a snapshot", () => {
  const left = { ...gone(1, 2), channel: "team:1" };
  const came = { ...saying(item(1, 2, "moved")), channel: "team:2" };
  for (const order of [
    [left, came],
    [came, left],
  ]) {
    for (const before of [[], [item(1, 1)], [item(1, 2, "moved")]]) {
      const versions = new Versions();
      const rows = order.reduce(
        (held, change) => apply<Item>(held, change, rules, versions),
        before as readonly Item[],
      );
      expect(rows).toEqual([item(1, 2, "moved")]);
      const heard = new Map();
      for (const change of order) note(heard, change);
      expect([...heard.values()]).toEqual(order);
    }
  }
});

test("and gone when it has left that, too", () => {
  const versions = new Versions();
  const came = { ...saying(item(1, 2)), channel: "team:2" };
  const rows = apply<Item>([], came, rules, versions);
  expect(apply(rows, { ...gone(1, 2), channel: "team:1" }, rules, versions)).toBe(rows);
  expect(apply(rows, { ...gone(1, 2), channel: "team:2" }, rules, versions)).toEqual([]);
});
