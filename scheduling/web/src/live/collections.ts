import type { Schedule, Staff, TimeOff, TimeOffStatus } from "../api/types";
import type { SchedulesEvent, TeamEvent, TimeOffRequestsEvent } from "../live.gen";
import { overlaps } from "../time/zone";
import type { Collection } from "./live-rows";
import { type Change, changeOf } from "./replica";

/** Instants: rows that overlap [from, to). */
export interface Between {
  readonly from: string;
  readonly to: string;
}

export interface TimeOffFilter extends Partial<Between> {
  readonly status?: TimeOffStatus;
}

const schedulesOf = (status: Schedule["status"]): Collection<Schedule, Between> => ({
  name: `schedules/${status}`,
  belongs: (row, { from, to }) => row.status === status && overlaps(row, from, to),
});

/** Channel `schedules`. */
export const published = schedulesOf("published");
/** Channel `schedules:drafts`; a shift that is published leaves it, one that is withdrawn enters it. */
export const drafts = schedulesOf("draft");

/** Channel `timeoff` for managers, one's own channel for everyone else. */
export const timeOff: Collection<TimeOff, TimeOffFilter> = {
  name: "timeoff",
  belongs: (row, { from, to, status }) =>
    (status === undefined || row.status === status) && (!from || !to || overlaps(row, from, to)),
};

/** Channel `staff`. */
export const team: Collection<Staff, null> = { name: "staff", belongs: () => true };

/** An event about a shift carries the shift, or only its id and version when it has left the channel. */
export function scheduleChange(payload: SchedulesEvent["payload"]): Change<Schedule> {
  if ("schedule" in payload && payload.schedule) return changeOf(payload.schedule);
  if ("version" in payload) return { id: payload.scheduleId, version: payload.version, row: null };
  throw new TypeError("A schedule event has neither its schedule nor its version");
}

export function timeOffChange({ timeoff }: TimeOffRequestsEvent["payload"]): Change<TimeOff> {
  return changeOf(timeoff);
}

export function staffChange({ staff }: TeamEvent["payload"]): Change<Staff> {
  return changeOf(staff);
}
