import type { Schedule } from "../api/types";
import { count, dayShort, list, timeSpan } from "../time/words";
import { wallTime } from "../time/zone";

/** One shift before and after; null where it did not or does not exist. */
export interface ShiftChange {
  readonly before: Schedule | null;
  readonly after: Schedule | null;
}

/** What a sentence needs to know of the reader and the team. */
export interface Audience {
  readonly me: number;
  readonly nameOf: (staffId: number) => string;
}

export type ShiftChanges = ReadonlyMap<number, ShiftChange>;

/** What differs between two sets of shifts, by id and version. */
export function differences(before: ReadonlyMap<number, Schedule>, after: ReadonlyMap<number, Schedule>): ShiftChanges {
  const changes = new Map<number, ShiftChange>();
  for (const [id, row] of after) {
    const held = before.get(id);
    if (held?.version !== row.version || held.status !== row.status) {
      changes.set(id, { before: held ?? null, after: row });
    }
  }
  for (const [id, row] of before) if (!after.has(id)) changes.set(id, { before: row, after: null });
  return changes;
}

/** Adds newer changes to those that wait to be told; what went and came back unchanged is dropped. */
export function merge(waiting: ShiftChanges, newer: ShiftChanges): ShiftChanges {
  const merged = new Map(waiting);
  for (const [id, { before, after }] of newer) {
    const first = merged.get(id);
    const change = { before: first ? first.before : before, after };
    if (change.before?.version === change.after?.version) merged.delete(id);
    else merged.set(id, change);
  }
  return merged;
}

/** Only what somebody else did. `mine` holds the ids that this page has just deleted. */
export function byOthers(changes: ShiftChanges, me: number, mine: ReadonlySet<number>): ShiftChanges {
  const others = [...changes].filter(([id, { after }]) => (after ? after.updated_by?.id !== me : !mine.has(id)));
  return new Map(others);
}

type Verb = "added" | "removed" | "published" | "withdrew" | "changed";

const PASSIVE: Record<Verb, string> = {
  added: "added",
  removed: "removed",
  published: "published",
  withdrew: "withdrawn",
  changed: "changed",
};

function verbOf({ before, after }: ShiftChange): Verb {
  if (!after) return "removed";
  if (!before) return "added";
  if (before.status === after.status) return "changed";
  return after.status === "published" ? "published" : "withdrew";
}

function whose(shift: Schedule, { me, nameOf }: Audience): string {
  if (shift.staff_id === null) return "an open shift";
  return shift.staff_id === me ? "your shift" : `${nameOf(shift.staff_id)}’s shift`;
}

function when(shift: Schedule): string {
  return `${dayShort(wallTime(shift.starts_at, shift.timezone).day)}, ${timeSpan(shift, shift.timezone)}`;
}

function capital(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

function one(change: ShiftChange, audience: Audience): string {
  const shift = change.after ?? change.before;
  if (!shift) return "";
  const [verb, what] = [verbOf(change), `${whose(shift, audience)} on ${when(shift)}`];
  const who = change.after?.updated_by?.name;
  return who ? `${who} ${verb} ${what}.` : `${capital(what)} was ${PASSIVE[verb]}.`;
}

function many(changes: readonly ShiftChange[]): string {
  const verbs = new Map<Verb, number>();
  for (const verb of changes.map(verbOf)) verbs.set(verb, (verbs.get(verb) ?? 0) + 1);
  const names = new Set(changes.flatMap(({ after }) => after?.updated_by?.name ?? []));
  const [only] = verbs.keys();
  if (verbs.size === 1 && only) {
    const what = count(changes.length, "shift");
    return names.size === 1 ? `${[...names][0]} ${only} ${what}.` : `${what} were ${PASSIVE[only]}.`;
  }
  const parts = [...verbs].map(([verb, number]) => `${number} ${PASSIVE[verb]}`);
  return `${count(changes.length, "shift")} changed: ${list(parts, parts.length)}.`;
}

/** One sentence for all that happened since the last one; empty when nothing did. */
export function sentence(changes: ShiftChanges, audience: Audience): string {
  const all = [...changes.values()];
  const [first] = all;
  if (!first) return "";
  return all.length === 1 ? one(first, audience) : many(all);
}
