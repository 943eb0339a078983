/** What others did to one's own shifts, collected until it was read. */
import type { Schedule } from "../api/types";
import type { MeEvent } from "../live.gen";

type Deed = "published" | "changed" | "gone";

export interface OwnNews {
  readonly deed: Deed;
  /** Null where only its number is known, because it is nobody's business any more. */
  readonly shift: Schedule | null;
}

/** By the shifts' ids. */
export type Collected = ReadonlyMap<number, OwnNews>;

function newsOf({ type, payload }: MeEvent, me: number): [number, OwnNews] | null {
  if (!("schedule" in payload || "scheduleId" in payload)) return null;
  const shift = ("schedule" in payload && payload.schedule) || null;
  const id = shift?.id ?? ("scheduleId" in payload ? payload.scheduleId : 0);
  if (shift?.updated_by?.id === me) return null;
  if (!shift || shift.staff_id !== me) return [id, { deed: "gone", shift: null }];
  return [id, { deed: type === "schedule:updated" ? "changed" : "published", shift }];
}

/** `collected` and what this event says; the same when that is nothing new to `me`. */
export function collect(collected: Collected, event: MeEvent, me: number): Collected {
  const found = newsOf(event, me);
  if (!found) return collected;
  const [id, news] = found;
  const before = collected.get(id)?.deed;
  const next = new Map(collected);
  // What came and went while nobody looked is no news.
  if (news.deed === "gone" && before === "published") next.delete(id);
  else next.set(id, { ...news, deed: deedAfter(before, news.deed) });
  return next;
}

/** What a shift's last deed means to somebody who has not read of the one before it. */
function deedAfter(before: Deed | undefined, deed: Deed): Deed {
  if (before === "published" && deed === "changed") return "published";
  return before === "gone" && deed === "published" ? "changed" : deed;
}
