/** Changes of shifts that could not be sent at once: what became of them, once they were, is told in one list. */
import type { Outcome } from "@tidings/react/query";
import { createContext, useContext, useSyncExternalStore } from "react";
import type { Schedule } from "../api/types";
import type { Rows } from "./history";

export type Unsaved = Exclude<Outcome<unknown, Schedule>, { readonly status: "saved" }>;

/** It could not be sent now: it is kept, and sent as soon as that is possible. */
export const HELD = { status: "held" } as const;

/** A change that was kept and is not saved after all. */
export interface Lost {
  readonly number: number;
  readonly rows: Rows;
  readonly outcome: Unsaved;
  /** It was made knowing of an earlier one of the list, and went with it. */
  readonly follows: boolean;
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
    const follows = this.lost.some((each) => each.outcome.error === outcome.error);
    this.#count += 1;
    this.#become([...this.lost, { number: this.#count, rows, outcome, follows }]);
  }

  readonly dismiss = (): void => this.#become([]);

  #become(lost: readonly Lost[]): void {
    this.lost = lost;
    for (const listener of this.#listeners) listener();
  }
}

export const UnsentContext = createContext(new Unsent());

/** Those that were not saved, oldest first, until the reader has seen them. */
export function useLost(): { readonly lost: readonly Lost[]; readonly dismiss: () => void } {
  const unsent = useContext(UnsentContext);
  return { lost: useSyncExternalStore(unsent.listen, () => unsent.lost), dismiss: unsent.dismiss };
}
