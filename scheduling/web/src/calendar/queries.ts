import { type UseLiveMutation, useLiveMutation, useLiveQuery } from "@tidings/react/query";
import { useContext } from "react";
import { retry } from "../api/problem";
import type { CalendarAddress, Imported, Schedule } from "../api/types";
import { SCHEDULES } from "../live/queries";
import { type CalendarLink, Me, type MeEvent } from "../live.gen";
import { useSignedIn } from "../session/signed-in";
import { HistoryContext } from "../shift/history";

const LINKS = ["calendar-links"];

/** One's own links, the newest first; when a calendar program reads one, it shows at once. */
export function useCalendarLinks() {
  const { api, me } = useSignedIn();
  return useLiveQuery({
    queryKey: LINKS,
    queryFn: ({ signal }) => api.calendarLinks(signal),
    retry,
    channel: Me({ user_id: String(me.id) }),
    row: ({ payload }: MeEvent): CalendarLink | undefined => ("link" in payload ? payload.link : undefined),
    matches: (link: CalendarLink) => link.revoked_at === null,
    sort: (a: CalendarLink, b: CalendarLink) => b.id - a.id,
  });
}

/** Makes a link to one's own shifts (null), or to a location's. Its address is in the answer, and nowhere else. */
export function useMakeLink(): UseLiveMutation<string | null, CalendarLink, CalendarAddress> {
  const { api } = useSignedIn();
  return useLiveMutation({
    queryKey: LINKS,
    mutationFn: (location: string | null, { requestId }) => api.makeCalendarLink(location, requestId),
    answered: ({ link }) => [link],
  });
}

/** Revokes a link: it is gone at once, and back if that was refused. */
export function useRevokeLink(): UseLiveMutation<CalendarLink, CalendarLink, void> {
  const { api } = useSignedIn();
  return useLiveMutation({
    queryKey: LINKS,
    mutationFn: ({ id }: CalendarLink, { requestId }) => api.revokeCalendarLink(id, requestId),
    edit: ({ id }) => ({ id, row: () => null }),
    answered: () => [],
  });
}

interface Importing {
  readonly file: Blob;
  /** The soft rules that were overruled. */
  readonly accept: readonly string[];
}

/** Takes all lines of a spreadsheet over, or none: one change to undo. Nothing is shown before the server has agreed. */
export function useImport(): UseLiveMutation<Importing, Schedule, Imported> {
  const { api } = useSignedIn();
  const history = useContext(HistoryContext);
  return useLiveMutation({
    queryKey: SCHEDULES,
    mutationFn: ({ file, accept }: Importing, { requestId }) =>
      history.record("import", api.importShifts(file, false, accept, requestId), ({ created, changed }) => [
        ...created.map((after) => ({ before: null, after })),
        ...changed,
      ]),
    answered: ({ created, changed }) => [...created, ...changed.map(({ after }) => after)],
  });
}
