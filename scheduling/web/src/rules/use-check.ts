import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useInvalidate } from "@tidings/react/query";
import type { Api } from "../api/api";
import { type Reason, retry } from "../api/problem";
import type { ConsideredShift, Suggestion } from "../api/types";
import { useOutage } from "../live/outage";
import { Drafts, Schedules, Team, TimeOffRequests } from "../live.gen";
import { useSignedIn } from "../session/signed-in";

/** Milliseconds without a further change, after which the server is asked. */
const QUIET = 150;
/** Milliseconds for which an answer is good where no event says otherwise. */
const GOOD = 30_000;

const CHECK = ["check"];
const SUGGESTIONS = ["suggestions"];
const ASKED = [CHECK, SUGGESTIONS];

/** What the rules say of a shift before it is saved. */
export interface Check {
  /** None while nothing is known. */
  readonly reasons: readonly Reason[];
  /** `soft`: it may be saved by naming `codes`. `hard`: it may not be saved. */
  readonly verdict: "unknown" | "fine" | "soft" | "hard";
  readonly codes: readonly string[];
  /** The reasons are of the shift as it was a moment ago. */
  readonly pending: boolean;
  /** Nobody can be asked: the connection is lost. */
  readonly away: boolean;
}

/** A shift as the rules are asked about it; `id` is of the one that it would change, if any. */
export function considered(shift: Omit<ConsideredShift, "id">, id?: number): ConsideredShift {
  const { staff_id, starts_at, ends_at, role, location } = shift;
  return { staff_id, starts_at, ends_at, role, location, ...(id === undefined ? {} : { id }) };
}

/** Asks again what was asked before, when others change what the rules look at. */
function useFreshAnswers(): void {
  useInvalidate(Schedules(), () => ASKED, { all: ASKED });
  useInvalidate(Drafts(), () => ASKED, { all: ASKED });
  useInvalidate(TimeOffRequests(), () => ASKED, { all: ASKED });
  useInvalidate(Team(), () => ASKED, { all: ASKED });
}

function useAnswer<T>(
  key: readonly string[],
  shift: ConsideredShift | null,
  ask: (api: Api, shift: ConsideredShift, signal: AbortSignal) => Promise<T>,
) {
  const { api } = useSignedIn();
  const wanted = shift && JSON.stringify(shift);
  const [asked] = useDebouncedValue(wanted, QUIET);
  useFreshAnswers();
  const { gone } = useOutage();
  const { data, isFetching, isPlaceholderData } = useQuery({
    queryKey: [...key, asked],
    queryFn: ({ signal }) => ask(api, JSON.parse(asked ?? "") as ConsideredShift, signal),
    enabled: asked !== null,
    placeholderData: keepPreviousData,
    staleTime: GOOD,
    retry,
  });
  // What was said of another shift stands in for this one's answer only while that is on its way.
  const other = asked === null || (gone && (isPlaceholderData || asked !== wanted));
  return { data: other ? undefined : data, pending: isFetching || asked !== wanted };
}

export function verdictOf(reasons: readonly Reason[]): "fine" | "soft" | "hard" {
  if (reasons.length === 0) return "fine";
  return reasons.every(({ severity }) => severity === "soft") ? "soft" : "hard";
}

/** The server's answer for a shift as it is being entered or dragged; null: there is none yet. For managers. */
export function useCheck(shift: ConsideredShift | null): Check {
  const { data, pending } = useAnswer(CHECK, shift, (api, wanted, signal) => api.check(wanted, signal));
  const { gone, since } = useOutage();
  const reasons = data?.violations ?? [];
  const codes = [...new Set(reasons.map(({ code }) => code))];
  return {
    reasons,
    codes,
    pending,
    verdict: data ? verdictOf(reasons) : "unknown",
    away: gone && since !== null && !data,
  };
}

/** Who could take this shift, the best first; undefined until it is known. For managers. */
export function useSuggestions(shift: ConsideredShift | null): readonly Suggestion[] | undefined {
  return useAnswer(SUGGESTIONS, shift, (api, wanted, signal) => api.suggestions(wanted, signal)).data?.suggestions;
}
