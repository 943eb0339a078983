import { describe, expect, it } from "vitest";
import { apply, type Change, changeOf, install, note, type Replica, type Row } from "./replica";

interface Item extends Row {
  readonly name: string;
}

const everything = () => true;
const item = (id: number, version: number, name = "a"): Item => ({ id, version, name });
const gone = (id: number, version: number): Change<Item> => ({ id, version, row: null });
const holding = (...rows: Item[]): Replica<Item> => install<Item>(undefined, rows, [], everything);
const rowsOf = (replica: Replica<Item>) => [...replica.rows.values()].sort((a, b) => a.id - b.id);

describe("apply", () => {
  it("takes a new row and a higher version", () => {
    const once = apply(holding(), changeOf(item(1, 1)), everything);
    const twice = apply(once, changeOf(item(1, 2, "b")), everything);
    expect(rowsOf(twice)).toEqual([item(1, 2, "b")]);
  });

  it.each([1, 2])("changes nothing at version %i when 2 is held", (version) => {
    const held = holding(item(1, 2, "held"));
    expect(apply(held, changeOf(item(1, version, "late")), everything)).toBe(held);
  });

  it("does not bring a deleted row back with a late update", () => {
    const deleted = apply(holding(item(1, 2)), gone(1, 3), everything);
    expect(apply(deleted, changeOf(item(1, 2)), everything)).toBe(deleted);
    expect(apply(deleted, changeOf(item(1, 3)), everything)).toBe(deleted);
    expect(rowsOf(deleted)).toEqual([]);
  });

  it("remembers the delete of a row that it never held", () => {
    const deleted = apply(holding(), gone(1, 3), everything);
    expect(rowsOf(apply(deleted, changeOf(item(1, 2)), everything))).toEqual([]);
  });

  it("deletes at the version that is held", () => {
    expect(rowsOf(apply(holding(item(1, 2)), gone(1, 2), everything))).toEqual([]);
  });

  it("does not delete at a lower version than is held", () => {
    const held = holding(item(1, 3));
    expect(apply(held, gone(1, 2), everything)).toBe(held);
  });

  it("drops a row that leaves the filter and takes it back when it returns", () => {
    const named = (row: Item) => row.name === "in";
    const left = apply(holding(item(1, 1, "in")), changeOf(item(1, 2, "out")), named);
    expect(rowsOf(left)).toEqual([]);
    expect(rowsOf(apply(left, changeOf(item(1, 1, "in")), named))).toEqual([]);
    expect(rowsOf(apply(left, changeOf(item(1, 3, "in")), named))).toEqual([item(1, 3, "in")]);
  });

  it("remembers a bounded number of deletes, the newest", () => {
    let replica = holding();
    for (let id = 1; id <= 1_500; id += 1) replica = apply(replica, gone(id, 1), everything);
    expect(replica.gone.size).toBe(1_000);
    expect(replica.gone.has(500)).toBe(false);
    expect(replica.gone.has(501)).toBe(true);
  });
});

describe("install", () => {
  it("puts what was heard meanwhile on top of the snapshot", () => {
    const heard = [changeOf(item(1, 2, "newer")), gone(2, 2), changeOf(item(3, 1))];
    const replica = install(undefined, [item(1, 1), item(2, 1)], heard, everything);
    expect(rowsOf(replica)).toEqual([item(1, 2, "newer"), item(3, 1)]);
  });

  it("keeps the snapshot's row where it is newer than what was heard", () => {
    const replica = install(undefined, [item(1, 3, "snapshot")], [changeOf(item(1, 2)), gone(1, 2)], everything);
    expect(rowsOf(replica)).toEqual([item(1, 3, "snapshot")]);
  });

  it("drops rows that the snapshot no longer has", () => {
    expect(rowsOf(install(holding(item(1, 1), item(2, 1)), [item(2, 1)], [], everything))).toEqual([item(2, 1)]);
  });

  it("lets a later snapshot decide over an earlier delete: an id may be used anew", () => {
    const deleted = apply(holding(item(1, 4)), gone(1, 5), everything);
    const replica = install(deleted, [item(1, 1, "another")], [], everything);
    expect(rowsOf(apply(replica, changeOf(item(1, 2, "its update")), everything))).toEqual([item(1, 2, "its update")]);
  });

  it("still knows earlier deletes of rows that the snapshot does not have", () => {
    const deleted = apply(holding(item(1, 4)), gone(1, 5), everything);
    const replica = install(deleted, [], [], everything);
    expect(apply(replica, changeOf(item(1, 4)), everything)).toBe(replica);
  });
});

/** A small linear congruential generator: the same histories in every run. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

/** What a database does to eight ids, as the changes that its channel tells in order. */
function history(roll: (sides: number) => number, length: number): Change<Item>[] {
  const versions = new Map<number, number>();
  return Array.from({ length }, () => {
    const id = 1 + roll(8);
    const version = (versions.get(id) ?? 0) + 1;
    versions.set(id, version);
    return roll(4) === 0 ? gone(id, version) : changeOf(item(id, version, `v${version}`));
  });
}

function database(changes: readonly Change<Item>[]): Item[] {
  const rows = new Map<number, Item>();
  for (const { id, row } of changes) {
    if (row) rows.set(id, row);
    else rows.delete(id);
  }
  return [...rows.values()].sort((a, b) => a.id - b.id);
}

describe("any history", () => {
  // From subscribing on: changes heard while the snapshot was under way, then the rest, some of them early or twice.
  it.each(Array.from({ length: 200 }, (_, seed) => seed))("ends as the database does (seed %i)", (seed) => {
    const roll = dice(seed);
    const changes = history(roll, 60);
    const subscribed = roll(60);
    const read = subscribed + roll(60 - subscribed);
    const arrived = read + roll(60 - read);

    const heard = new Map<number, Change<Item>>();
    for (const change of changes.slice(subscribed, arrived)) note(heard, change);
    let replica = install(undefined, database(changes.slice(0, read)), heard.values(), everything);
    for (const change of changes.slice(arrived)) {
      replica = apply(replica, change, everything);
      const again = changes[subscribed + roll(60 - subscribed)];
      if (again && roll(3) === 0) replica = apply(replica, again, everything);
    }

    expect(rowsOf(replica)).toEqual(database(changes));
  });
});
