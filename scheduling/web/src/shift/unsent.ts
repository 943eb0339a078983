/** Changes of shifts that could not be sent at once: what became of them, once they were, is told in one list. */
import type { Outcome } from "@tidings/react/query";
import { createContext, useContext, useSyncExternalStore } from "react";
import type { Schedule } from "../api/types";
import type { RowChange } from "../live/changes";
import type { Rows } from "./history";

export type Unsaved = Exclude<Outcome<unknown, Schedule>, { readonly status: "saved" }>;

/** It could not be sent now: it is kept, and sent as soon as that is possible. */
export const HELD = { status: "held" } as const;

/** A change that was kept and is not saved after all, with all that was made knowing of it and went with it. */
export interface Lost {
  readonly number: number;
  /** From what the server has to what was meant in the end. */
  readonly rows: Rows;
  readonly outcome: Unsaved;
}

const idOf = ({ before, after }: RowChange<Schedule>) => (after ?? before)?.id;

/** Two changes as one; what was added and deleted again is nothing. */
function joined(earlier: Rows, later: Rows): Rows {
  const rows = [...earlier];
  for (const change of later) {
    const index = rows.findIndex((row) => idOf(row) === (change.before ?? change.after)?.id);
    const row = rows[index];
    if (row) rows[index] = { before: row.before, after: change.after };
    else rows.push(change);
  }
  return rows.filter(({ before, after }) => before ?? after);
}

export class Unsent {
  readonly #listeners = new Set<() => void>();
  #count = 0;
  lost: readonly Lost[] = [];

  readonly listen = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  add(rows: Rows, outcome: Unsaved): void {
    const cause = this.lost.find((each) => each.outcome.error === outcome.error);
    this.#count += 1;
    if (cause) this.#put({ ...cause, rows: joined(cause.rows, rows) });
    else this.#become([...this.lost, { number: this.#count, rows, outcome }]);
  }

  /** It was tried again, and this is why it is not saved now. */
  readonly again = (number: number, outcome: Unsaved): void => {
    const tried = this.lost.find((each) => each.number === number);
    if (tried) this.#put({ ...tried, outcome });
  };

  /** It is saved by now, or not wanted any more. */
  readonly drop = (number: number): void => this.#become(this.lost.filter((each) => each.number !== number));

  #put(lost: Lost): void {
    const changed = this.lost.map((each) => (each.number === lost.number ? lost : each));
    this.#become(changed.filter(({ rows }) => rows.length > 0));
  }

  #become(lost: readonly Lost[]): void {
    this.lost = lost;
    for (const listener of this.#listeners) listener();
  }
}

export const UnsentContext = createContext(new Unsent());

/** Those that were not saved, oldest first, until the reader has decided about each. */
export function useLost(): Pick<Unsent, "lost" | "again" | "drop"> {
  const unsent = useContext(UnsentContext);
  const { again, drop } = unsent;
  return { lost: useSyncExternalStore(unsent.listen, () => unsent.lost), again, drop };
}
