/** What others changed in a shift while it stood open in the form, put together field by field with what was entered. */
import type { Schedule } from "../api/types";
import { differing, type ShiftValues, valuesOf } from "./shift-fields";

/** A field that both changed: the reader chooses. */
export interface Question {
  readonly field: keyof ShiftValues;
  readonly theirs: string;
  /** Who changed it; null when that is not known. */
  readonly by: string | null;
}

interface Merged {
  /** What is taken over silently: others changed it, the reader did not. */
  readonly taken: Partial<ShiftValues>;
  readonly questions: readonly Question[];
}

/**
 * Compares a shift as the form started from it (`was`), as it is now (`theirs`) and as it was entered (`mine`). `open` are
 * the questions that were not answered yet; one of them goes when both agree at last.
 */
export function merge(was: Schedule, theirs: Schedule, mine: ShiftValues, open: readonly Question[] = []): Merged {
  const [before, now] = [valuesOf(was), valuesOf(theirs)];
  const by = theirs.updated_by?.name ?? null;
  const changed = differing(before, now);
  const free = changed.filter((field) => mine[field] === before[field] && !open.some((each) => each.field === field));
  const asked = changed.filter((field) => !free.includes(field)).map((field) => ({ field, theirs: now[field], by }));
  const still = open.filter(({ field }) => !changed.includes(field));
  return {
    taken: Object.fromEntries(free.map((field) => [field, now[field]])),
    questions: [...still, ...asked].filter(({ field, theirs: value }) => mine[field] !== value),
  };
}
