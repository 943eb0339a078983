/** A shift that is being dragged, whatever drags it: held by its middle it goes elsewhere, by an edge it gets other times. */
import { useSyncExternalStore } from "react";
import type { ConsideredShift, Schedule } from "../../api/types";
import { type Check, considered } from "../../rules/use-check";
import { delayed, placed, stretched } from "../../shift/placing";
import type { Day } from "../../time/week";
import { minutesBetween, wallTime } from "../../time/zone";

/** What it is held by. */
export type Grip = "move" | "start" | "end";

/** Whose line, and which day's column. */
export interface Target {
  readonly staffId: number | null;
  readonly day: Day;
}

/** CSS pixels from the viewport's corner. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Dragged {
  /** As it was when it was lifted. */
  readonly shift: Schedule;
  readonly grip: Grip;
  /** How many others go along. */
  readonly others: number;
  /** Null: over nothing that takes a shift. */
  readonly target: Target | null;
  /** So much later: the edge, or all of it on a line of hours. */
  readonly minutes: number;
  /** A copy goes there, and the shift stays. */
  readonly copying: boolean;
  /** Whoever drags it knows that a soft rule objects there. */
  readonly warned: boolean;
  /** Where the pointer is; null: keys drag it. */
  readonly at: Point | null;
}

export function targetOf({ staff_id, starts_at, timezone }: Schedule): Target {
  return { staffId: staff_id, day: wallTime(starts_at, timezone).day };
}

/** The shift where it would be put; null over nothing, or where its time does not exist on that day. */
export function draggedTo({ shift, grip, target, minutes }: Dragged): Schedule | null {
  if (grip !== "move") return stretched(shift, grip, minutes);
  const there = target && placed(shift, target);
  return there && (minutes === 0 ? there : delayed(there, minutes));
}

/** Whether it would be where it is now: nothing would be done. */
export function isHome(dragged: Dragged): boolean {
  const [{ shift }, there] = [dragged, draggedTo(dragged)];
  const same = (from: string, to: string) => minutesBetween(from, to) === 0;
  return (
    there !== null &&
    there.staff_id === shift.staff_id &&
    same(there.starts_at, shift.starts_at) &&
    same(there.ends_at, shift.ends_at)
  );
}

/** Whether both would be put to the same place. */
function isSame(left: Dragged, right: Dragged): boolean {
  return JSON.stringify({ ...left, at: null, warned: null }) === JSON.stringify({ ...right, at: null, warned: null });
}

/** What the rules are asked about while it is dragged; null where there is nothing to ask. */
export function toConsider(dragged: Dragged): ConsideredShift | null {
  const there = draggedTo(dragged);
  if (!there || isHome(dragged)) return null;
  return considered(there, dragged.copying ? undefined : there.id);
}

/** Holds what is dragged, if anything is, and tells what listens of each change. */
export class Drag {
  readonly #listeners = new Set<() => void>();
  #dragged: Dragged | null = null;
  #check: Check | null = null;

  readonly listen = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
  readonly snapshot = (): Dragged | null => this.#dragged;

  /** What the rules say of it where it is now; null while that is not known. */
  get check(): Check | null {
    return this.#check?.pending ? null : this.#check;
  }

  lift(shift: Schedule, grip: Grip, at: Point | null, others = 0): void {
    this.#set({ shift, grip, others, target: targetOf(shift), minutes: 0, copying: false, warned: false, at });
  }

  /** It is there now, or so much longer. */
  aim(to: Partial<Pick<Dragged, "target" | "minutes" | "copying">>, at: Point | null = null): void {
    if (this.#dragged) this.#set({ ...this.#dragged, ...to, warned: false, at });
  }

  /** Whoever drags it was told that a rule objects. */
  warn(): void {
    if (this.#dragged) this.#set({ ...this.#dragged, warned: true });
  }

  judge(check: Check): void {
    this.#check = check;
  }

  /** Ends it; gives what was dragged, and null when nothing was. */
  release(): Dragged | null {
    const dragged = this.#dragged;
    if (dragged) this.#set(null);
    return dragged;
  }

  #set(dragged: Dragged | null): void {
    if (!dragged || !this.#dragged || !isSame(dragged, this.#dragged)) this.#check = null;
    this.#dragged = dragged;
    for (const listener of this.#listeners) listener();
  }
}

/** What is dragged and how it changes, drawn anew with each change. */
export function useDragged(drag: Drag): Dragged | null {
  return useSyncExternalStore(drag.listen, drag.snapshot);
}
