/** @tidings/react/query: queries of TanStack Query that are kept equal to the database by a channel's events. */
export type { Conflict, EditContext, Outcome } from "./edits.js";
export type { LiveStatus } from "./live-query.js";
export { type EntryStorage, forgetPersisted } from "./persistence.js";
export { type InvalidateOptions, useInvalidate } from "./useInvalidate.js";
export {
  type LiveMutationOptions,
  type Offline,
  type OptimisticEdit,
  type UseLiveMutation,
  useLiveMutation,
} from "./useLiveMutation.js";
export {
  type AnyChannel,
  type EventsOf,
  type ListQueryOptions,
  type Live,
  type ShapedQueryOptions,
  type UseLiveQuery,
  useLiveQuery,
} from "./useLiveQuery.js";
