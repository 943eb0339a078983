/** What the pages show of the server: lists that REST gives and channels keep current. */

import { useQuery } from "@tanstack/react-query";
import { type Live, type UseLiveQuery, useLiveQuery } from "@tidings/react/query";
import { useMemo } from "react";
import { retry } from "../api/problem";
import type { LocationNeeds, Schedule, Staff, TimeOff, TimeOffStatus } from "../api/types";
import {
  Drafts,
  Me,
  type MeEvent,
  Needs,
  Schedules,
  type SchedulesEvent,
  Team,
  TimeOffRequests,
  type TimeOffRequestsEvent,
} from "../live.gen";
import { useSignedIn } from "../session/signed-in";
import { overlaps } from "../time/zone";

/** Instants: rows that overlap [from, to). */
export interface Between {
  readonly from: string;
  readonly to: string;
}

export interface TimeOffFilter extends Partial<Between> {
  readonly status?: TimeOffStatus;
}

/** Rows by id, undefined until they are there, and how current they are. */
export interface RowsById<R> {
  readonly data: ReadonlyMap<number, R> | undefined;
  readonly live: Live;
  readonly refetch: () => Promise<unknown>;
}

/** The beginning of the keys of all lists of shifts. */
export const SCHEDULES = ["schedules"];
/** The beginning of the keys of all lists of time off. */
export const TIME_OFF = ["timeoff"];
export const STAFF = ["staff"];
export const NEEDS = ["needs"];

const NONE: ReadonlyMap<number, Schedule> = new Map();

function useRows<R extends { readonly id: number }>({ data, live, refetch }: UseLiveQuery<readonly R[]>): RowsById<R> {
  const rows = useMemo(() => data && new Map(data.map((row) => [row.id, row])), [data]);
  return { data: rows, live, refetch };
}

/** An event about a shift carries the shift, or nothing but its id when it has left the channel. */
export function scheduleIn({ payload }: SchedulesEvent): Schedule | null {
  return ("schedule" in payload && payload.schedule) || null;
}

/** One's own channel also tells of one's own shifts; those are heard on `schedules`. */
export function timeOffOf({ payload }: TimeOffRequestsEvent | MeEvent): TimeOff | undefined {
  return "timeoff" in payload ? payload.timeoff : undefined;
}

/** Whether a request is one of those that the filter asks for, as the server has it. */
export function isAskedFor(request: TimeOff, { from, to, status }: TimeOffFilter): boolean {
  return (status === undefined || request.status === status) && (!from || !to || overlaps(request, from, to));
}

/** Published shifts come on `schedules`, drafts on `schedules:drafts`; one that is published leaves these and enters those. */
export function useSchedules(between: Between, status: Schedule["status"], enabled = true): RowsById<Schedule> {
  const { api } = useSignedIn();
  return useRows(
    useLiveQuery({
      queryKey: [...SCHEDULES, status, between],
      queryFn: ({ signal }) => api.schedules({ ...between, status }, signal),
      retry,
      channel: status === "draft" ? Drafts() : Schedules(),
      row: scheduleIn,
      matches: (row: Schedule) => row.status === status && overlaps(row, between.from, between.to),
      enabled,
    }),
  );
}

/** Both lists as one. While a shift moves between them it may stand in both: the higher version counts. */
export function union(
  left: ReadonlyMap<number, Schedule>,
  right: ReadonlyMap<number, Schedule>,
): ReadonlyMap<number, Schedule> {
  if (right.size === 0) return left;
  const all = new Map(left);
  for (const [id, row] of right) if ((all.get(id)?.version ?? -1) < row.version) all.set(id, row);
  return all;
}

/** All shifts that this person may see: the published ones, and for managers the drafts; as current as the less current of both. */
export function usePlanned(between: Between): RowsById<Schedule> {
  const { manager } = useSignedIn();
  const published = useSchedules(between, "published");
  const drafts = useSchedules(between, "draft", manager);
  const [announced, unannounced] = [published.data, manager ? drafts.data : NONE];
  const data = useMemo(() => announced && unannounced && union(announced, unannounced), [announced, unannounced]);
  const lists = manager ? [published, drafts] : [published];
  const behind =
    lists.find((list) => !list.data) ??
    lists.find(({ live }) => live.error) ??
    lists.find(({ live }) => live.status !== "live");
  const refetch = () => Promise.all(lists.map((list) => list.refetch()));
  return { data, live: (behind ?? published).live, refetch };
}

/** The places of work. They change so rarely that they have no channel. */
export function useLocations() {
  const { api } = useSignedIn();
  return useQuery({
    queryKey: ["locations"],
    queryFn: ({ signal }) => api.locations(signal),
    staleTime: 3_600_000,
  });
}

/** What each location needs, where somebody said so; undefined until it is there. */
export function useNeeds(): readonly LocationNeeds[] | undefined {
  const { api } = useSignedIn();
  return useLiveQuery({
    queryKey: NEEDS,
    queryFn: ({ signal }) => api.needs(signal),
    retry,
    channel: Needs(),
    row: ({ payload }): LocationNeeds => payload.needs,
    id: ({ location }) => location,
    matches: () => true,
  }).data;
}

/** Who works here, and who did. Events are without the e-mail, which managers may see: they fetch the list again after each. */
export function useTeam(): RowsById<Staff> {
  const { api, manager } = useSignedIn();
  return useRows(
    useLiveQuery({
      queryKey: STAFF,
      queryFn: ({ signal }) => api.staff(signal),
      retry,
      channel: Team(),
      row: ({ payload }): Staff => payload.staff,
      matches: manager ? undefined : () => true,
    }),
  );
}

/** Time off as this person may see it: managers everybody's, others their own. */
export function useTimeOff(filter: TimeOffFilter): RowsById<TimeOff> {
  const { api, manager, me } = useSignedIn();
  return useRows(
    useLiveQuery({
      queryKey: [...TIME_OFF, filter],
      queryFn: ({ signal }) => api.timeOff(filter, signal),
      retry,
      channel: manager ? TimeOffRequests() : Me({ user_id: String(me.id) }),
      row: timeOffOf,
      matches: (row: TimeOff) => isAskedFor(row, filter),
    }),
  );
}
