/** The REST contract, field for field as the server sends it. Instants are RFC 3339 in UTC ("Z"). */

export type Instant = string;

export interface Person {
  readonly id: number;
  readonly name: string;
}

export interface Contract {
  readonly name: string;
  readonly hours_per_week: number | null;
  readonly rest_hours: number;
}

export interface Staff {
  readonly id: number;
  readonly name: string;
  /** Only managers and the person see it; null for everyone else. */
  readonly email: string | null;
  readonly role: "manager" | "staff";
  readonly skills: readonly string[];
  readonly contract: Contract;
  readonly version: number;
}

export interface Schedule {
  readonly id: number;
  /** Null: an open shift, which nobody has yet. */
  readonly staff_id: number | null;
  readonly starts_at: Instant;
  readonly ends_at: Instant;
  readonly role: string;
  readonly location: string;
  /** IANA name of the location's zone. */
  readonly timezone: string;
  readonly note: string;
  readonly status: "draft" | "published";
  readonly version: number;
  readonly updated_by: Person | null;
  readonly updated_at: Instant;
}

export interface Location {
  readonly name: string;
  readonly timezone: string;
}

export type TimeOffStatus = "pending" | "approved" | "denied" | "cancelled";

export interface TimeOff {
  readonly id: number;
  readonly staff_id: number;
  readonly starts_at: Instant;
  readonly ends_at: Instant;
  readonly note: string;
  readonly status: TimeOffStatus;
  readonly decision_note: string;
  readonly decided_by: Person | null;
  readonly version: number;
  readonly updated_at: Instant;
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

export interface TimeOffFields {
  readonly starts_at: Instant;
  readonly ends_at: Instant;
  readonly note: string;
}
