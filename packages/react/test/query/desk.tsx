/** A database behind a REST endpoint and a scripted server's channel, and components that show what is live of it. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { type ChannelEvent, channel } from "@tidings/client";
import type { LoggedEvent, ScriptedServer } from "@tidings/client/testing";
import { TidingsProvider } from "@tidings/react";
import { type ReactNode, StrictMode } from "react";

export interface Shift {
  readonly id: number;
  readonly version: number;
  readonly day: string;
  readonly title: string;
}

export type ShiftEvent =
  | ChannelEvent<"shift:saved", { shift: Shift }>
  | ChannelEvent<"shift:deleted", { shiftId: number }>;

export const Shifts = () => channel<ShiftEvent>("shifts");

/** What the events of `Shifts` say. */
export const rowOf = (event: ShiftEvent): Shift | null => (event.type === "shift:saved" ? event.payload.shift : null);

/** Rows on record, told on channel "shifts" once they are committed. */
export class Database {
  readonly rows = new Map<number, Shift>();
  readonly #server: () => ScriptedServer;
  #versions = new Map<number, number>();
  /** How often it was read. */
  reads = 0;
  /** What the next reads wait for. */
  gate: Promise<void> = Promise.resolve();
  failure: Error | null = null;

  constructor(server: () => ScriptedServer) {
    this.#server = server;
  }

  readonly list = async (day?: string): Promise<readonly Shift[]> => {
    this.reads += 1;
    if (this.failure) throw this.failure;
    const rows = this.of(day);
    await this.gate;
    return rows;
  };

  of(day?: string): readonly Shift[] {
    const rows = [...this.rows.values()].filter((row) => day === undefined || row.day === day);
    return rows.sort((a, b) => a.id - b.id);
  }

  /** Commits without telling anybody. */
  commit(id: number, fields: Partial<Pick<Shift, "day" | "title">> = {}): Partial<LoggedEvent> {
    const version = (this.#versions.get(id) ?? 0) + 1;
    this.#versions.set(id, version);
    const before = this.rows.get(id) ?? { day: "mon", title: "" };
    const shift = { ...before, ...fields, id, version };
    this.rows.set(id, shift);
    return { type: "shift:saved", payload: { shift }, key: `shift:${id}`, version };
  }

  save(id: number, fields: Partial<Pick<Shift, "day" | "title">> = {}, more: Partial<LoggedEvent> = {}): void {
    this.#server().publish("shifts", { ...this.commit(id, fields), ...more });
  }

  remove(id: number, more: Partial<LoggedEvent> = {}): void {
    this.#server().publish("shifts", { ...this.drop(id), ...more });
  }

  /** Deletes without telling anybody. */
  drop(id: number): Partial<LoggedEvent> {
    const version = (this.#versions.get(id) ?? 0) + 1;
    this.#versions.set(id, version);
    this.rows.delete(id);
    return { type: "shift:deleted", payload: { shiftId: id }, key: `shift:${id}`, version };
  }
}

export function newQueries(): QueryClient {
  return new QueryClient();
}

export function inPage(ui: ReactNode, queries: QueryClient): ReactNode {
  return (
    <StrictMode>
      <QueryClientProvider client={queries}>
        <TidingsProvider url="ws://server/ws" getToken={() => "t"}>
          {ui}
        </TidingsProvider>
      </QueryClientProvider>
    </StrictMode>
  );
}

/** A promise that is settled from outside. */
export function later<T = void>() {
  let resolve: (value: T) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<T>((settle, fail) => {
    resolve = settle;
    reject = fail;
  });
  return { promise, resolve, reject };
}

export const titles = (rows: readonly Shift[] | undefined) =>
  rows === undefined ? "-" : rows.map(({ id, title }) => `${id}${title}`).join(" ");
