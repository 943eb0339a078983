import type { TimeOff } from "../api/types";
import type { Changes } from "../live/changes";
import { count, list } from "../time/words";
import { zoneOfSpan } from "../time/zone";
import { words } from "../words/language";
import { period } from "./words";

/** Who reads it, and what the sentence needs to know. */
export interface Audience {
  readonly me: number;
  readonly nameOf: (staffId: number) => string;
  readonly zones: readonly string[];
}

function when(request: TimeOff, { zones }: Audience): string {
  return period(request, zoneOfSpan(request, zones)).replace(" · ", ", ");
}

/** For managers: who requested time off. One sentence for all of them; empty for none. */
export function requested(changes: Changes<TimeOff>, audience: Audience): string {
  const requests = [...changes.values()].flatMap(({ before, after }) => (after && !before ? [after] : []));
  const [first, ...others] = requests;
  if (!first) return "";
  if (others.length === 0) return `${audience.nameOf(first.staff_id)} requested time off: ${when(first, audience)}.`;
  const names = [...new Set(requests.map((request) => audience.nameOf(request.staff_id)))];
  return `${count(requests.length, "request")} for time off came from ${list(words.t, names)}.`;
}

/** For the person: what somebody decided about their time off. */
export function decided(changes: Changes<TimeOff>, audience: Audience): string {
  const all = [...changes.values()].flatMap(({ after }) => (after?.decided_by ? [after] : []));
  const [first, ...others] = all;
  if (!first) return "";
  if (others.length > 0) return `${all.length} of your requests for time off were decided.`;
  return `${first.decided_by?.name} ${first.status} your time off: ${when(first, audience)}.`;
}
