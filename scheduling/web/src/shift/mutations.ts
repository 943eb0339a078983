import type { OptimisticEdit } from "@tidings/react/query";
import { createContext, useCallback, useContext } from "react";
import type { Api } from "../api/api";
import { conflictOf, Problem } from "../api/problem";
import type { Batch, Batched, Schedule } from "../api/types";
import type { RowChange } from "../live/changes";
import { useOutage } from "../live/outage";
import { SCHEDULES } from "../live/queries";
import { useSignedIn } from "../session/signed-in";
import { type DeedKind, type History, HistoryContext, inverse, type Rows, type Waiting } from "./history";
import { fieldsOf } from "./placing";
import { changesFrom, shownAs } from "./shift-fields";
import { type Known, type UseHolding, useHolding } from "./use-holding";

/** Ids that this page has deleted: that they go, or come back because it was refused, is not news. */
export const OwnDeletesContext = createContext<Set<number>>(new Set());

interface Saving {
  /** The shift as it was; null: a new one. */
  readonly base: Schedule | null;
  /** The shift as it is meant to be: the week has it at once, until the server has spoken. */
  readonly shown: Schedule;
}

/** What is shown of a shift while it is saved; one that was new may have its number by then. */
const shownOver = (shown: Schedule) => ({
  id: shown.id,
  row: (row: Schedule | undefined): Schedule => ({ ...shown, id: row?.id ?? shown.id }),
});

const isChanged = ({ before, after }: RowChange<Schedule>) => before?.version !== after?.version;

/** Keeps a change in the history. */
function keepIn(history: History, kind: DeedKind, did: Promise<() => Rows>, waiting: Waiting): Promise<unknown> {
  return history.record(kind, did, (read) => read().filter(isChanged), waiting);
}

/** The version that a change was made from; one that is new, or was when it was drawn, has none. */
const seen = (shift: Schedule | null) => (shift && shift.version > 0 ? shift.version : undefined);

/** Saves a shift. */
export function useSaveShift<V extends Saving>(
  send: (api: Api, input: V, requestId: string) => Promise<Schedule>,
): UseHolding<V, Schedule> {
  const { api } = useSignedIn();
  const history = useContext(HistoryContext);
  return useHolding({
    queryKey: SCHEDULES,
    mutationFn: (input: V, { requestId, known }) =>
      send(api, { ...input, base: input.base && known(input.base) }, requestId),
    edit: ({ base, shown }) => ({ ...shownOver(shown), version: seen(base) }),
    rowsOf: ({ base, shown }) => [{ before: base, after: shown }],
    doneBy: ({ base }, after, known) => [{ before: base && known(base), after }],
    keep: ({ base }, did, waiting) => keepIn(history, base ? "change" : "create", did, waiting),
    answered: (schedule) => [schedule],
    conflict: conflictOf<Schedule>,
  });
}

/** Deletes a shift: it is gone at once, and back if that was refused. */
export function useDeleteShift(): UseHolding<Schedule, void> {
  const { api } = useSignedIn();
  const ownDeletes = useContext(OwnDeletesContext);
  const history = useContext(HistoryContext);
  return useHolding({
    queryKey: SCHEDULES,
    mutationFn: (shift: Schedule, { requestId, known }) => {
      const { id, version } = known(shift);
      ownDeletes.add(id);
      return api.deleteSchedule(id, version, requestId);
    },
    edit: (shift) => {
      ownDeletes.add(shift.id);
      return { id: shift.id, row: () => null, version: seen(shift) };
    },
    rowsOf: (before) => [{ before, after: null }],
    doneBy: (shift, _, known) => [{ before: known(shift), after: null }],
    keep: (_, did, waiting) => keepIn(history, "delete", did, waiting),
    answered: () => [],
    conflict: conflictOf<Schedule>,
  });
}

interface Publishing {
  readonly shifts: readonly Schedule[];
  readonly accept?: readonly string[];
}

/**
 * Publishes drafts together: all of them, or none. They are drafts on the screen until the server has agreed; where many are, they wait
 * for its answer.
 */
export function usePublish(): UseHolding<Publishing, { schedules: Schedule[] }> {
  const { api } = useSignedIn();
  const history = useContext(HistoryContext);
  const { gone } = useOutage();
  return useHolding({
    queryKey: SCHEDULES,
    mutationFn: ({ shifts, accept }: Publishing, { requestId, known }) => {
      const drafts = shifts.map(known).map(({ id, version }) => ({ id, version }));
      return api.publish(drafts, accept, requestId);
    },
    edit: ({ shifts }) =>
      shifts.length > MOST_SHOWN && !gone
        ? []
        : shifts.map((shift) => ({ id: shift.id, row: (row) => row ?? null, version: seen(shift) })),
    rowsOf: ({ shifts }) => shifts.map((before) => ({ before, after: { ...before, status: "published" as const } })),
    doneBy: ({ shifts }, { schedules }) => schedules.map((after, index) => ({ before: shifts[index] ?? null, after })),
    keep: (_, did, waiting) => keepIn(history, "publish", did, waiting),
    answered: ({ schedules }) => schedules,
    conflict: conflictOf<Schedule>,
  });
}

/** Changes to several shifts: null before where one is new, null after where one goes. */
export interface Batching {
  readonly kind: DeedKind;
  readonly rows: Rows;
  readonly accept?: readonly string[] | undefined;
}

/** More rows than this are shown when the server has them, not before: each of its events draws the week anew. */
const MOST_SHOWN = 50;

function requestOf(rows: Rows, accept: readonly string[] | undefined, known: Known): Batch {
  const numbered = (shift: Schedule) => {
    const { id, version } = known(shift);
    return { id, version };
  };
  return {
    create: rows.flatMap(({ before, after }) => (after && !before ? [fieldsOf(after)] : [])),
    change: rows.flatMap(({ before, after }) =>
      before && after ? [{ ...numbered(before), ...changesFrom(before, fieldsOf(after), after.status) }] : [],
    ),
    delete: rows.flatMap(({ before, after }) => (before && !after ? [numbered(before)] : [])),
    accept,
  };
}

/** What a batch did to each of its rows. */
function doneBy(rows: Rows, { created, changed }: Batched, known: Known): Rows {
  const [added, edited] = [[...created], [...changed]];
  return rows.map(({ before, after }) => {
    const now = after && (before ? edited.shift() : added.shift());
    return { before: before && { ...before, ...known(before) }, after: now ?? null };
  });
}

/** As many are shown where they wait for a connection. */
const MOST_HELD = 300;

function shownOf(rows: Rows, ownDeletes: Set<number>, gone: boolean): OptimisticEdit<Schedule>[] {
  for (const { before, after } of rows) if (before && !after) ownDeletes.add(before.id);
  if (rows.length > MOST_SHOWN && !gone) return [];
  return rows.slice(0, MOST_HELD).flatMap(({ before, after }): OptimisticEdit<Schedule>[] => {
    const version = seen(before);
    if (after) return [{ ...shownOver(after), id: (before ?? after).id, version }];
    return before ? [{ id: before.id, row: () => null, version }] : [];
  });
}

/** Changes several shifts together: all of them, or none. */
export function useBatch(): UseHolding<Batching, Batched> {
  const { api } = useSignedIn();
  const ownDeletes = useContext(OwnDeletesContext);
  const history = useContext(HistoryContext);
  const { gone } = useOutage();
  return useHolding({
    queryKey: SCHEDULES,
    mutationFn: ({ rows, accept }: Batching, { requestId, known }) =>
      api.batch(requestOf(rows, accept, known), requestId),
    edit: ({ rows }) => shownOf(rows, ownDeletes, gone),
    rowsOf: ({ rows }) => rows,
    doneBy: ({ rows }, answer, known) => doneBy(rows, answer, known),
    keep: ({ kind }, did, waiting) => keepIn(history, kind, did, waiting),
    answered: ({ created, changed }) => [...created, ...changed],
    conflict: conflictOf<Schedule>,
  });
}

interface Restoring {
  /** What the change did. */
  readonly done: Rows;
  /** What takes that back. */
  readonly rows: Rows;
  /** The soft rules that objected: sent again as its answer was lost, it must be the very same request. */
  accept?: readonly string[];
}

/** The shifts that stand in the place of those of before, as they are `now`, in the same order. */
function restoredBy({ done, rows }: Restoring, now: Rows) {
  return now.flatMap(({ after }, index) => {
    const before = [done[index]?.before, rows[index]?.after];
    return before.flatMap((was) => (was && after ? [{ was, now: after }] : []));
  });
}

/**
 * Takes back what a change did, if its rows still are as it left them. What stood before may object to a soft rule: that was
 * accepted then, and is again. Not kept in the history.
 */
export function useRestore(): UseHolding<Rows, Batched> {
  const { api } = useSignedIn();
  const ownDeletes = useContext(OwnDeletesContext);
  const history = useContext(HistoryContext);
  const { gone } = useOutage();
  const { mutate, pending } = useHolding({
    queryKey: SCHEDULES,
    mutationFn: (restoring: Restoring, { requestId, known }) => {
      const send = () => api.batch(requestOf(restoring.rows, restoring.accept, known), requestId);
      return send().catch((error: unknown) => {
        if (!(error instanceof Problem && error.overrulable)) throw error;
        restoring.accept = error.codes;
        return send();
      });
    },
    edit: ({ rows }) => shownOf(rows, ownDeletes, gone),
    rowsOf: ({ rows }) => rows,
    doneBy: ({ rows }, answer, known) => doneBy(rows, answer, known),
    keep: (restoring, did) => history.restore(did, (read) => restoredBy(restoring, read())),
    answered: ({ created, changed }) => [...created, ...changed],
    conflict: conflictOf<Schedule>,
  });
  const restore = useCallback(
    async (done: Rows) => {
      const restoring = { done, rows: restoringOf(inverse(done)) };
      const outcome = await mutate(restoring);
      if (outcome.status === "held") history.held(restoredBy(restoring, restoring.rows));
      return outcome;
    },
    [mutate, history],
  );
  return { mutate: restore, pending };
}

/** Shifts that are created anew have no number yet: their old ones are of rows that are gone. */
function restoringOf(rows: Rows): Rows {
  return rows.map(({ before, after }) =>
    after && !before
      ? { before, after: shownAs(null, fieldsOf(after), after.timezone, after.updated_by ?? { id: 0, name: "" }) }
      : { before, after },
  );
}
