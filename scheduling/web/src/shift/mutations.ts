import { type OptimisticEdit, type UseLiveMutation, useLiveMutation } from "@tidings/react/query";
import { createContext, useContext } from "react";
import type { Api } from "../api/api";
import { Problem } from "../api/problem";
import type { Batch, Batched, Schedule } from "../api/types";
import type { RowChange } from "../live/changes";
import { SCHEDULES } from "../live/queries";
import { useSignedIn } from "../session/signed-in";
import { type DeedKind, History, inverse, type Rows } from "./history";
import { fieldsOf } from "./placing";
import { changesFrom, shownAs } from "./shift-fields";
import { type UseHolding, useHolding } from "./use-holding";

/** Ids that this page has deleted: that they go, or come back because it was refused, is not news. */
export const OwnDeletesContext = createContext<Set<number>>(new Set());

/** What this page has changed; every change below is kept there. */
export const HistoryContext = createContext(new History());

/** The row as it is now, and who was first, where that is why a change was refused. */
function conflict(error: unknown) {
  const stale = error instanceof Problem ? error.stale<Schedule>() : null;
  return stale && { current: stale.current, by: stale.changedBy?.name ?? null };
}

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
    mutationFn: (input: V, { requestId, known }) => {
      const base = input.base && known(input.base);
      const sent = send(api, { ...input, base }, requestId);
      return history.record(base ? "change" : "create", sent, (after) => [{ before: base, after }]);
    },
    edit: ({ base, shown }) => ({ ...shownOver(shown), version: seen(base) }),
    rowsOf: ({ base, shown }) => [{ before: base, after: shown }],
    answered: (schedule) => [schedule],
    conflict,
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
      const before = known(shift);
      ownDeletes.add(before.id);
      return history.record("delete", api.deleteSchedule(before.id, before.version, requestId), () => [
        { before, after: null },
      ]);
    },
    edit: (shift) => {
      ownDeletes.add(shift.id);
      return { id: shift.id, row: () => null, version: seen(shift) };
    },
    rowsOf: (before) => [{ before, after: null }],
    answered: () => [],
    conflict,
  });
}

interface Publishing {
  readonly shifts: readonly Schedule[];
  readonly accept?: readonly string[];
}

/** Publishes drafts together: all of them, or none. Nothing is shown before the server has agreed. */
export function usePublish(): UseLiveMutation<Publishing, Schedule, { schedules: Schedule[] }> {
  const { api } = useSignedIn();
  const history = useContext(HistoryContext);
  return useLiveMutation({
    queryKey: SCHEDULES,
    mutationFn: ({ shifts, accept }: Publishing, { requestId }) => {
      const drafts = shifts.map(({ id, version }) => ({ id, version }));
      return history.record("publish", api.publish(drafts, accept, requestId), ({ schedules }) =>
        schedules.map((after, index) => ({ before: shifts[index] ?? null, after })),
      );
    },
    answered: ({ schedules }) => schedules,
    conflict,
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

/** A shift as the server knows it. */
type Known = (shift: Schedule) => Pick<Schedule, "id" | "version">;

const asLeft: Known = (shift) => shift;

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

const isChanged = ({ before, after }: RowChange<Schedule>) => before?.version !== after?.version;

function shownOf(rows: Rows, ownDeletes: Set<number>): OptimisticEdit<Schedule>[] {
  for (const { before, after } of rows) if (before && !after) ownDeletes.add(before.id);
  if (rows.length > MOST_SHOWN) return [];
  return rows.flatMap(({ before, after }): OptimisticEdit<Schedule>[] => {
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
  return useHolding({
    queryKey: SCHEDULES,
    mutationFn: ({ kind, rows, accept }: Batching, { requestId, known }) =>
      history.record(kind, api.batch(requestOf(rows, accept, known), requestId), (answer) =>
        doneBy(rows, answer, known).filter(isChanged),
      ),
    edit: ({ rows }) => shownOf(rows, ownDeletes),
    rowsOf: ({ rows }) => rows,
    answered: ({ created, changed }) => [...created, ...changed],
    conflict,
  });
}

/**
 * Takes back what a change did, if its rows still are as it left them. What stood before may object to a soft rule: that was
 * accepted then, and is again. Not kept in the history.
 */
export function useRestore(): UseLiveMutation<Rows, Schedule, Batched> {
  const { api } = useSignedIn();
  const ownDeletes = useContext(OwnDeletesContext);
  const history = useContext(HistoryContext);
  return useLiveMutation({
    queryKey: SCHEDULES,
    mutationFn: (done: Rows, { requestId }) => {
      const rows = inverse(done);
      const sent = api.batch(requestOf(rows, undefined, asLeft), requestId).catch((error: unknown) => {
        if (!(error instanceof Problem && error.overrulable)) throw error;
        return api.batch(requestOf(rows, error.codes, asLeft), requestId);
      });
      return history.restore(sent, (answer) =>
        doneBy(rows, answer, asLeft).flatMap(({ after: now }, index) => {
          const was = done[index]?.before;
          return was && now ? [{ was, now }] : [];
        }),
      );
    },
    edit: (done) => shownOf(restoring(inverse(done)), ownDeletes),
    answered: ({ created, changed }) => [...created, ...changed],
    conflict,
  });
}

/** Shifts that are created anew have no number yet: their old ones are of rows that are gone. */
function restoring(rows: Rows): Rows {
  return rows.map(({ before, after }) =>
    after && !before
      ? { before, after: shownAs(null, fieldsOf(after), after.timezone, after.updated_by ?? { id: 0, name: "" }) }
      : { before, after },
  );
}
