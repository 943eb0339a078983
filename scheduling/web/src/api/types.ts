/** The REST contract, field for field as the server sends it. */

import type * as Generated from "../live.gen";
import type { CalendarLink, Offer, Template } from "../live.gen";
import type { Instant } from "../time/zone";
import type { Reason } from "./problem";

export type Person = Readonly<Generated.Person>;

/** The hard rules are those that nobody may overrule; null sets no limit. */
export type Contract = Readonly<Generated.Contract>;
export type HardRule = Contract["hard_rules"][number];

/** `email` is only for managers and the person; null for everyone else. Who is not `active` has left. */
export interface Staff extends Readonly<Omit<Generated.Staff, "contract" | "skills">> {
  readonly skills: readonly string[];
  readonly contract: Contract;
}

/** A shift as its readers saw it last. */
export type Announced = Readonly<Generated.Announced>;

/** Without `password` a new person cannot sign in yet, and another's stays what it is. */
export interface StaffFields {
  readonly name: string;
  readonly email: string;
  readonly role: Staff["role"];
  readonly skills: readonly string[];
  readonly contract: Contract;
  readonly password?: string;
}

/** A shift. An open one, which nobody has yet, has no `staff_id`; `timezone` is the IANA name of its location's zone. */
export interface Schedule extends Readonly<Omit<Generated.Schedule, "announced">> {
  /** Of a draft that was published before: what staff saw until it was withdrawn. What this page itself draws has none. */
  readonly announced?: Announced | null;
}

/** A published shift that nobody has. `objections` are not there yet where an event brought the shift. */
export interface OpenShift extends Schedule {
  readonly objections?: readonly Reason[];
}

export interface Location {
  readonly name: string;
  readonly timezone: string;
}

export type TimeOffStatus = Generated.TimeOff["status"];

/** What becomes of the shifts that approved time off overlaps: they stay, or are nobody's, or that as drafts. */
export type ShiftFate = "keep" | "open" | "draft";

export type TimeOff = Readonly<Generated.TimeOff>;

/** An offer as `GET` has it. `objections` to the reader's next step are not there yet where an event brought the offer. */
export interface SeenOffer extends Offer {
  readonly objections?: readonly Reason[];
}

interface VersionRef {
  readonly id: number;
  readonly version: number;
}

/** One's own shift: to a colleague, to all who may take it, or for another's shift. */
export interface OfferFields {
  readonly schedule: VersionRef;
  readonly to_id?: number;
  readonly wanted?: VersionRef;
  readonly note: string;
}

/** How a visitor of the demo signs in. */
export interface Visitor {
  readonly manager: string;
  readonly staff: string;
  readonly password: string;
}

/** What the server says of itself to anybody; `demo` is null where real people work. */
export interface About {
  readonly demo: Visitor | null;
}

export interface Grant {
  readonly access_token: string;
  /** Seconds from now. */
  readonly expires_in: number;
  readonly staff: Staff;
}

export interface ScheduleFields {
  readonly staff_id: number | null;
  readonly starts_at: Instant;
  readonly ends_at: Instant;
  readonly role: string;
  readonly location: string;
  readonly note: string;
  readonly status: Schedule["status"];
}

/** Changes that are made together: all of them, or none. */
export interface Batch {
  readonly create: readonly ScheduleFields[];
  readonly change: readonly (Partial<ScheduleFields> & { readonly id: number; readonly version: number })[];
  readonly delete: readonly { readonly id: number; readonly version: number }[];
  readonly accept?: readonly string[] | undefined;
}

/** What came of a batch, in its order. */
export interface Batched {
  readonly created: readonly Schedule[];
  readonly changed: readonly Schedule[];
  readonly deleted: readonly number[];
}

/** A shift of any week, by its location's clocks; an end that is not after the start is on the next day. */
export interface TemplateShift {
  /** 1 is Monday. */
  readonly weekday: number;
  readonly starts: string;
  readonly ends: string;
  /** Null: it becomes an open shift. */
  readonly staff_id: number | null;
  readonly role: string;
  readonly location: string;
  readonly note: string;
}

export interface FullTemplate extends Template {
  readonly shifts: readonly TemplateShift[];
}

/** A shift that somebody thinks of saving; `id` is the one that it would change. */
export interface ConsideredShift extends Omit<ScheduleFields, "note" | "status"> {
  readonly id?: number;
}

/** Somebody who could take a shift, and what soft rules say against it. */
export interface Suggestion {
  readonly staff: Person;
  readonly violations: readonly Reason[];
  /** Worked in the shift's week without it. */
  readonly hours: number;
  /** Of the contract's; null where there is no limit. */
  readonly hours_left: number | null;
}

/** At least so many people, from wall-clock time to wall-clock time ("07:00"); an end not after the start is on the next day. */
export type Need = Readonly<Generated.Need>;

export interface LocationNeeds extends Readonly<Omit<Generated.LocationNeeds, "needs">> {
  readonly needs: readonly Need[];
}

export interface TimeOffFields {
  readonly starts_at: Instant;
  readonly ends_at: Instant;
  readonly note: string;
}

/** A calendar link that was made. Whoever knows its `path` sees the shifts; it is told this once. */
export interface CalendarAddress {
  readonly link: CalendarLink;
  readonly path: string;
}

/** What came of a spreadsheet's lines; in a dry run, what would. */
export interface Imported {
  readonly dry_run: boolean;
  readonly created: readonly Schedule[];
  readonly changed: readonly { readonly before: Schedule; readonly after: Schedule }[];
  readonly unchanged: number;
}
