import type { Offer } from "../live.gen";
import type { Translate } from "../words/language";

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
