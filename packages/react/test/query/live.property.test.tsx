/**
 * Commits, their events, fetches, resets and cuts in any order. Whatever happens, in the end each query holds exactly the rows of the
 * database that belong to it, and says that it is live; no row is ever shown at a version that was never committed.
 */
import type { QueryClient } from "@tanstack/react-query";
import { cleanup } from "@testing-library/react";
import type { LoggedEvent } from "@tidings/client/testing";
import { pick, ScriptedServer, seeded } from "@tidings/client/testing";
import { useLiveQuery } from "@tidings/react/query";
import { afterEach, expect, test, vi } from "vitest";
import { mount, pass, scriptedPage } from "../page.js";
import { Database, inPage, newQueries, rowOf, type Shift, type ShiftEvent, Shifts, titles } from "./desk.js";

const page = scriptedPage();
afterEach(() => vi.restoreAllMocks());

const DAYS = ["mon", "tue"];

/** How a query hears: with versions or by the order of the channel, choosing rows itself or fetching again. */
interface Kind {
  readonly day: string | undefined;
  readonly versions: boolean;
  readonly matches: boolean;
}

const KINDS: readonly Kind[] = [undefined, "mon"].flatMap((day) =>
  [true, false].flatMap((versions) => [true, false].map((matches) => ({ day, versions, matches }))),
);

/** The last event of a history says nothing of a row: it only shows a gap that nobody has noticed yet. */
const told = (event: ShiftEvent) => (event.key === undefined ? undefined : rowOf(event));

function Rows({ kind, read }: { kind: Kind; read: (day?: string) => Promise<readonly Shift[]> }) {
  const { day, versions, matches } = kind;
  const { data, live } = useLiveQuery({
    queryKey: ["rows", kind],
    queryFn: () => read(day),
    channel: Shifts(),
    row: told,
    version: versions ? undefined : () => undefined,
    matches: matches ? (row) => day === undefined || row.day === day : undefined,
    sort: (a, b) => a.id - b.id,
  });
  return <p data-kind={JSON.stringify(kind)}>{`${live.status}: ${titles(data)}`}</p>;
}

/** A database whose commits are told later, in order, and whose reads take time. */
class World {
  readonly #random: () => number;
  readonly #database = new Database(() => page.server);
  #untold: Partial<LoggedEvent>[] = [];
  #changes = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Read at a moment between the question and the answer; now and then it fails. */
  readonly read = async (day?: string): Promise<readonly Shift[]> => {
    await this.#takes();
    const rows = this.#database.of(day);
    await this.#takes();
    if (this.#random() < 0.1) throw new Error("unlucky");
    return rows;
  };

  rows(day?: string): readonly Shift[] {
    return this.#database.of(day);
  }

  step(): void {
    const log = page.server.log("shifts");
    pick(this.#random, [
      () => this.#change(),
      () => this.#change(),
      () => this.#change(),
      () => this.tell(1),
      () => this.tell(2),
      () => this.#unheard(),
      () => page.server.sockets.at(-1)?.end(1006),
      () => {
        log.first = Math.max(log.first, log.events.length);
      },
      () => {
        log.epoch += "'";
      },
    ])();
  }

  /** Publishes commits, oldest first. */
  tell(count = this.#untold.length): void {
    for (const event of this.#untold.splice(0, count)) page.server.publish("shifts", event);
  }

  #change(): void {
    this.#changes += 1;
    const id = 1 + Math.floor(this.#random() * 5);
    const known = this.#database.rows.has(id);
    if (known && this.#random() < 0.25) this.#untold.push(this.#database.drop(id));
    else this.#untold.push(this.#database.commit(id, { title: `v${this.#changes}`, day: pick(this.#random, DAYS) }));
  }

  #unheard(): void {
    const lost = [...page.server.members.values()].filter((channels) => channels.delete("shifts"));
    this.tell(1);
    for (const channels of lost) channels.add("shifts");
  }

  #takes(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, this.#random() * 400));
  }
}

async function run(seed: number, queries: QueryClient) {
  const random = seeded(seed);
  vi.spyOn(Math, "random").mockImplementation(seeded(seed + 1_000_000));
  page.server = new ScriptedServer();
  vi.stubGlobal("WebSocket", page.server.WebSocket);
  const world = new World(random);
  const board = KINDS.map((kind) => <Rows key={JSON.stringify(kind)} kind={kind} read={world.read} />);
  const { container } = await mount(inPage(board, queries));
  for (let step = 0; step < 50; step += 1) {
    world.step();
    if (random() < 0.6) await pass(Math.floor(random() * 600));
  }
  world.tell();
  await pass(120_000);
  page.server.publish("shifts", { type: "unknown" });
  await pass(120_000);
  const shown = [...container.querySelectorAll("p")].map((each) => `${each.dataset.kind} ${each.textContent}`);
  const expected = KINDS.map((kind) => `${JSON.stringify(kind)} live: ${titles(world.rows(kind.day))}`);
  cleanup();
  await queries.cancelQueries();
  queries.clear();
  await pass(60_000);
  return { shown, expected };
}

test("200 histories of 50 steps end with every query equal to the database", async () => {
  for (let seed = 0; seed < 200; seed += 1) {
    const queries = newQueries();
    const { shown, expected } = await run(seed, queries);
    expect(shown, `seed ${seed}`).toEqual(expected);
  }
}, 120_000);
