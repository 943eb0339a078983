/**
 * A query's rows, kept equal to the database by events: a pure reducer over (id, version).
 *
 * A change applies when its version is above what is known of that id; a lower or equal one changes nothing. Deletes are
 * remembered, so that a late update does not bring a row back. Rows outside the query's filter count as deleted from it.
 */

export interface Row {
  readonly id: number;
  readonly version: number;
}

/** What an event or an answer says of one id: its row at this version, or null when it is gone from the channel. */
export interface Change<R extends Row> {
  readonly id: number;
  readonly version: number;
  readonly row: R | null;
}

export interface Replica<R extends Row> {
  readonly rows: ReadonlyMap<number, R>;
  /** id → the version at which it went. Bounded; the oldest are forgotten first. */
  readonly gone: ReadonlyMap<number, number>;
}

export type Belongs<R extends Row> = (row: R) => boolean;

const REMEMBERED = 1_000;

export function changeOf<R extends Row>(row: R): Change<R> {
  return { id: row.id, version: row.version, row };
}

function isNews<R extends Row>({ rows, gone }: Replica<R>, { id, version, row }: Change<R>): boolean {
  const held = rows.get(id);
  if (held) return version > held.version || (row === null && version === held.version);
  return version > (gone.get(id) ?? -1);
}

function remember(gone: ReadonlyMap<number, number>, id: number, version: number): Map<number, number> {
  const next = new Map(gone);
  next.delete(id);
  next.set(id, version);
  for (const oldest of next.keys()) {
    if (next.size <= REMEMBERED) break;
    next.delete(oldest);
  }
  return next;
}

function forget(gone: ReadonlyMap<number, number>, id: number): ReadonlyMap<number, number> {
  if (!gone.has(id)) return gone;
  const next = new Map(gone);
  next.delete(id);
  return next;
}

/** Applies one change. Returns the same object when nothing changes. */
export function apply<R extends Row>(replica: Replica<R>, change: Change<R>, belongs: Belongs<R>): Replica<R> {
  if (!isNews(replica, change)) return replica;
  const rows = new Map(replica.rows);
  if (change.row && belongs(change.row)) {
    rows.set(change.id, change.row);
    return { rows, gone: forget(replica.gone, change.id) };
  }
  rows.delete(change.id);
  return { rows, gone: remember(replica.gone, change.id, change.version) };
}

/**
 * Takes a fetched snapshot: its rows, and on top of them the changes that were heard while it was under way. The snapshot
 * was read after everything in `before` was heard, so it decides over that, lower versions included (an id used anew).
 */
export function install<R extends Row>(
  before: Replica<R> | undefined,
  snapshot: readonly R[],
  heard: Iterable<Change<R>>,
  belongs: Belongs<R>,
): Replica<R> {
  const rows = new Map(snapshot.filter(belongs).map((row) => [row.id, row]));
  let gone = before?.gone ?? new Map<number, number>();
  for (const row of snapshot) gone = forget(gone, row.id);
  let replica: Replica<R> = { rows, gone };
  for (const change of heard) replica = apply(replica, change, belongs);
  return replica;
}

/** Keeps of each id only the newest change: what a fetch under way has to remember is bounded by the ids that changed. */
export function note<R extends Row>(heard: Map<number, Change<R>>, change: Change<R>): void {
  const known = heard.get(change.id);
  const newer = !known || change.version > known.version || (change.row === null && change.version === known.version);
  if (newer) heard.set(change.id, change);
}
