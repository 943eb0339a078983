import type { Call } from "./http";
import type { Location, Schedule, ScheduleFields, Staff, TimeOff, TimeOffFields, TimeOffStatus } from "./types";

/** Sends a request as the signed-in person: `Session.request`. */
export type Request = <T>(path: string, call?: Call) => Promise<T>;

export interface Window {
  readonly from: string;
  readonly to: string;
}

type Accepting = { readonly accept?: readonly string[] | undefined };
type Versioned = { readonly version: number };
type Parameters = Readonly<Record<string, string | undefined>>;

function query(path: string, parameters: Parameters): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) search.set(name, value);
  }
  return search.size === 0 ? path : `${path}?${search}`;
}

/** The REST endpoints, typed. One method an endpoint; every refusal is a `Problem`. */
export function createApi(request: Request) {
  const post = <T>(path: string, body: unknown) => request<T>(path, { method: "POST", body });
  return {
    staff: (signal?: AbortSignal) => request<Staff[]>("/api/staff", { signal }),
    locations: (signal?: AbortSignal) => request<Location[]>("/api/locations", { signal }),

    schedules: (filter: Window & { status: Schedule["status"] }, signal?: AbortSignal) =>
      request<Schedule[]>(query("/api/schedules", { ...filter }), { signal }),
    createSchedule: (fields: ScheduleFields & Accepting) => post<Schedule>("/api/schedules", fields),
    changeSchedule: (id: number, fields: Partial<ScheduleFields> & Versioned & Accepting) =>
      request<Schedule>(`/api/schedules/${id}`, { method: "PATCH", body: fields }),
    deleteSchedule: (id: number, version: number) =>
      request<void>(query(`/api/schedules/${id}`, { version: String(version) }), { method: "DELETE" }),
    publish: (schedules: readonly { id: number; version: number }[], accept?: readonly string[]) =>
      post<{ schedules: Schedule[] }>("/api/schedules/publish", { schedules, accept }),

    timeOff: (filter: Partial<Window> & { status?: TimeOffStatus }, signal?: AbortSignal) =>
      request<TimeOff[]>(query("/api/timeoff", { ...filter }), { signal }),
    requestTimeOff: (fields: TimeOffFields & { staff_id?: number }) => post<TimeOff>("/api/timeoff", fields),
    decideTimeOff: (id: number, decision: "approve" | "deny", body: Versioned & Accepting & { note: string }) =>
      post<TimeOff>(`/api/timeoff/${id}/${decision}`, body),
    cancelTimeOff: (id: number, version: number) => post<TimeOff>(`/api/timeoff/${id}/cancel`, { version }),
  };
}

export type Api = ReturnType<typeof createApi>;
