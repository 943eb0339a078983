import type { Schedule } from "../api/types";
import type { Changes, RowChange } from "../live/changes";
import { count, dayShort, list, timeSpan } from "../time/words";
import { wallTime } from "../time/zone";
import { words } from "../words/language";

/** What a sentence needs to know of the reader and the team. */
export interface Audience {
  readonly me: number;
  readonly nameOf: (staffId: number) => string;
}

type Verb = "added" | "removed" | "published" | "withdrew" | "changed";

const PASSIVE: Record<Verb, string> = {
  added: "added",
  removed: "removed",
  published: "published",
  withdrew: "withdrawn",
  changed: "changed",
};

function verbOf({ before, after }: RowChange<Schedule>): Verb {
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

function one(change: RowChange<Schedule>, audience: Audience): string {
  const shift = change.after ?? change.before;
  if (!shift) return "";
  const [verb, what] = [verbOf(change), `${whose(shift, audience)} on ${when(shift)}`];
  const who = change.after?.updated_by?.name;
  return who ? `${who} ${verb} ${what}.` : `${capital(what)} was ${PASSIVE[verb]}.`;
}

function many(changes: readonly RowChange<Schedule>[]): string {
  const verbs = new Map<Verb, number>();
  for (const verb of changes.map(verbOf)) verbs.set(verb, (verbs.get(verb) ?? 0) + 1);
  const names = new Set(changes.flatMap(({ after }) => after?.updated_by?.name ?? []));
  const [only] = verbs.keys();
  if (verbs.size === 1 && only) {
    const what = count(changes.length, "shift");
    return names.size === 1 ? `${[...names][0]} ${only} ${what}.` : `${what} were ${PASSIVE[only]}.`;
  }
  const parts = [...verbs].map(([verb, number]) => `${number} ${PASSIVE[verb]}`);
  return `${count(changes.length, "shift")} changed: ${list(words.t, parts, parts.length)}.`;
}

/** One sentence for all that happened since the last one; empty when nothing did. */
export function sentence(changes: Changes<Schedule>, audience: Audience): string {
  const all = [...changes.values()];
  const [first] = all;
  if (!first) return "";
  return all.length === 1 ? one(first, audience) : many(all);
}
