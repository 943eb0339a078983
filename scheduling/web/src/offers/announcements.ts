import type { SeenOffer } from "../api/types";
import type { Changes, RowChange } from "../live/changes";
import { whenOf } from "../time/words";
import type { Translate } from "../words/language";
import type { Reader } from "./steps";

const isOf = ({ staff, to, taken_by }: SeenOffer, { id }: Reader) =>
  [staff, to, taken_by].some((who) => who?.id === id);

/** Whether a change is news to the reader: done by somebody else, and about an offer of theirs, to them, or that they decide on. */
export function isNews({ before, after }: RowChange<SeenOffer>, reader: Reader): boolean {
  if (!after || after.updated_by?.id === reader.id || before?.status === after.status) return false;
  return reader.manager || isOf(after, reader) || (after.to === null && after.status === "offered");
}

/** What became of offers, in one sentence; empty for none. */
export function offersInWords(t: Translate, changes: Changes<SeenOffer>): string {
  const [first, ...others] = [...changes.values()].flatMap(({ after }) => after ?? []);
  if (!first) return "";
  if (others.length > 0) return t("offers.news.many", { count: others.length + 1 });
  const name = first.updated_by?.name ?? t("offers.somebody");
  return t(`offers.news.${first.status}`, { name, when: whenOf(first.schedule) });
}
