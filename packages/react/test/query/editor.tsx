/** A page with two days of shifts and an editor, whose server answers when a test says so. */
import type { QueryClient } from "@tanstack/react-query";
import { act } from "@testing-library/react";
import { channel } from "@tidings/client";
import {
  type EditContext,
  type LiveMutationOptions,
  type Outcome,
  type UseLiveMutation,
  useLiveMutation,
  useLiveQuery,
} from "@tidings/react/query";
import { useHeldEdits } from "@tidings/react/query/offline";
import { afterEach, beforeEach } from "vitest";
import { mount, type Page, pass, scriptedPage } from "../page.js";
import { Database, inPage, later, newQueries, rowOf, type Shift, type ShiftEvent, titles } from "./desk.js";

/** `title` undefined: the shift is deleted. */
export interface Edit {
  readonly id: number;
  readonly title?: string;
  readonly day?: string;
  /** Another row that gets the same title. */
  readonly other?: number;
  /** The version that it was made from. */
  readonly seen?: number;
}

/** The answer to somebody who was not first. */
export class Stale extends Error {
  readonly current: Shift | null;

  constructor(current: Shift | null) {
    super("stale");
    this.current = current;
  }
}

interface Asked {
  readonly input: Edit;
  readonly context: EditContext;
  /** The version of the row that it was sent with. */
  readonly version: number | undefined;
  readonly answer: ReturnType<typeof later<Shift | undefined>>;
}

type Options = LiveMutationOptions<Edit, Shift, Shift | undefined>;

interface DeskOptions extends Pick<Partial<Options>, "timeout" | "answered" | "edit" | "offline"> {
  /** The answer brings its row. */
  readonly tellsRows?: boolean;
  /** The channel of the second day. */
  readonly tuesdays?: string;
  readonly versions?: boolean;
}

export const rowsOfAnswer = (answer: Shift | undefined) => (answer ? [answer] : []);

/** All that an edit says of its rows. */
export function editOf({ id: first, other, seen: version, ...fields }: Edit) {
  return [first, ...(other === undefined ? [] : [other])].map((id) => ({
    id,
    version,
    row: (row: Shift | undefined) =>
      fields.title === undefined ? null : { version: 0, day: "mon", id, ...row, title: "", ...fields },
  }));
}

function Day({ database, day, on, versions }: { database: Database; day: string; on: string; versions: boolean }) {
  const { data } = useLiveQuery({
    queryKey: ["shifts", day],
    queryFn: () => database.list(day),
    channel: channel<ShiftEvent>(on),
    row: rowOf,
    version: versions ? undefined : () => undefined,
    matches: (row) => row.day === day,
    sort: (a, b) => a.id - b.id,
  });
  return <p>{titles(data)}</p>;
}

function Editor({ editor, options }: { editor: ScriptedEditor; options: DeskOptions }) {
  const { tellsRows = true, tuesdays: _, versions: __, ...rest } = options;
  editor.shifts = useLiveMutation({
    queryKey: ["shifts"],
    mutationFn: editor.send,
    edit: editOf,
    answered: tellsRows ? rowsOfAnswer : undefined,
    conflict: (error) => (error instanceof Stale ? { current: error.current, by: "Mona" } : null),
    ...rest,
  });
  return (
    <>
      <i>{editor.shifts.pending}</i>
      <b>
        {useHeldEdits(["shifts"])
          .map(({ ids }) => ids.join("+"))
          .join(" ")}
      </b>
    </>
  );
}

export class ScriptedEditor {
  readonly #page: Page;
  database: Database;
  queries: QueryClient;
  /** What the server was asked, and how each is answered. */
  asked: Asked[] = [];
  /** The rows of the edits that the page marks as held. */
  held: () => string = () => "";
  shifts: UseLiveMutation<Edit, Shift, Shift | undefined> = { mutate: () => Promise.reject(), pending: 0 };

  constructor(page: Page) {
    this.#page = page;
    this.database = new Database(() => page.server);
    this.queries = newQueries();
  }

  get server() {
    return this.#page.server;
  }

  readonly send = (input: Edit, context: EditContext): Promise<Shift | undefined> => {
    const answer = later<Shift | undefined>();
    this.asked.push({ input, context, version: context.versionOf(input.id), answer });
    return answer.promise;
  };

  /** Mounts the page. Gives what it shows of each day. */
  async desk(options: DeskOptions = {}) {
    const { tuesdays = "shifts", versions = true } = options;
    const page = (
      <>
        <Day database={this.database} day="mon" on="shifts" versions={versions} />
        <Day database={this.database} day="tue" on={tuesdays} versions={versions} />
        <Editor editor={this} options={options} />
      </>
    );
    const { container } = await mount(inPage(page, this.queries));
    this.held = () => container.querySelector("b")?.textContent ?? "";
    await pass(10);
    return () => [...container.querySelectorAll("p")].map((each) => each.textContent);
  }

  /** Edits, and keeps what became of it. */
  async edit(input: Edit): Promise<{ outcome?: Outcome<Shift | undefined, Shift> }> {
    const kept: { outcome?: Outcome<Shift | undefined, Shift> } = {};
    await act(async () => {
      void this.shifts.mutate(input).then((outcome) => Object.assign(kept, { outcome }));
    });
    return kept;
  }

  async cut(): Promise<void> {
    this.server.opens = false;
    this.server.socket.end(1006);
    await pass(10);
  }

  async mend(): Promise<void> {
    this.server.opens = true;
    this.server.socket.end(1006);
    window.dispatchEvent(new Event("online"));
    await pass(1_100);
  }

  /** Saves without telling anybody but whom it is the answer to. */
  saved(id: number, fields: Partial<Shift>): Shift | undefined {
    this.database.commit(id, fields);
    return this.database.rows.get(id);
  }
}

/** Call once at the top of a test file: each test has a server, a database and a cache of its own. */
export function scriptedEditor(): ScriptedEditor {
  const page = scriptedPage();
  const editor = new ScriptedEditor(page);
  beforeEach(() => {
    editor.database = new Database(() => page.server);
    editor.queries = newQueries();
    editor.asked = [];
  });
  afterEach(() => editor.queries.clear());
  return editor;
}
