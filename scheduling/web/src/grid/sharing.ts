/** Parts of a grid keep their identity while nothing in them changes, so that only what changed is drawn again. */
import type { Cell, Grid, Leave, Line } from "./grid";

const same = <T>(left: readonly T[], right: readonly T[], equal: (a: T, b: T) => boolean = Object.is) =>
  left.length === right.length && left.every((each, index) => equal(each, right[index] as T));

const sameLeave = (left: Leave, right: Leave) =>
  left.request === right.request && left.span?.from === right.span?.from && left.span?.to === right.span?.to;

function sharedCell(before: Cell | undefined, after: Cell): Cell {
  const kept =
    before?.day === after.day && same(before.shifts, after.shifts) && same(before.leave, after.leave, sameLeave);
  return kept ? before : after;
}

function sharedLine(before: Line | undefined, after: Line): Line {
  const cells = after.cells.map((cell, index) => sharedCell(before?.cells[index], cell));
  const kept =
    before &&
    same(before.cells, cells) &&
    before.staff === after.staff &&
    before.name === after.name &&
    before.self === after.self;
  return kept ? before : { ...after, cells };
}

/** The grid with every line and cell of the one before that is still the same. */
export function shared(before: Grid | null, after: Grid): Grid {
  if (!before) return after;
  const lines = new Map(before.people.map((line) => [line.staffId, line]));
  return {
    ...after,
    days: same(before.days, after.days) ? before.days : after.days,
    open: sharedLine(before.open, after.open),
    people: after.people.map((line) => sharedLine(lines.get(line.staffId), line)),
  };
}

/** `shared` with whatever grid was given to it last. */
export function sharing(): (grid: Grid) => Grid {
  let last: Grid | null = null;
  return (grid) => {
    last = shared(last, grid);
    return last;
  };
}
