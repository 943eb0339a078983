import type { CalendarLink, Offer, Simulation, Template } from "../live.gen";
import type { Call } from "./http";
import type { Reason } from "./problem";
import type {
  Batch,
  Batched,
  CalendarAddress,
  ConsideredShift,
  FullTemplate,
  Imported,
  Location,
  LocationNeeds,
  OfferFields,
  OpenShift,
  Schedule,
  ScheduleFields,
  SeenOffer,
  ShiftFate,
  Staff,
  StaffFields,
  Suggestion,
  TemplateShift,
  TimeOff,
  TimeOffFields,
  TimeOffStatus,
} from "./types";

/** Steps of a batch, or drafts published, in one request; the server takes no more. */
export const MOST_AT_ONCE = 1_000;

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

interface Sender {
  readonly request: Request;
  readonly post: <T>(path: string, body: unknown, requestId?: string) => Promise<T>;
}

const staffApi = ({ request, post }: Sender) => ({
  staff: (signal?: AbortSignal) => request<Staff[]>("/api/staff", { signal }),
  addStaff: (fields: StaffFields, requestId?: string) => post<Staff>("/api/staff", fields, requestId),
  changeStaff: (id: number, fields: Partial<StaffFields> & Versioned, requestId?: string) =>
    request<Staff>(`/api/staff/${id}`, { method: "PATCH", body: fields, requestId }),
  removeStaff: (id: number, body: Versioned & { shifts: ShiftFate }, requestId?: string) =>
    post<Staff>(`/api/staff/${id}/remove`, body, requestId),
  restoreStaff: (id: number, version: number, requestId?: string) =>
    post<Staff>(`/api/staff/${id}/restore`, { version }, requestId),
  locations: (signal?: AbortSignal) => request<Location[]>("/api/locations", { signal }),
});

const schedulesApi = ({ request, post }: Sender) => ({
  schedules: (filter: Partial<Window> & { status: Schedule["status"]; staff_id?: string }, signal?: AbortSignal) =>
    request<Schedule[]>(query("/api/schedules", { ...filter }), { signal }),
  createSchedule: (fields: ScheduleFields & Accepting, requestId?: string) =>
    post<Schedule>("/api/schedules", fields, requestId),
  changeSchedule: (id: number, fields: Partial<ScheduleFields> & Versioned & Accepting, requestId?: string) =>
    request<Schedule>(`/api/schedules/${id}`, { method: "PATCH", body: fields, requestId }),
  deleteSchedule: (id: number, version: number, requestId?: string) =>
    request<void>(query(`/api/schedules/${id}`, { version: String(version) }), { method: "DELETE", requestId }),
  publish: (schedules: readonly { id: number; version: number }[], accept?: readonly string[], requestId?: string) =>
    post<{ schedules: Schedule[] }>("/api/schedules/publish", { schedules, accept }, requestId),
  batch: (body: Batch, requestId?: string) => post<Batched>("/api/schedules/batch", body, requestId),
});

const rulesApi = ({ request }: Sender) => ({
  check: (shift: ConsideredShift, signal?: AbortSignal) =>
    request<{ violations: Reason[] }>("/api/schedules/check", { method: "POST", body: shift, signal }),
  suggestions: (shift: ConsideredShift, signal?: AbortSignal) =>
    request<{ suggestions: Suggestion[] }>("/api/schedules/suggestions", { method: "POST", body: shift, signal }),
  needs: (signal?: AbortSignal) => request<LocationNeeds[]>("/api/needs", { signal }),
  replaceNeeds: (body: Pick<LocationNeeds, "location" | "version" | "needs">, requestId?: string) =>
    request<LocationNeeds>("/api/needs", { method: "PUT", body, requestId }),
});

const templatesApi = ({ request, post }: Sender) => ({
  templates: (signal?: AbortSignal) => request<Template[]>("/api/templates", { signal }),
  template: (id: number) => request<FullTemplate>(`/api/templates/${id}`),
  addTemplate: (name: string, shifts: readonly TemplateShift[], requestId?: string) =>
    post<FullTemplate>("/api/templates", { name, shifts }, requestId),
  changeTemplate: (
    id: number,
    body: Versioned & { name: string; shifts?: readonly TemplateShift[] },
    requestId?: string,
  ) => request<FullTemplate>(`/api/templates/${id}`, { method: "PUT", body, requestId }),
  deleteTemplate: (id: number, version: number, requestId?: string) =>
    request<void>(query(`/api/templates/${id}`, { version: String(version) }), { method: "DELETE", requestId }),
});

const openShiftsApi = ({ request, post }: Sender) => ({
  openShifts: (signal?: AbortSignal) => request<OpenShift[]>("/api/schedules/open", { signal }),
  claimShift: (id: number, version: number, requestId?: string) =>
    post<Schedule>(`/api/schedules/${id}/claim`, { version }, requestId),
});

const offersApi = ({ request, post }: Sender) => ({
  offers: (signal?: AbortSignal) => request<SeenOffer[]>("/api/offers", { signal }),
  makeOffer: (fields: OfferFields, requestId?: string) => post<Offer>("/api/offers", fields, requestId),
  acceptOffer: (id: number, version: number, requestId?: string) =>
    post<Offer>(`/api/offers/${id}/accept`, { version }, requestId),
  approveOffer: (id: number, body: Versioned & Accepting & { note: string }, requestId?: string) =>
    post<Offer>(`/api/offers/${id}/approve`, body, requestId),
  declineOffer: (id: number, body: Versioned & { note: string }, requestId?: string) =>
    post<Offer>(`/api/offers/${id}/decline`, body, requestId),
  withdrawOffer: (id: number, version: number, requestId?: string) =>
    post<Offer>(`/api/offers/${id}/withdraw`, { version }, requestId),
});

const timeOffApi = ({ request, post }: Sender) => ({
  timeOff: (filter: Partial<Window> & { status?: TimeOffStatus }, signal?: AbortSignal) =>
    request<TimeOff[]>(query("/api/timeoff", { ...filter }), { signal }),
  requestTimeOff: (fields: TimeOffFields & { staff_id?: number }, requestId?: string) =>
    post<TimeOff>("/api/timeoff", fields, requestId),
  decideTimeOff: (
    id: number,
    decision: "approve" | "deny",
    body: Versioned & Accepting & { note: string; shifts?: ShiftFate },
    requestId?: string,
  ) => post<TimeOff>(`/api/timeoff/${id}/${decision}`, body, requestId),
  cancelTimeOff: (id: number, version: number, requestId?: string) =>
    post<TimeOff>(`/api/timeoff/${id}/cancel`, { version }, requestId),
});

const calendarApi = ({ request, post }: Sender) => ({
  calendarLinks: (signal?: AbortSignal) => request<CalendarLink[]>("/api/calendar/links", { signal }),
  makeCalendarLink: (location: string | null, requestId?: string) => {
    const body = location === null ? { scope: "me" } : { scope: "location", location };
    return post<CalendarAddress>("/api/calendar/links", body, requestId);
  },
  revokeCalendarLink: (id: number, requestId?: string) =>
    request<void>(`/api/calendar/links/${id}`, { method: "DELETE", requestId }),
  exportShifts: (format: "csv" | "ics", between: Window) =>
    request<Blob>(query(`/api/schedules.${format}`, { ...between }), { as: "blob" }),
  /** `dryRun`: nothing is kept; the answer says what would be. */
  importShifts: (lines: Blob, dryRun: boolean, accept: readonly string[] = [], requestId?: string) => {
    const search = new URLSearchParams([["dry_run", String(dryRun)], ...accept.map((code) => ["accept", code])]);
    return request<Imported>(`/api/schedules/import?${search}`, { method: "POST", body: lines, requestId });
  },
});

const simulationApi = ({ request }: Sender) => ({
  simulation: (signal?: AbortSignal) => request<Simulation>("/api/simulation", { signal }),
  startSimulation: (pace: NonNullable<Simulation["pace"]>) =>
    request<Simulation>("/api/simulation", { method: "PUT", body: { pace } }),
  stopSimulation: () => request<Simulation>("/api/simulation", { method: "DELETE" }),
});

/** The REST endpoints, typed. One method an endpoint; every refusal is a `Problem`. */
export function createApi(request: Request) {
  const sender: Sender = {
    request,
    post: (path, body, requestId) => request(path, { method: "POST", body, requestId }),
  };
  return {
    ...staffApi(sender),
    ...schedulesApi(sender),
    ...rulesApi(sender),
    ...templatesApi(sender),
    ...openShiftsApi(sender),
    ...offersApi(sender),
    ...timeOffApi(sender),
    ...calendarApi(sender),
    ...simulationApi(sender),
  };
}

export type Api = ReturnType<typeof createApi>;
