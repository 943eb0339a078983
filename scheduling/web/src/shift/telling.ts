/** Whom the publishing of drafts tells what. */
import type { Announced, Schedule } from "../api/types";
import { minutesBetween } from "../time/zone";

/**
 * What one shift means to one of its readers. `again`: it was withdrawn, and comes back as they knew it; `gone`: they knew
 * it, and it comes back as somebody else's.
 */
export interface Telling {
  readonly kind: "new" | "changed" | "again" | "gone";
  readonly shift: Schedule;
  /** As they saw it last, if they ever did. */
  readonly was: Announced | null;
}

/** All that one person is told; null: everyone who may take an open shift. */
export interface Told {
  readonly staffId: number | null;
  readonly tellings: readonly Telling[];
}

function isAsBefore(shift: Schedule, was: Announced): boolean {
  return (
    minutesBetween(shift.starts_at, was.starts_at) === 0 &&
    minutesBetween(shift.ends_at, was.ends_at) === 0 &&
    shift.role === was.role &&
    shift.location === was.location
  );
}

function tellingsOf(shift: Schedule): [number | null, Telling][] {
  const was = shift.announced ?? null;
  if (!was) return [[shift.staff_id, { kind: "new", shift, was }]];
  if (was.staff_id === shift.staff_id) {
    return [[shift.staff_id, { kind: isAsBefore(shift, was) ? "again" : "changed", shift, was }]];
  }
  return [
    [shift.staff_id, { kind: "new", shift, was: null }],
    [was.staff_id, { kind: "gone", shift, was }],
  ];
}

/** Who is told what when these drafts are published: by name, and last of all those who may take the open ones. */
export function toldBy(drafts: readonly Schedule[], nameOf: (staffId: number) => string): Told[] {
  const told = new Map<number | null, Telling[]>();
  for (const [staffId, telling] of drafts.flatMap(tellingsOf)) {
    told.set(staffId, [...(told.get(staffId) ?? []), telling]);
  }
  const order = (staffId: number | null) => (staffId === null ? null : nameOf(staffId));
  return [...told]
    .map(([staffId, tellings]) => ({ staffId, tellings }))
    .sort((left, right) => {
      const [a, b] = [order(left.staffId), order(right.staffId)];
      return a === null || b === null ? Number(a === null) - Number(b === null) : a.localeCompare(b);
    });
}
