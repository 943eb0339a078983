/**
 * A query's rows, kept equal to the database by events.
 *
 * A change applies when its version is above what is known of its row; a lower or equal one changes nothing. What went is
 * remembered, so that a late update does not bring it back. Without versions the order in which changes come decides.
 *
 * At one version a row may leave one channel and enter another: then it is there, whichever of the two is heard first.
 */
import { replaceEqualDeep } from "@tanstack/react-query";

/** What an event or an answer says of one row: what it is at this version, or null when it is gone. */
export interface Change<R> {
  readonly id: string;
  readonly version: number | undefined;
  readonly row: R | null;
  /** Where it was heard; undefined: in an answer. */
  readonly channel?: string | undefined;
}

/** What was last heard of a row. */
export interface Noted {
  readonly version: number;
  readonly channel?: string | undefined;
  readonly gone: boolean;
}

/** How a query's rows are told apart, compared, chosen and ordered. */
export interface RowRules<R> {
  readonly id: (row: R) => string;
  readonly version: (row: R) => number | undefined;
  /** Whether a row is one of the query's. Undefined: nobody knows; rows that are not held are not taken in. */
  readonly matches: ((row: R) => boolean) | undefined;
  readonly sort: ((a: R, b: R) => number) | undefined;
}

const REMEMBERED = 1_000;

/** The version that was last heard of each row, held or gone. Bounded; the oldest are forgotten first. */
export class Versions {
  readonly #versions: Map<string, Noted>;

  constructor(entries: Iterable<readonly [string, Noted]> = []) {
    this.#versions = new Map(entries);
  }

  get(id: string): Noted | undefined {
    return this.#versions.get(id);
  }

  forget(id: string): void {
    this.#versions.delete(id);
  }

  note({ id, version, row, channel }: Change<unknown>): void {
    this.#versions.delete(id);
    if (version === undefined) return;
    this.#versions.set(id, { version, channel, gone: row === null });
    if (this.#versions.size > REMEMBERED) this.#versions.delete(this.#versions.keys().next().value as string);
  }

  clear(): void {
    this.#versions.clear();
  }

  entries(): [string, Noted][] {
    return [...this.#versions];
  }
}

/** The change that brings this row. */
export function changeTo<R>(row: R, { id, version }: RowRules<R>): Change<R> {
  return { id: id(row), version: version(row), row };
}

/** Applies one change and notes its version. Returns the same array when nothing changes. */
export function apply<R>(rows: readonly R[], change: Change<R>, rules: RowRules<R>, versions: Versions): readonly R[] {
  const held = rows.find((row) => rules.id(row) === change.id);
  const relation = relate(held, change, rules, versions);
  if (relation === "old") return rows;
  versions.note(change);
  if (relation === "same") return rows;
  return place(rows, change.id, change.row, rules);
}

/** `same`: the version that is held, said again; `old`: nothing new. */
function relate<R>(
  held: R | undefined,
  { id, version, row, channel }: Change<R>,
  rules: RowRules<R>,
  versions: Versions,
): "news" | "same" | "old" {
  const noted = versions.get(id);
  const known = (held && rules.version(held)) ?? noted?.version;
  if (known === undefined || version === undefined || version > known) return "news";
  if (version < known) return "old";
  const heard = noted?.version === version ? noted.channel : undefined;
  const elsewhere = heard !== undefined && channel !== undefined && heard !== channel;
  if (row === null) return held === undefined || elsewhere ? "old" : "news";
  if (held === undefined) return elsewhere && noted?.gone ? "news" : "old";
  return "same";
}

/** Puts a row where it belongs: in place of the one that is held, among the others, or nowhere. */
export function place<R>(rows: readonly R[], id: string, row: R | null, rules: RowRules<R>): readonly R[] {
  const at = rows.findIndex((each) => rules.id(each) === id);
  const held = rows[at];
  const stays = row !== null && (rules.matches?.(row) ?? held !== undefined);
  if (!stays) return held === undefined ? rows : rows.toSpliced(at, 1);
  const next = replaceEqualDeep(held, row);
  if (next === held) return rows;
  const placed = held === undefined ? [...rows, next] : rows.with(at, next);
  return rules.sort ? placed.sort(rules.sort) : placed;
}

/**
 * Takes a fetched snapshot, which was read after everything that was heard before its fetch began: it decides over that, lower
 * versions included (an id that is used anew). Rows that did not change keep their identity, and so does the whole.
 */
export function install<R>(
  held: readonly R[],
  snapshot: readonly R[],
  rules: RowRules<R>,
  versions: Versions,
): readonly R[] {
  const before = new Map(held.map((row) => [rules.id(row), row]));
  const rows = snapshot.map((row) => {
    const id = rules.id(row);
    if (rules.version(row) !== undefined) versions.forget(id);
    return replaceEqualDeep(before.get(id), row);
  });
  if (rules.sort) rows.sort(rules.sort);
  const same = rows.length === held.length && rows.every((row, index) => row === held[index]);
  return same ? held : rows;
}

/** Keeps of each row only the newest change on each channel: what a fetch has to remember is bounded by the rows that change. */
export function note<R>(heard: Map<string, Change<R>>, change: Change<R>): void {
  const key = `${change.channel ?? ""} ${change.id}`;
  const known = heard.get(key);
  const older = known?.version !== undefined && change.version !== undefined && change.version < known.version;
  const kept = known?.version === change.version && known?.version !== undefined && change.row !== null;
  if (older || kept) return;
  heard.delete(key);
  heard.set(key, change);
}
