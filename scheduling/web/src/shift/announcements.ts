import type { Schedule } from "../api/types";
import type { Changes, RowChange } from "../live/changes";
import { list, whenOf } from "../time/words";
import type { Translate } from "../words/language";

/** What a sentence needs to know of the reader and the team. */
export interface Audience {
  readonly t: Translate;
  readonly me: number;
  readonly nameOf: (staffId: number) => string;
}

type Verb = "added" | "removed" | "published" | "withdrew" | "changed";

function verbOf({ before, after }: RowChange<Schedule>): Verb {
  if (!after) return "removed";
  if (!before) return "added";
  if (before.status === after.status) return "changed";
  return after.status === "published" ? "published" : "withdrew";
}

/** "Anna’s shift", "your shift", "an open shift". */
export function whose(shift: Schedule, { t, me, nameOf }: Audience): string {
  if (shift.staff_id === null) return t("shift.news.open");
  return shift.staff_id === me ? t("shift.news.yours") : t("shift.news.of", { name: nameOf(shift.staff_id) });
}

function capital(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

function one(change: RowChange<Schedule>, audience: Audience): string {
  const shift = change.after ?? change.before;
  if (!shift) return "";
  const told = { what: whose(shift, audience), when: whenOf(shift) };
  const who = change.after?.updated_by?.name;
  const verb = verbOf(change);
  return who
    ? audience.t(`shift.news.who.${verb}`, { ...told, who })
    : capital(audience.t(`shift.news.passive.${verb}`, told));
}

function many(changes: readonly RowChange<Schedule>[], t: Translate): string {
  const verbs = new Map<Verb, number>();
  for (const verb of changes.map(verbOf)) verbs.set(verb, (verbs.get(verb) ?? 0) + 1);
  const names = new Set(changes.flatMap(({ after }) => after?.updated_by?.name ?? []));
  const [only] = verbs.keys();
  const [who] = names;
  const shifts = t("week.shifts", { count: changes.length });
  if (verbs.size === 1 && only) {
    return names.size === 1 && who
      ? t(`shift.news.whoMany.${only}`, { who, shifts })
      : t(`shift.news.passiveMany.${only}`, { shifts });
  }
  const parts = [...verbs].map(([verb, number]) => t(`shift.news.part.${verb}`, { number }));
  return t("shift.news.mixed", { shifts, parts: list(t, parts, parts.length) });
}

/** One sentence for all that happened since the last one; empty when nothing did. */
export function sentence(changes: Changes<Schedule>, audience: Audience): string {
  const all = [...changes.values()];
  const [first] = all;
  if (!first) return "";
  return all.length === 1 ? one(first, audience) : many(all, audience.t);
}
