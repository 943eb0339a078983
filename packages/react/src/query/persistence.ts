/** Rows and positions that outlive the page, in one entry: both are there or none. */
import type { Position } from "@tidings/client";
import type { Noted } from "./rows.js";

/** The part of `localStorage` and `sessionStorage` that is used. */
export type EntryStorage = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

export interface Entry {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly positions: Readonly<Record<string, Position>>;
  readonly data: unknown;
  readonly versions: readonly (readonly [string, Noted])[];
}

const PREFIX = "tidings:1:";
/** Milliseconds after which an entry is not used any more: servers keep their logs for a day. */
const KEPT = 86_400_000;
/** Queries that are kept; the oldest give way. */
const ENTRIES = 50;

/** The entry of a query; null, and removed, when it cannot be read or is too old. */
export function read(storage: EntryStorage, hash: string, now: number): Entry | null {
  const entry = parse(storage.getItem(PREFIX + hash));
  if (entry && now - entry.at < KEPT) return entry;
  remove(storage, hash);
  return null;
}

/** Replaces the entry of a query. Where there is no room, it is removed and the storage's own error is thrown. */
export function write(storage: EntryStorage, hash: string, entry: Entry): void {
  try {
    storage.setItem(PREFIX + hash, JSON.stringify(entry));
  } catch (error) {
    remove(storage, hash);
    throw error;
  }
  trim(storage);
}

export function remove(storage: EntryStorage, hash: string): void {
  storage.removeItem(PREFIX + hash);
}

/** Removes the entries that hold what came from this channel. */
export function removeOf(storage: EntryStorage, channel: string): void {
  for (const key of keys(storage)) {
    if (Object.hasOwn(parse(storage.getItem(key))?.positions ?? {}, channel)) storage.removeItem(key);
  }
}

/** Removes all that `persist` has kept in this storage: when somebody signs out, so that the next person finds nothing. */
export function forgetPersisted(storage: EntryStorage): void {
  for (const key of keys(storage)) storage.removeItem(key);
}

function trim(storage: EntryStorage): void {
  const all = keys(storage);
  if (all.length <= ENTRIES) return;
  const ages = all.map((key) => [key, parse(storage.getItem(key))?.at ?? 0] as const);
  const oldest = ages.sort(([, a], [, b]) => b - a).slice(ENTRIES);
  for (const [key] of oldest) storage.removeItem(key);
}

function keys(storage: EntryStorage): string[] {
  const all = Array.from({ length: storage.length }, (_, index) => storage.key(index));
  return all.filter((key) => key?.startsWith(PREFIX)) as string[];
}

/** Null for what is not an entry. */
function parse(text: string | null): Entry | null {
  try {
    const entry = JSON.parse(String(text)) as Entry;
    const { at, positions, versions } = entry;
    const whole =
      typeof at === "number" &&
      Object.values(positions).every(({ epoch, offset }) => typeof epoch === "string" && Number.isInteger(offset)) &&
      versions.every(([id, { version }]) => typeof id === "string" && typeof version === "number");
    return whole ? entry : null;
  } catch {
    return null; // Somebody else's text, or half of one: as good as none.
  }
}
