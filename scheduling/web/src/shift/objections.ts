import type { Problem, Reason } from "../api/problem";
import type { Schedule } from "../api/types";

/** What the rules say against shifts that were sent together, by the shifts' ids. */
export type Objections = ReadonlyMap<number, readonly Reason[]>;

/** Which of the shifts a refusal is about: `create.1.role` and `schedules.1.role` speak of the second. */
export function objectionsTo(shifts: readonly Schedule[], { reasons }: Problem): Objections {
  const found = new Map<number, Reason[]>();
  for (const reason of reasons) {
    const id = shifts[Number(/^\w+\.(\d+)\./.exec(reason.field)?.[1] ?? Number.NaN)]?.id;
    if (id !== undefined) found.set(id, [...(found.get(id) ?? []), reason]);
  }
  return found;
}
