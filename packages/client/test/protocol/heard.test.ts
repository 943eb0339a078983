import { expect, test } from "vitest";
import { Heard } from "../../src/protocol/heard.js";

test("an id is heard once", () => {
  const heard = new Heard();
  expect(heard.note({ id: "a" })).toBe(true);
  expect(heard.note({ id: "a" })).toBe(false);
});

test.each([
  [1, false],
  [2, false],
  [3, true],
])("after version 2 of a key, version %i is heard: %s", (version, expected) => {
  const heard = new Heard();
  heard.note({ id: "a", key: "k", version: 2 });
  expect(heard.note({ id: "b", key: "k", version })).toBe(expected);
});

test("a key without version, and another key, are no repetition", () => {
  const heard = new Heard();
  heard.note({ id: "a", key: "k", version: 2 });
  expect(heard.note({ id: "b", key: "k" })).toBe(true);
  expect(heard.note({ id: "c", key: "l", version: 1 })).toBe(true);
});

test("1,000 ids and keys are remembered, the oldest forgotten first", () => {
  const heard = new Heard();
  for (let i = 0; i <= 1_000; i += 1) heard.note({ id: `i${i}`, key: `k${i}`, version: 5 });
  expect(heard.note({ id: "i1" })).toBe(false);
  expect(heard.note({ id: "i0" })).toBe(true);
  expect(heard.note({ id: "x", key: "k2", version: 5 })).toBe(false);
  expect(heard.note({ id: "y", key: "k0", version: 5 })).toBe(true);
});

test("a key that changes stays remembered", () => {
  const heard = new Heard(2);
  heard.note({ id: "1", key: "a", version: 1 });
  heard.note({ id: "2", key: "b", version: 1 });
  heard.note({ id: "3", key: "a", version: 2 });
  heard.note({ id: "4", key: "c", version: 1 });
  expect(heard.note({ id: "5", key: "a", version: 2 })).toBe(false);
});

test("forgotten versions are heard anew, ids are not", () => {
  const heard = new Heard();
  heard.note({ id: "a", key: "k", version: 9 });
  heard.forgetKeys();
  expect(heard.note({ id: "b", key: "k", version: 2 })).toBe(true);
  expect(heard.note({ id: "c", key: "k", version: 2 })).toBe(false);
  expect(heard.note({ id: "a" })).toBe(false);
});
