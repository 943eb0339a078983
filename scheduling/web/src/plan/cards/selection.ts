/** Which shifts are selected, to be changed together. */
import { createContext, useCallback, useContext, useSyncExternalStore } from "react";
import type { Schedule } from "../../api/types";
import type { Grid } from "../../grid/grid";
import { cardsOf, linesOf, type Spot } from "../use-grid-focus";

const idOf = (card: string) => (card.startsWith("schedule-") ? [Number(card.slice("schedule-".length))] : []);

/** Numbers from one to another, whichever is the smaller. */
const span = (a: number, b: number) => [Math.min(a, b), Math.max(a, b) + 1] as const;

/** The shifts of the rectangle between two places of the grid; in one cell those from card to card. */
export function between(grid: Grid, from: Spot, to: Spot): number[] {
  const lines = linesOf(grid);
  const line = ({ staffId }: Spot) => lines.findIndex((each) => each.staffId === staffId);
  const [a, b] = [line(from), line(to)];
  const [left, right] = [grid.days.indexOf(from.day), grid.days.indexOf(to.day)];
  if (a < 0 || b < 0 || left < 0 || right < 0) return [];
  if (a === b && left === right && from.card && to.card) {
    const cell = lines[a]?.cells[left];
    const cards = cell ? cardsOf(cell) : [];
    return cards.slice(...span(cards.indexOf(from.card), cards.indexOf(to.card))).flatMap(idOf);
  }
  const cells = lines.slice(...span(a, b)).flatMap(({ cells }) => cells.slice(...span(left, right)));
  return cells.flatMap((cell) => cell.shifts.map(({ schedule }) => schedule.id));
}

const NONE: ReadonlySet<number> = new Set();

export class Selection {
  readonly #listeners = new Set<() => void>();
  #ids = NONE;
  /** Where a range begins. */
  #anchor: Spot | null = null;

  readonly listen = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
  readonly ids = (): ReadonlySet<number> => this.#ids;

  /** Selects one more, or no longer; ranges begin there from now on. */
  toggle(id: number, at: Spot): void {
    const ids = new Set(this.#ids);
    if (!ids.delete(id)) ids.add(id);
    this.#anchor = at;
    this.#set(ids);
  }

  /** Selects all from where the range began, which is `from` when none did, to there. */
  extend(grid: Grid, from: Spot, to: Spot): void {
    this.#anchor ??= from;
    this.#set(new Set(between(grid, this.#anchor, to)));
  }

  /** The next range begins elsewhere. */
  endRange(): void {
    this.#anchor = null;
  }

  /** Whether there was anything to clear. */
  clear(): boolean {
    const any = this.#ids.size > 0;
    this.#anchor = null;
    if (any) this.#set(NONE);
    return any;
  }

  /** Those of them that are there, in the grid's order of time. */
  shifts(grid: Grid): readonly Schedule[] {
    return grid.shifts.map(({ schedule }) => schedule).filter(({ id }) => this.#ids.has(id));
  }

  #set(ids: ReadonlySet<number>): void {
    this.#ids = ids;
    for (const listener of this.#listeners) listener();
  }
}

export const SelectionContext = createContext(new Selection());

/** Whether this shift is selected. Only the cards that are or were are drawn anew. */
export function useSelected(id: number): boolean {
  const selection = useContext(SelectionContext);
  return useSyncExternalStore(
    selection.listen,
    useCallback(() => selection.ids().has(id), [selection, id]),
  );
}
