import {
  type APIRequestContext,
  type Browser,
  test as base,
  expect,
  type Locator,
  type Page,
  request,
} from "@playwright/test";
import type { LocationNeeds, Need, Schedule, SeenOffer, Staff, TemplateShift, TimeOff } from "../src/api/types";
import { type Server, startServer, type Transport } from "./server";

export interface Options {
  readonly transport: Transport;
}

export const MANAGER = "manager@example.com";
export const STAFF = "staff@example.com";
export const PASSWORD = "demo";

/** How long a page may take to be there: on a machine that does other things, too, longer than anything on it. */
export const ARRIVAL = { timeout: 30_000 };

let year = 2030;

/**
 * The Monday of a week that no other test of this worker uses: some share a database. The first one of a January, so that
 * the North Ward's clocks are an hour ahead of UTC.
 */
export function ownWeek(): string {
  year += 1;
  const first = new Date(Date.UTC(year, 0, 1));
  const monday = new Date(Date.UTC(year, 0, 1 + ((8 - first.getUTCDay()) % 7)));
  return monday.toISOString().slice(0, 10);
}

/** The n-th day of a week, Monday first. */
export const dayOf = (monday: string, day: number) => at(monday, day, 0).slice(0, 10);

export const weekAt = (url: string, monday: string) => `${url}/week?week=${monday}`;

/** The instant of an hour (UTC) on the n-th day of a week, Monday first. */
export function at(monday: string, day: number, hour: number): string {
  const start = Date.parse(`${monday}T00:00:00Z`);
  return new Date(start + (day * 24 + hour) * 3_600_000).toISOString().replace(".000", "");
}

/** The REST API in somebody's name, as another program would use it. */
export class Desk {
  readonly me: Staff;
  readonly #context: APIRequestContext;

  private constructor(context: APIRequestContext, me: Staff) {
    this.#context = context;
    this.me = me;
  }

  static async open(url: string, email: string): Promise<Desk> {
    const login = await request.newContext({ baseURL: url });
    const answer = await login.post("/api/auth/login", { data: { email, password: PASSWORD } });
    const { access_token, staff } = await answer.json();
    await login.dispose();
    const extraHTTPHeaders = { authorization: `Bearer ${access_token}` };
    return new Desk(await request.newContext({ baseURL: url, extraHTTPHeaders }), staff);
  }

  async #send<T>(method: string, path: string, data?: object): Promise<T> {
    const answer = await this.#context.fetch(path, { method, ...(data ? { data } : {}) });
    expect(answer.ok(), `${method} ${path}: ${await answer.text()}`).toBe(true);
    return (answer.status() === 204 ? undefined : await answer.json()) as T;
  }

  async get(monday: string, id: number): Promise<Schedule | undefined> {
    return (await this.#shifts(monday)).find((shift) => shift.id === id);
  }

  readonly staff = () => this.#send<Staff[]>("GET", "/api/staff");

  /** The number of the person whose name begins so. */
  async idOf(name: string): Promise<number> {
    const found = (await this.staff()).find((person) => person.name.startsWith(name));
    if (!found) throw new Error(`Nobody in the team is called ${name}`);
    return found.id;
  }

  readonly add = (fields: Partial<Schedule> & { accept?: string[] }) =>
    this.#send<Schedule>("POST", "/api/schedules", {
      staff_id: null,
      role: "Nurse",
      location: "North Ward",
      ...fields,
    });
  readonly change = ({ id, version }: Schedule, fields: Partial<Schedule>) =>
    this.#send<Schedule>("PATCH", `/api/schedules/${id}`, { ...fields, version });
  readonly remove = ({ id, version }: Schedule) =>
    this.#send<void>("DELETE", `/api/schedules/${id}?version=${version}`);
  readonly hire = (who: {
    name: string;
    email: string;
    role?: Staff["role"];
    password?: string;
    contract?: object;
  }) => {
    const contract = { name: "Full time", hours_per_week: 40, rest_hours: 11 };
    return this.#send<Staff>("POST", "/api/staff", { role: "staff", skills: ["Nurse"], contract, ...who });
  };
  readonly changeStaff = ({ id, version }: Staff, fields: Partial<Staff>) =>
    this.#send<Staff>("PATCH", `/api/staff/${id}`, { ...fields, version });
  readonly needs = () => this.#send<LocationNeeds[]>("GET", "/api/needs");
  readonly need = (seen: LocationNeeds, needs: readonly Need[]) =>
    this.#send<LocationNeeds>("PUT", "/api/needs", { location: seen.location, version: seen.version, needs });
  readonly template = (name: string, shifts: readonly TemplateShift[]) =>
    this.#send<object>("POST", "/api/templates", { name, shifts });
  readonly askOff = (fields: Pick<TimeOff, "starts_at" | "ends_at" | "note"> & Partial<Pick<TimeOff, "staff_id">>) =>
    this.#send<TimeOff>("POST", "/api/timeoff", fields);

  /** Time off that is approved already. */
  readonly giveOff = async (staff_id: number, span: Pick<TimeOff, "starts_at" | "ends_at">) => {
    const { id, version } = await this.#send<TimeOff>("POST", "/api/timeoff", { staff_id, ...span, note: "" });
    return this.#send<TimeOff>("POST", `/api/timeoff/${id}/approve`, { version, note: "" });
  };

  readonly offer = ({ id, version }: Schedule, { wanted, note = "" }: { wanted?: Schedule; note?: string }) => {
    const other = wanted && { id: wanted.id, version: wanted.version };
    return this.#send<SeenOffer>("POST", "/api/offers", { schedule: { id, version }, wanted: other, note });
  };

  readonly accept = ({ id, version }: SeenOffer) =>
    this.#send<SeenOffer>("POST", `/api/offers/${id}/accept`, { version });

  /** The published shifts that end after now. */
  readonly ahead = () =>
    this.#send<Schedule[]>("GET", `/api/schedules?status=published&from=${new Date().toISOString()}`);

  /** "id/version" of every shift that starts in the week, sorted. */
  async rows(monday: string, status?: Schedule["status"]): Promise<string[]> {
    const rows = await this.#shifts(monday, status);
    const first = at(monday, 0, 0);
    return rows
      .filter(({ starts_at }) => starts_at >= first)
      .map((row) => `${row.id}/${row.version}`)
      .sort();
  }

  #shifts(monday: string, status?: Schedule["status"]): Promise<Schedule[]> {
    const query = new URLSearchParams({ from: at(monday, 0, 0), to: at(monday, 7, 0), ...(status ? { status } : {}) });
    return this.#send<Schedule[]>("GET", `/api/schedules?${query}`);
  }

  async close(): Promise<void> {
    await this.#context.dispose();
  }
}

/** One person at one browser: a context of their own, signed in. */
export class Person {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** Opens the address of a page, signed in: with the cookie that the form would have brought. */
  async arrive(address: string, email: string): Promise<void> {
    const data = { email, password: PASSWORD };
    const answer = await this.page.context().request.post(new URL("/api/auth/login", address).href, { data });
    expect(answer.ok(), await answer.text()).toBe(true);
    await this.page.goto(address);
    await expect(this.page.getByRole("button", { name: /: (account|Konto)$/ })).toBeVisible(ARRIVAL);
  }

  /** Opens a week by its address and waits until it is live. */
  async openWeek(url: string, monday: string): Promise<void> {
    await this.page.goto(weekAt(url, monday));
    await this.isLive();
  }

  async isLive(): Promise<void> {
    await expect(this.dot("Live")).toBeVisible(ARRIVAL);
    await expect(this.page.locator("[aria-busy=false]")).toBeVisible(ARRIVAL);
  }

  card(shift: { id: number }): Locator {
    return this.page.locator(`[data-schedule="${shift.id}"]`);
  }

  /** Chooses an entry of the week's "More". */
  async choose(entry: string): Promise<void> {
    await this.page.getByRole("button", { name: "More", exact: true }).click();
    await this.page.getByRole("menuitem", { name: entry }).click();
  }

  cell(staffId: number | null, day: string): Locator {
    return this.page.locator(`tr[data-staff="${staffId ?? "open"}"] td[data-day="${day}"]`);
  }

  dot(words: string): Locator {
    return this.page.getByRole("button", { name: `Connection: ${words}.` });
  }

  /** "id/version" of every shift on the screen, sorted. */
  readonly rows = (): Promise<string[]> =>
    this.page
      .locator("[data-schedule]")
      .evaluateAll((cards) =>
        cards.map((card) => `${card.getAttribute("data-schedule")}/${card.getAttribute("data-version")}`).sort(),
      );

  /** Collects what the page says to screen readers from now on. */
  async listen(): Promise<() => Promise<string[]>> {
    await this.page.evaluate(() => {
      const said: string[] = [];
      const region = document.querySelector('[role="status"]');
      if (!region) throw new Error("The page has no live region");
      new MutationObserver(() => said.push(region.textContent ?? "")).observe(region, {
        childList: true,
        characterData: true,
        subtree: true,
      });
      Object.assign(window, { said });
    });
    return () => this.page.evaluate(() => (window as unknown as { said: string[] }).said);
  }
}

interface Arrival {
  /** The week to arrive at, live; without it the current one, as it is. */
  readonly week?: string;
  /** The page to arrive at instead, as it is: "/open". */
  readonly page?: string;
  /** Where they reach the server another way. */
  readonly url?: string;
  readonly phone?: boolean;
  readonly tablet?: boolean;
  /** As the settings keep it. */
  readonly language?: string;
}

export type Arrive = (email: string, arrival?: Arrival) => Promise<Person>;

interface Fixtures {
  /** Opens a browser of their own for somebody and signs them in. */
  readonly person: Arrive;
  /** Another tab of the same person. */
  readonly tab: (of: Person) => Promise<Person>;
  /** A server that a few tests share. */
  readonly server: Server;
  /** A server for this test alone, with the demo's team and nobody else. */
  readonly alone: Server;
  /** The REST API in the manager's name, and in somebody else's. */
  readonly desk: Desk;
  readonly deskOf: (email: string, url?: string) => Promise<Desk>;
}

/**
 * So many tests of a worker share a server, then the next ones get a new one. What tests leave behind makes pages longer
 * and slower, and of a plan with more people than that only the rows near what is seen are drawn.
 */
const TESTS_PER_SERVER = 8;

/** A worker's servers, one after another. */
class Servers {
  readonly #transport: Transport;
  #server: Server | null = null;
  #tests = 0;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** The server for one more test. */
  async take(): Promise<Server> {
    if (this.#tests === TESTS_PER_SERVER) await this.stop();
    this.#server ??= await startServer(this.#transport);
    this.#tests += 1;
    return this.#server;
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
    this.#server = null;
    this.#tests = 0;
  }
}

interface WorkerFixtures {
  readonly servers: Servers;
}

/** Runs in the page. */
function keep(language: string): void {
  localStorage.setItem("scheduling:settings", JSON.stringify({ language }));
}

const TABLET = { viewport: { width: 1180, height: 820 }, hasTouch: true };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

export const test = base.extend<Fixtures, Options & WorkerFixtures>({
  transport: ["native", { option: true, scope: "worker" }],
  servers: [
    async ({ transport }, use) => {
      const servers = new Servers(transport);
      await use(servers);
      await servers.stop();
    },
    { scope: "worker" },
  ],
  server: [async ({ servers }, use) => use(await servers.take()), { timeout: 90_000 }],
  alone: async ({ transport }, use) => {
    const server = await startServer(transport);
    await use(server);
    await server.stop();
  },
  person: async ({ browser, server }, use) => {
    const opened: Awaited<ReturnType<Browser["newContext"]>>[] = [];
    await use(async (email, { week, page, url = server.url, phone = false, tablet = false, language } = {}) => {
      const context = await browser.newContext(phone ? PHONE : tablet ? TABLET : {});
      opened.push(context);
      if (language) await context.addInitScript(keep, language);
      const person = new Person(await context.newPage());
      await person.arrive(page ? url + page : week ? weekAt(url, week) : url, email);
      if (week) await person.isLive();
      return person;
    });
    for (const context of opened) await context.close();
  },
  // biome-ignore lint/correctness/noEmptyPattern: Playwright wants to see which fixtures it takes
  tab: async ({}, use) => {
    await use(async (of) => new Person(await of.page.context().newPage()));
  },
  deskOf: async ({ server }, use) => {
    const opened: Desk[] = [];
    await use(async (email, url = server.url) => {
      const desk = await Desk.open(url, email);
      opened.push(desk);
      return desk;
    });
    for (const desk of opened) await desk.close();
  },
  desk: async ({ deskOf }, use) => use(await deskOf(MANAGER)),
});

export { expect };
