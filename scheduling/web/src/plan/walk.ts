/** How the keyboard walks the grid, by position. Lines and columns count from 0; an empty cell is one stop, item null. */
export interface Stop {
  readonly line: number;
  readonly column: number;
  /** Which of the cell's cards; null: the cell itself. */
  readonly item: number | null;
}

export interface Extent {
  readonly lines: number;
  readonly columns: number;
  /** How many cards a cell has. */
  readonly items: (line: number, column: number) => number;
  /** Lines that PageUp and PageDown go. */
  readonly page: number;
}

export type Step = "up" | "down" | "before" | "after" | "home" | "end" | "pageup" | "pagedown" | "first" | "last";

const clamp = (value: number, length: number) => Math.min(Math.max(value, 0), length - 1);

/** The cell, at its card of this number or its nearest one. */
function enter(extent: Extent, line: number, column: number, item: number | null): Stop {
  const [to, at] = [clamp(line, extent.lines), clamp(column, extent.columns)];
  const items = extent.items(to, at);
  return { line: to, column: at, item: items === 0 ? null : clamp(item ?? 0, items) };
}

function down(from: Stop, extent: Extent): Stop {
  const next = from.item === null ? 0 : from.item + 1;
  if (next < extent.items(from.line, from.column)) return { ...from, item: next };
  return from.line + 1 < extent.lines ? enter(extent, from.line + 1, from.column, 0) : from;
}

function up(from: Stop, extent: Extent): Stop {
  if (from.item !== null && from.item > 0) return { ...from, item: from.item - 1 };
  if (from.line === 0) return from;
  return enter(extent, from.line - 1, from.column, extent.items(from.line - 1, from.column) - 1);
}

const STEPS: Readonly<Record<Step, (from: Stop, extent: Extent) => Stop>> = {
  up,
  down,
  before: ({ line, column, item }, extent) => enter(extent, line, column - 1, item),
  after: ({ line, column, item }, extent) => enter(extent, line, column + 1, item),
  home: ({ line, item }, extent) => enter(extent, line, 0, item),
  end: ({ line, item }, extent) => enter(extent, line, extent.columns - 1, item),
  pageup: ({ line, column, item }, extent) => enter(extent, line - extent.page, column, item),
  pagedown: ({ line, column, item }, extent) => enter(extent, line + extent.page, column, item),
  first: (_, extent) => enter(extent, 0, 0, 0),
  last: (_, extent) => enter(extent, extent.lines - 1, extent.columns - 1, 0),
};

/** One step from a stop. At an edge it stays; up and down go through the cards of a cell first. */
export function walk(from: Stop, step: Step, extent: Extent): Stop {
  return STEPS[step](from, extent);
}
