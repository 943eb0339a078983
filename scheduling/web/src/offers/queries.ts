import { useThrottledCallback } from "@mantine/hooks";
import type { ChannelEvent } from "@tidings/client";
import { useChannel } from "@tidings/react";
import { type UseLiveMutation, useLiveMutation, useLiveQuery } from "@tidings/react/query";
import type { Api } from "../api/api";
import { conflictOf, retry } from "../api/problem";
import type { OfferFields, SeenOffer } from "../api/types";
import { Drafts, Me, type Offer, Offers, Schedules, Team, TimeOffRequests } from "../live.gen";
import { useSignedIn } from "../session/signed-in";
import { concerns, OUTCOMES, type Reader, type Step } from "./steps";

const OFFERS = ["offers"];

export function useReader(): Reader {
  const { me, manager } = useSignedIn();
  return { id: me.id, manager };
}

/**
 * The offers that are the reader's business. Each event shows at once; as it has no objections to the reader's next step, the list is
 * fetched again after it.
 */
export function useOffers() {
  const { api } = useSignedIn();
  const reader = useReader();
  return useLiveQuery({
    queryKey: OFFERS,
    queryFn: ({ signal }) => api.offers(signal),
    retry,
    channel: Offers(),
    row: ({ payload }): SeenOffer | undefined => (concerns(payload.offer, reader) ? payload.offer : undefined),
    sort: (a: SeenOffer, b: SeenOffer) => b.updated_at.localeCompare(a.updated_at) || b.id - a.id,
  });
}

/** Milliseconds between two fetches for what others change. */
const PACE = 500;

/**
 * Has the offers fetched again when shifts, time off or contracts change, as what stands against them may have: on the page that shows
 * it. Managers are told of drafts and of everybody's time off, others of their own.
 */
export function useFreshObjections(refetch: () => Promise<unknown>): void {
  const { me, manager } = useSignedIn();
  const again = useThrottledCallback(() => void refetch(), PACE);
  const hear = { onEvent: again, onReset: again };
  useChannel(Schedules(), hear);
  useChannel(Team(), hear);
  useChannel<ChannelEvent>(manager ? Drafts() : null, hear);
  useChannel<ChannelEvent>(manager ? TimeOffRequests() : Me({ user_id: String(me.id) }), hear);
}

const SEND: Record<Step, (api: Api, { offer, note }: Deed, requestId: string) => Promise<Offer>> = {
  accept: (api, { offer: { id, version } }, requestId) => api.acceptOffer(id, version, requestId),
  approve: (api, { offer: { id, version, objections }, note }, requestId) => {
    const accept = objections?.map(({ code }) => code);
    return api.approveOffer(id, { version, note, accept: [...new Set(accept)] }, requestId);
  },
  decline: (api, { offer: { id, version }, note }, requestId) => api.declineOffer(id, { version, note }, requestId),
  withdraw: (api, { offer: { id, version } }, requestId) => api.withdrawOffer(id, version, requestId),
};

/** A step of the reader. Who approves accepts the objections that they have seen. */
export interface Deed {
  readonly step: Step;
  readonly offer: SeenOffer;
  readonly note: string;
}

/** Takes a step: it shows at once, and is taken back if it was refused. */
export function useStep(): UseLiveMutation<Deed, SeenOffer, Offer> {
  const { api, me } = useSignedIn();
  const by = { id: me.id, name: me.name };
  return useLiveMutation({
    queryKey: OFFERS,
    mutationFn: (deed: Deed, { requestId }) => SEND[deed.step](api, deed, requestId),
    edit: ({ step, offer, note }) => {
      const taken_by = step === "accept" ? by : offer.taken_by;
      const stamp = { updated_by: by, updated_at: new Date().toISOString() };
      return { id: offer.id, row: () => ({ ...offer, status: OUTCOMES[step], taken_by, answer: note, ...stamp }) };
    },
    answered: (offer): SeenOffer[] => [offer],
    conflict: conflictOf<Offer>,
  });
}

/** Offers a shift. */
export function useMakeOffer(): UseLiveMutation<OfferFields, SeenOffer, Offer> {
  const { api } = useSignedIn();
  return useLiveMutation({
    queryKey: OFFERS,
    mutationFn: (fields: OfferFields, { requestId }) => api.makeOffer(fields, requestId),
    answered: (offer): SeenOffer[] => [offer],
  });
}
