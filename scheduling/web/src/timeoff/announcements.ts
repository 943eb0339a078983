import type { TimeOff, TimeOffStatus } from "../api/types";
import type { Changes } from "../live/changes";
import { list } from "../time/words";
import { zoneOfSpan } from "../time/zone";
import type { Translate } from "../words/language";
import { period } from "./words";

/** Who reads it, and what the sentence needs to know. */
export interface Audience {
  readonly t: Translate;
  readonly me: number;
  readonly nameOf: (staffId: number) => string;
  readonly zones: readonly string[];
}

function when(request: TimeOff, { t, zones }: Audience): string {
  return period(t, request, zoneOfSpan(request, zones)).replace(" · ", ", ");
}

/** For managers: who requested time off. One sentence for all of them; empty for none. */
export function requested(changes: Changes<TimeOff>, audience: Audience): string {
  const { t, nameOf } = audience;
  const requests = [...changes.values()].flatMap(({ before, after }) => (after && !before ? [after] : []));
  const [first, ...others] = requests;
  if (!first) return "";
  if (others.length === 0) {
    return t("timeoff.requested", { name: nameOf(first.staff_id), when: when(first, audience) });
  }
  const names = [...new Set(requests.map((request) => nameOf(request.staff_id)))];
  return t("timeoff.requestedMany", { count: requests.length, names: list(t, names) });
}

type Decided = (t: Translate, told: { name: string | undefined; when: string }) => string;

const DECIDED: Record<TimeOffStatus, Decided> = {
  pending: () => "",
  approved: (t, told) => t("timeoff.approvedYours", told),
  denied: (t, told) => t("timeoff.deniedYours", told),
  cancelled: (t, told) => t("timeoff.cancelledYours", told),
};

/** For the person: what somebody decided about their time off. */
export function decided(changes: Changes<TimeOff>, audience: Audience): string {
  const all = [...changes.values()].flatMap(({ after }) => (after?.decided_by ? [after] : []));
  const [first, ...others] = all;
  if (!first) return "";
  if (others.length > 0) return audience.t("timeoff.decidedMany", { count: all.length });
  return DECIDED[first.status](audience.t, { name: first.decided_by?.name, when: when(first, audience) });
}
