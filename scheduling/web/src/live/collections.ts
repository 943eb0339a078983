import type { Contract, Schedule, Staff, TimeOff, TimeOffStatus } from "../api/types";
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

/** The generated types call fields optional that have a default; the server sends them all. */
function whole<D extends object, R extends object>(defaults: D, row: R): D & R {
  return { ...defaults, ...row };
}

const SCHEDULE: Pick<Schedule, "note" | "status"> = { note: "", status: "published" };
const CONTRACT: Pick<Contract, "hours_per_week" | "rest_hours"> = { hours_per_week: null, rest_hours: 11 };
const TIME_OFF: Pick<TimeOff, "note" | "status" | "decision_note" | "decided_by"> = {
  note: "",
  status: "pending",
  decision_note: "",
  decided_by: null,
};

/** An event about a shift carries the shift, or only its id and version when it has left the channel. */
export function scheduleChange(payload: SchedulesEvent["payload"]): Change<Schedule> {
  if ("schedule" in payload && payload.schedule) return changeOf(whole(SCHEDULE, payload.schedule));
  if ("version" in payload) return { id: payload.scheduleId, version: payload.version, row: null };
  throw new TypeError("A schedule event has neither its schedule nor its version");
}

export function timeOffChange({ timeoff }: TimeOffRequestsEvent["payload"]): Change<TimeOff> {
  return changeOf(whole(TIME_OFF, timeoff));
}

export function staffChange({ staff }: TeamEvent["payload"]): Change<Staff> {
  return changeOf({ ...staff, contract: whole(CONTRACT, staff.contract) });
}
