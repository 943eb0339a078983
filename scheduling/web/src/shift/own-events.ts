import type { Schedule } from "../api/types";
import { scheduleIn } from "../live/queries";
import type { SchedulesEvent } from "../live.gen";
import type { Rows } from "./history";

/** Changes whose events are kept: as many as may be under way at once. */
const LIMIT = 100;

/** What this page's own changes did, as their events tell it: an answer that was lost says nothing. */
export class OwnEvents {
  readonly #heard = new Map<string, Map<number, Schedule | null>>();

  /** Keeps from now on what the events of this change say. */
  follow(requestId: string): void {
    if (this.#heard.has(requestId)) return;
    this.#heard.set(requestId, new Map());
    const [oldest = ""] = this.#heard.keys();
    if (this.#heard.size > LIMIT) this.#heard.delete(oldest);
  }

  /** The ids of a change's events begin with its own and a dot. One that leaves a channel may enter another. */
  readonly hear = (event: SchedulesEvent): void => {
    const heard = this.#heard.get(event.id.split(".")[0] ?? "");
    const shift = scheduleIn(event);
    const id = shift?.id ?? ("scheduleId" in event.payload ? event.payload.scheduleId : 0);
    if (heard && (shift || !heard.has(id))) heard.set(id, shift);
  };

  /** What a change did of what it was meant to do; rows of which nothing was heard are as they were. */
  rowsOf(requestId: string, meant: Rows): Rows {
    const heard = this.#heard.get(requestId) ?? new Map<number, Schedule | null>();
    const known = new Set(meant.map(({ before }) => before?.id));
    const made = [...heard].flatMap(([id, shift]) => (shift && !known.has(id) ? [shift] : []));
    return meant.map(({ before, after }) => {
      const fresh = before === null || before.id < 0;
      if (!fresh && !heard.has(before.id)) return { before, after: before };
      const now = (fresh ? made.shift() : heard.get(before.id)) ?? null;
      return { before, after: after && now };
    });
  }
}
