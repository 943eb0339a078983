import { describe, expect, it } from "vitest";
import { type Extent, type Step, walk } from "./walk";

/** Cards a cell, line by line. */
const CARDS = [
  [0, 2, 0],
  [1, 3, 0],
  [0, 0, 0],
  [0, 1, 0],
];
const extent: Extent = {
  lines: CARDS.length,
  columns: 3,
  items: (line, column) => CARDS[line]?.[column] ?? 0,
  page: 2,
};

/** "line column item" of each stop on the way. */
function way(from: [number, number, number | null], ...steps: Step[]): string[] {
  let stop = { line: from[0], column: from[1], item: from[2] };
  return steps.map((step) => {
    stop = walk(stop, step, extent);
    return `${stop.line} ${stop.column} ${stop.item ?? "-"}`;
  });
}

describe("walking the grid", () => {
  it("goes down through the cards of a cell, then to the next line", () => {
    expect(way([0, 1, 0], "down", "down", "down", "down", "down", "down")).toEqual([
      "0 1 1",
      "1 1 0",
      "1 1 1",
      "1 1 2",
      "2 1 -",
      "3 1 0",
    ]);
  });

  it("goes up the same way", () => {
    expect(way([3, 1, 0], "up", "up", "up", "up", "up", "up")).toEqual([
      "2 1 -",
      "1 1 2",
      "1 1 1",
      "1 1 0",
      "0 1 1",
      "0 1 0",
    ]);
  });

  it("keeps to the same height where it can, from cell to cell", () => {
    expect(way([1, 1, 2], "before", "after", "after", "before")).toEqual(["1 0 0", "1 1 0", "1 2 -", "1 1 0"]);
  });

  it("goes from a cell itself to its first card", () => {
    expect(way([1, 1, null], "down")).toEqual(["1 1 0"]);
    expect(way([1, 1, null], "up")).toEqual(["0 1 1"]);
  });

  it("goes to the ends of the line and of the grid, and by pages", () => {
    expect(way([1, 1, 0], "home", "end", "pagedown", "pageup", "last", "first")).toEqual([
      "1 0 0",
      "1 2 -",
      "3 2 -",
      "1 2 -",
      "3 2 -",
      "0 0 -",
    ]);
  });

  it("stays at the edges", () => {
    expect(way([0, 0, null], "up", "before", "pageup")).toEqual(["0 0 -", "0 0 -", "0 0 -"]);
    expect(way([3, 2, null], "down", "after", "pagedown")).toEqual(["3 2 -", "3 2 -", "3 2 -"]);
  });
});
