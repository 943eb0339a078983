/** What tells two states of a row apart. */
export interface Row {
  readonly id: number;
  readonly version: number;
}

/** One row before and after; null where it did not or does not exist. */
export interface RowChange<R> {
  readonly before: R | null;
  readonly after: R | null;
}

export type Changes<R> = ReadonlyMap<number, RowChange<R>>;

/** What differs between two sets of rows, by id and version. */
export function differences<R extends Row>(before: ReadonlyMap<number, R>, after: ReadonlyMap<number, R>): Changes<R> {
  const changes = new Map<number, RowChange<R>>();
  for (const [id, row] of after) {
    const held = before.get(id);
    if (held?.version !== row.version) changes.set(id, { before: held ?? null, after: row });
  }
  for (const [id, row] of before) if (!after.has(id)) changes.set(id, { before: row, after: null });
  return changes;
}

/** Adds newer changes to earlier ones; what went and came back unchanged, or came and went, is dropped. */
export function merge<R extends Row>(earlier: Changes<R>, newer: Changes<R>): Changes<R> {
  const merged = new Map(earlier);
  for (const [id, { before, after }] of newer) {
    const first = merged.get(id);
    const change = { before: first ? first.before : before, after };
    if (change.before?.version === change.after?.version) merged.delete(id);
    else merged.set(id, change);
  }
  return merged;
}
