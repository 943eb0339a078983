// By hand, in the shape that `tidings types scheduling.server.notify.live` writes, until it writes it.
import { channel, channelName, WS_EVENT_TYPES as CONTROL_TYPES } from "@tidings/client";
import type { ChannelEvent } from "@tidings/client";
import type { Schedule, Staff, TimeOff } from "./api/types";

export type { WebSocketMessage } from "@tidings/client";
export type { Schedule, Staff, TimeOff } from "./api/types";

export interface ScheduleCreatedPayload {
  schedule: Schedule;
}
export interface ScheduleUpdatedPayload {
  scheduleId: number;
  schedule: Schedule;
}
export interface ScheduleDeletedPayload {
  scheduleId: number;
  version: number;
}
export interface SchedulePublishedPayload {
  schedule: Schedule;
}
export interface ScheduleWithdrawnPayload {
  scheduleId: number;
  version: number;
  schedule: Schedule | null;
}
export interface TimeOffPayload {
  timeoff: TimeOff;
}
export interface StaffCreatedPayload {
  staff: Staff;
}

export type ScheduleCreated = ChannelEvent<"schedule:created", ScheduleCreatedPayload>;
export type ScheduleUpdated = ChannelEvent<"schedule:updated", ScheduleUpdatedPayload>;
export type ScheduleDeleted = ChannelEvent<"schedule:deleted", ScheduleDeletedPayload>;
export type SchedulePublished = ChannelEvent<"schedule:published", SchedulePublishedPayload>;
export type ScheduleWithdrawn = ChannelEvent<"schedule:withdrawn", ScheduleWithdrawnPayload>;
export type TimeOffRequested = ChannelEvent<"timeoff:requested", TimeOffPayload>;
export type TimeOffApproved = ChannelEvent<"timeoff:approved", TimeOffPayload>;
export type TimeOffDenied = ChannelEvent<"timeoff:denied", TimeOffPayload>;
export type TimeOffCancelled = ChannelEvent<"timeoff:cancelled", TimeOffPayload>;
export type StaffCreated = ChannelEvent<"staff:created", StaffCreatedPayload>;

export const WS_EVENT_TYPES = {
  ...CONTROL_TYPES,
  SCHEDULE_CREATED: "schedule:created",
  SCHEDULE_UPDATED: "schedule:updated",
  SCHEDULE_DELETED: "schedule:deleted",
  SCHEDULE_PUBLISHED: "schedule:published",
  SCHEDULE_WITHDRAWN: "schedule:withdrawn",
} as const;

export const WS_CHANNELS = {
  SCHEDULES: "schedules",
  DRAFTS: "schedules:drafts",
  TIME_OFF_REQUESTS: "timeoff",
  TEAM: "staff",
  ME: (params: { user_id: string }) => channelName("user:{user_id}", params),
} as const;

export type ScheduleEvent = ScheduleCreated | ScheduleUpdated | ScheduleDeleted | SchedulePublished | ScheduleWithdrawn;
export type TimeOffEvent = TimeOffRequested | TimeOffApproved | TimeOffDenied | TimeOffCancelled;

export const Schedules = () => channel<ScheduleEvent>(WS_CHANNELS.SCHEDULES);
export const Drafts = () => channel<ScheduleEvent>(WS_CHANNELS.DRAFTS);
export const TimeOffRequests = () => channel<TimeOffEvent>(WS_CHANNELS.TIME_OFF_REQUESTS);
export const Team = () => channel<StaffCreated>(WS_CHANNELS.TEAM);
export const Me = (params: { user_id: string }) => channel<ScheduleEvent | TimeOffEvent>(WS_CHANNELS.ME(params));
