/** Many shifts that are to be drafted together, and what becomes of those that the rules object to. */
import type { Person, Schedule } from "../api/types";
import { verdictOf } from "../rules/use-check";
import type { Objections } from "../shift/objections";
import { copyOf, shifted } from "../shift/placing";
import { minutesBetween } from "../time/zone";

/** A copy of each shift so many days later, by the clocks of its place; `impossible` are those whose time those clocks skip. */
export function copiesOf(
  shifts: readonly Schedule[],
  days: number,
  me: Person,
): { readonly drafts: readonly Schedule[]; readonly impossible: readonly Schedule[] } {
  const moved = shifts.map((shift) => ({ shift, later: shifted(shift, days) }));
  return {
    drafts: moved.flatMap(({ later }) => (later ? [copyOf(later, me)] : [])),
    impossible: moved.flatMap(({ shift, later }) => (later ? [] : [shift])),
  };
}

function same(left: Schedule, right: Schedule): boolean {
  return (
    left.staff_id === right.staff_id &&
    left.role === right.role &&
    left.location === right.location &&
    minutesBetween(left.starts_at, right.starts_at) === 0 &&
    minutesBetween(left.ends_at, right.ends_at) === 0
  );
}

/** Those of `drafts` that do not stand `there` yet: copying twice plans nothing twice. */
export function missing(drafts: readonly Schedule[], there: readonly Schedule[]): Schedule[] {
  const left = [...there];
  return drafts.filter((draft) => {
    const index = left.findIndex((each) => same(each, draft));
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
}

/** What is done with drafts that do not fit. */
export interface Remedy {
  /** Those that only soft rules object to are drafted anyway. */
  readonly overrule: boolean;
  /** The others are left out, or drafted for nobody. */
  readonly others: "leave" | "open";
}

/** The drafts that stay, and the soft rules to name for it. */
export function remedied(
  drafts: readonly Schedule[],
  objections: Objections,
  { overrule, others }: Remedy,
): { readonly drafts: readonly Schedule[]; readonly accept: readonly string[] } {
  const accept = new Set<string>();
  const left = drafts.flatMap((draft) => {
    const reasons = objections.get(draft.id) ?? [];
    if (reasons.length === 0) return [draft];
    if (overrule && verdictOf(reasons) === "soft") {
      for (const { code } of reasons) accept.add(code);
      return [draft];
    }
    return others === "open" && draft.staff_id !== null ? [{ ...draft, staff_id: null }] : [];
  });
  return { drafts: left, accept: [...accept] };
}
