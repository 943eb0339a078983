import type { Offer, Schedule } from "../live.gen";
import { dayShort, timeSpan } from "../time/words";
import { wallTime } from "../time/zone";
import type { Translate } from "../words/language";

/** "Mon 23 Nov, 07:00–15:00" */
export function whenOf(shift: Pick<Schedule, "starts_at" | "ends_at" | "timezone">): string {
  return `${dayShort(wallTime(shift.starts_at, shift.timezone).day)}, ${timeSpan(shift, shift.timezone)}`;
}

/** "offered to everybody", "a swap with you" */
export function kindOf(t: Translate, { to, wanted }: Offer, reader: { readonly id: number }): string {
  if (!to) return t("offers.toEverybody");
  if (to.id === reader.id) return wanted ? t("offers.swapWithYou") : t("offers.toYou");
  return wanted ? t("offers.swapWith", { name: to.name }) : t("offers.toName", { name: to.name });
}

/** What happened last, by whom, and for a lapsed offer why; empty while nothing has. */
export function historyOf(t: Translate, offer: Offer, ago: string): string {
  const { status, wanted, taken_by, updated_by } = offer;
  const name = updated_by?.name ?? t("offers.somebody");
  if (status === "offered") return "";
  if (status !== "approved") return t(`offers.history.${status}`, { name, ago });
  if (wanted) return t("offers.history.swapped", { name, ago });
  return t("offers.history.approved", { name, ago, taker: taken_by?.name ?? t("offers.somebody") });
}
