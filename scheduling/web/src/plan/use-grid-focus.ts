import {
  type FocusEvent,
  type KeyboardEvent,
  type RefObject,
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import type { Cell, Grid, Line } from "../grid/grid";
import type { Day } from "../time/week";
import { type Extent, type Step, type Stop, walk } from "./walk";

/** Where the grid's one tab stop is, by what stands there: rows that come and go do not move it. */
export interface Spot {
  readonly staffId: number | null;
  readonly day: Day;
  /** "schedule-7", "timeoff-3", or null for the cell itself. */
  readonly card: string | null;
}

/** Where the focus is to go as soon as that day is shown. */
export interface Aim {
  readonly spot: Spot;
  readonly reached: () => void;
}

const PAGE = 6;

const STEPS: Readonly<Record<string, Step>> = {
  ArrowUp: "up",
  ArrowDown: "down",
  Home: "home",
  End: "end",
  PageUp: "pageup",
  PageDown: "pagedown",
};

/** What a shift's card is called among the cards of its cell. */
export const cardOf = ({ id }: { readonly id: number }) => `schedule-${id}`;

/** The cards of a cell as they stand in it, from the top. */
export function cardsOf({ leave, shifts }: Cell): string[] {
  return [...leave.map((each) => `timeoff-${each.request.id}`), ...shifts.map((each) => cardOf(each.schedule))];
}

function stepOf(event: KeyboardEvent, rightToLeft: boolean): Step | null {
  const { key } = event;
  if (event.ctrlKey || event.metaKey) return key === "Home" ? "first" : key === "End" ? "last" : null;
  if (event.altKey || (event.shiftKey && !key.startsWith("Arrow"))) return null;
  if (key === "ArrowLeft" || key === "ArrowRight") return (key === "ArrowRight") === rightToLeft ? "before" : "after";
  return STEPS[key] ?? null;
}

/** The lines from the top. */
export const linesOf = (grid: Grid): readonly Line[] => [grid.open, ...grid.people];

function extentOf(grid: Grid): Extent {
  const lines = linesOf(grid);
  const items = (line: number, column: number) => {
    const cell = lines[line]?.cells[column];
    return cell ? cell.shifts.length + cell.leave.length : 0;
  };
  return { lines: lines.length, columns: grid.days.length, items, page: PAGE };
}

function stopOf(grid: Grid, { staffId, day, card }: Spot): Stop {
  const line = linesOf(grid).findIndex((each) => each.staffId === staffId);
  const column = grid.days.indexOf(day);
  const cell = linesOf(grid)[line]?.cells[column];
  const item = cell && card !== null ? cardsOf(cell).indexOf(card) : -1;
  return { line: Math.max(0, line), column: Math.max(0, column), item: item < 0 ? null : item };
}

function spotAt(grid: Grid, { line, column, item }: Stop): Spot {
  const { staffId = null, cells = [] } = linesOf(grid)[line] ?? {};
  const cell = cells[column];
  return { staffId, day: grid.days[column] ?? "", card: (cell && item !== null && cardsOf(cell)[item]) || null };
}

/** The spot, or where its card is now that was moved. */
function followed(grid: Grid, spot: Spot): Spot {
  const { card } = spot;
  if (card === null || stopOf(grid, spot).item !== null) return spot;
  for (const { staffId, cells } of linesOf(grid)) {
    const cell = cells.find((each) => cardsOf(each).includes(card));
    if (cell) return { staffId, day: cell.day, card };
  }
  return spot;
}

function elementAt(table: HTMLElement, { staffId, day, card }: Spot): HTMLElement | null {
  const cell = table.querySelector<HTMLElement>(`tr[data-staff="${staffId ?? "open"}"] td[data-day="${day}"]`);
  const [kind, id] = card?.split(/-(?=-?\d+$)/) ?? [];
  return (kind && cell?.querySelector<HTMLElement>(`[data-${kind}="${id}"]`)) || cell;
}

export function spotOf(element: Element): Spot | null {
  const cell = element.closest<HTMLElement>("td[data-day]");
  const staff = cell?.closest<HTMLElement>("tr[data-staff]")?.dataset.staff;
  if (!cell || staff === undefined) return null;
  const { schedule, timeoff } = element.closest<HTMLElement>("[data-schedule], [data-timeoff]")?.dataset ?? {};
  const card = schedule ? `schedule-${schedule}` : timeoff ? `timeoff-${timeoff}` : null;
  return { staffId: staff === "open" ? null : Number(staff), day: cell.dataset.day ?? "", card };
}

interface GridFocus {
  readonly spot: Spot;
  /** Moves the tab stop there, and the focus with it. */
  readonly go: (spot: Spot) => void;
  /** Walks, if the key says so; where to. */
  readonly step: (event: KeyboardEvent) => Spot | null;
  readonly onFocus: (event: FocusEvent) => void;
  readonly onBlur: (event: FocusEvent) => void;
}

/**
 * One tab stop for the whole grid (WAI-ARIA, "grid" pattern). It goes with a card that is moved, by whomever; when the card is gone, its
 * cell takes it.
 */
export function useGridFocus(grid: Grid, table: RefObject<HTMLElement | null>): GridFocus {
  const [chosen, setChosen] = useState<Spot>(() => spotAt(grid, { line: 0, column: 0, item: 0 }));
  const inside = useRef(false);
  const wanted = useRef(false);
  // Another week, or a card that is gone: the nearest that there is.
  const spot = spotAt(grid, stopOf(grid, followed(grid, chosen)));

  useLayoutEffect(() => {
    const element = table.current && elementAt(table.current, spot);
    if (!element) return;
    const lost = inside.current && document.activeElement === document.body;
    if (wanted.current || lost) element.focus({ preventScroll: !wanted.current });
    wanted.current = false;
  });

  useEffect(() => {
    const leave = () => {
      inside.current = false;
    };
    // A click on nothing takes the focus away without a word to the grid.
    document.addEventListener("pointerdown", leave, true);
    return () => document.removeEventListener("pointerdown", leave, true);
  }, []);

  const go = useCallback((to: Spot) => {
    wanted.current = true;
    setChosen({ ...to });
  }, []);
  const step = (event: KeyboardEvent) => {
    const way = stepOf(event, document.dir === "rtl");
    if (!way) return null;
    event.preventDefault();
    const to = spotAt(grid, walk(stopOf(grid, spot), way, extentOf(grid)));
    go(to);
    return to;
  };
  const onFocus = ({ target }: FocusEvent) => {
    const found = spotOf(target);
    inside.current = true;
    if (found && (found.staffId !== spot.staffId || found.day !== spot.day || found.card !== spot.card))
      setChosen(found);
  };
  const onBlur = ({ relatedTarget }: FocusEvent) => {
    if (relatedTarget instanceof Node && !table.current?.contains(relatedTarget)) inside.current = false;
  };
  return { spot, go, step, onFocus, onBlur };
}
