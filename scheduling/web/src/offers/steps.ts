import type { Offer } from "../live.gen";

/** Who reads the offers. */
export interface Reader {
  readonly id: number;
  readonly manager: boolean;
}

export type Step = "accept" | "approve" | "decline" | "withdraw";

export const OUTCOMES = {
  accept: "accepted",
  approve: "approved",
  decline: "declined",
  withdraw: "withdrawn",
} as const satisfies Record<Step, Offer["status"]>;

const isOpen = ({ status }: Offer) => status === "offered" || status === "accepted";

/** Offered to the reader by name. */
const isTo = (offer: Offer, { id }: Reader) => offer.to?.id === id;

/** Whether the server shows the offer to the reader. */
export function concerns(offer: Offer, reader: Reader): boolean {
  return (
    reader.manager || offer.to === null || [offer.staff, offer.to, offer.taken_by].some((p) => p?.id === reader.id)
  );
}

/** What the reader may do about an offer, as the server has it. */
export function stepsOf(offer: Offer, reader: Reader): Step[] {
  if (!isOpen(offer)) return [];
  const [own, offered] = [offer.staff.id === reader.id, offer.status === "offered"];
  const asked = offered && !own && (offer.to === null || isTo(offer, reader));
  const may: Record<Step, boolean> = {
    withdraw: own,
    decline: reader.manager || (asked && isTo(offer, reader)),
    accept: asked,
    approve: reader.manager && !offered,
  };
  return (Object.keys(may) as Step[]).filter((step) => may[step]);
}

/** Whether others wait for the reader's answer. */
export function waits(offer: Offer, reader: Reader): boolean {
  return (offer.status === "offered" && isTo(offer, reader)) || (offer.status === "accepted" && reader.manager);
}

/** Where an offer stands on the page, in its order; null: it is none of the reader's business any more. */
export type Section = "toApprove" | "forMe" | "toAll" | "unanswered" | "mine" | "over";

export function sectionOf(offer: Offer, reader: Reader): Section | null {
  const { status } = offer;
  if (status === "accepted" && reader.manager) return "toApprove";
  if (status === "offered" && isTo(offer, reader)) return "forMe";
  if (status === "offered" && offer.staff.id !== reader.id) return reader.manager ? "unanswered" : "toAll";
  const involved = [offer.staff, offer.to, offer.taken_by].some((person) => person?.id === reader.id);
  if (isOpen(offer)) return involved ? "mine" : null;
  return involved || reader.manager ? "over" : null;
}
