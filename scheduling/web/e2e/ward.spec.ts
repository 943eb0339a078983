import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { APIRequestContext, Page } from "@playwright/test";
import type { Schedule, Staff, TimeOff } from "../src/api/types";
import { at, expect, MANAGER, PASSWORD, type Person, STAFF, test } from "./fixtures";

const ROOT = join(import.meta.dirname, "../../..");
const WARD = join(process.env.TIDINGS_SHARED ?? join(ROOT, "../shared"), "data/inrc2/n012w8");
const ASSIGNMENTS = 413;

const dates = (first: string, length: number, days: number) =>
  Array.from({ length }, (_, index) => at(first, index * days, 0).slice(0, 10));

const MONDAYS = dates("2026-11-23", 8, 7) as [string, ...string[]];
const LAST = MONDAYS.length - 1;

/** Who watches which week. Who has `seen` all weeks before gets the whole ward by events alone. */
const WATCHERS = [
  { email: MANAGER, week: 0, seen: false },
  { email: STAFF, week: 2, seen: true },
  { email: MANAGER, week: 5, seen: true },
  { email: "alice@example.com", week: 7, seen: false },
];

/** A request is whole days in one of these, or is read in the first. */
const ZONES = ["Europe/Amsterdam", "Europe/Lisbon"] as const;

interface Dashboard {
  readonly person: Person;
  readonly database: Database;
  readonly week: number;
  readonly seen: boolean;
}

/** The REST API as one person may read it. */
interface Database {
  readonly staff: () => Promise<Staff[]>;
  readonly schedules: (from: string, to: string) => Promise<Schedule[]>;
  readonly timeOff: (from: string, to: string) => Promise<TimeOff[]>;
}

async function databaseOf(email: string, url: string, request: APIRequestContext): Promise<Database> {
  const answer = await request.post(`${url}/api/auth/login`, { data: { email, password: PASSWORD } });
  const headers = { authorization: `Bearer ${(await answer.json()).access_token}` };
  const get = async (path: string, params: Record<string, string> = {}) => {
    const rows = await request.get(`${url}/api/${path}`, { params, headers });
    expect(rows.ok(), await rows.text()).toBe(true);
    return await rows.json();
  };
  return {
    staff: () => get("staff"),
    schedules: (from, to) => get("schedules", { from, to }),
    timeOff: (from, to) => get("timeoff", { from, to }),
  };
}

/** Enters the ward as its user would; what the command prints. */
async function enter(url: string): Promise<string> {
  const args = ["import-inrc2", WARD, "--url", url, "--first-monday", MONDAYS[0], "--rate", "50"];
  return (await promisify(execFile)(join(ROOT, ".venv/bin/scheduling"), args)).stdout;
}

/** "2026-11-23 07:00" on the clocks of a zone. */
const clock = (instant: string | number, zone: string) =>
  new Date(instant).toLocaleString("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "short" });

const dateAt = (instant: string | number, zone: string) => clock(instant, zone).slice(0, 10);

/** The dates that a request touches; one that ends at midnight does not touch the next. */
function daysOff({ starts_at, ends_at }: TimeOff): string[] {
  const midnights = (zone: string) => [starts_at, ends_at].every((instant) => clock(instant, zone).endsWith(" 00:00"));
  const zone = ZONES.find(midnights) ?? ZONES[0];
  const [first, last] = [dateAt(starts_at, zone), dateAt(Date.parse(ends_at) - 1, zone)];
  return dates(first, (Date.parse(last) - Date.parse(first)) / 86_400_000 + 1, 1);
}

/** What a week has to show: every person, and in its cell every shift and every day off. Sorted. */
async function expected({ staff, schedules, timeOff }: Database, monday: string): Promise<string[]> {
  const week = dates(monday, 7, 1);
  // A day more on both sides: the week begins and ends at each place's own midnight.
  const between = [at(monday, -1, 0), at(monday, 8, 0)] as const;
  const shifts = (await schedules(...between)).map((row) => ({ row, day: dateAt(row.starts_at, row.timezone) }));
  const leave = (await timeOff(...between)).flatMap((row) => daysOff(row).map((day) => ({ row, day })));
  return [
    ...["open", ...(await staff()).map(({ id }) => id)].map((id) => `line ${id}`),
    ...shifts
      .filter(({ day }) => week.includes(day))
      .map(({ row, day }) => `shift ${row.id}/${row.version} at ${row.staff_id ?? "open"}, ${day}`),
    ...leave
      .filter(({ row, day }) => week.includes(day) && ["pending", "approved"].includes(row.status))
      .map(({ row, day }) => `leave ${row.id}/${row.status} at ${row.staff_id}, ${day}`),
  ].sort();
}

/** The same, read off the screen. */
const shown = (page: Page) =>
  page.locator("tr[data-staff], [data-schedule], [data-timeoff]").evaluateAll((elements) =>
    elements
      .map((element) => {
        const { staff, schedule, version, timeoff, status } = (element as HTMLElement).dataset;
        if (staff) return `line ${staff}`;
        const place = `${element.closest("tr")?.dataset.staff}, ${element.closest("td")?.dataset.day}`;
        return schedule ? `shift ${schedule}/${version} at ${place}` : `leave ${timeoff}/${status} at ${place}`;
      })
      .sort(),
  );

async function showsTheDatabase({ person, database }: Dashboard, week: number): Promise<void> {
  const monday = MONDAYS[week] ?? "";
  const rows = await expected(database, monday);
  await expect.poll(() => shown(person.page), `the week of ${monday}`).toEqual(rows);
}

async function go(dashboard: Dashboard, from: number, to: number): Promise<void> {
  const step = Math.sign(to - from);
  const name = step < 0 ? "Previous week" : "Next week";
  for (let week = from; week !== to; ) {
    await dashboard.person.page.getByRole("button", { name }).click();
    week += step;
    await showsTheDatabase(dashboard, week);
  }
}

/** Through all weeks, by the buttons; each has to show the database. */
async function walk(dashboard: Dashboard): Promise<void> {
  await go(dashboard, dashboard.week, 0);
  await go(dashboard, 0, LAST);
}

/** Shows its own week, and before that all the others when it shall have seen them. */
async function arrive(dashboard: Dashboard): Promise<void> {
  await showsTheDatabase(dashboard, dashboard.week);
  if (!dashboard.seen) return;
  await walk(dashboard);
  await go(dashboard, LAST, dashboard.week);
}

/** The documents and the rows that a page asks for from now on; rows by what is asked, such as "staff" or a week's drafts. */
function listenTo(page: Page): { readonly documents: string[]; readonly rows: string[] } {
  const asked = { documents: [] as string[], rows: [] as string[] };
  page.on("request", (request) => {
    const [, rows] = /\/api\/((staff|schedules|timeoff)\b.*)/.exec(request.url()) ?? [];
    if (request.isNavigationRequest()) asked.documents.push(request.url());
    if (rows) asked.rows.push(decodeURIComponent(rows));
  });
  return asked;
}

/**
 * Which of these ask for a week that was on the screen before, or is, or for the team: managers do, since what is told of a
 * newcomer to all staff is without the e-mail.
 */
function again(rows: readonly string[], weeks: readonly string[], email: string): string[] {
  const first = (row: string) => at(/from=([\d-]{10})/.exec(row)?.[1] ?? "", 1, 0).slice(0, 10);
  return rows.filter((row) => (row.startsWith("staff") ? email !== MANAGER : weeks.includes(first(row))));
}

test.skip(!existsSync(WARD), `the competition's ward is not at ${WARD} (TIDINGS_SHARED=…)`);

test("four dashboards watch a ward being entered and end with exactly the database's rows", async ({
  alone: { url },
  person,
  deskOf,
  request,
}) => {
  test.slow();
  const manager = await deskOf(MANAGER, url);
  for (const monday of MONDAYS) {
    await manager.add({ starts_at: at(monday, 3, 8), ends_at: at(monday, 3, 16), status: "draft" });
  }
  const dashboards = await Promise.all(
    WATCHERS.map(async ({ email, week, seen }) => {
      const arrival = { url, week: MONDAYS[week] ?? "" };
      return { week, seen, person: await person(email, arrival), database: await databaseOf(email, url, request) };
    }),
  );
  await Promise.all(dashboards.map(arrive));
  const asked = dashboards.map(({ person }) => listenTo(person.page));

  const summary = await enter(url);
  expect(summary).toMatch(/^schedules: +413 entered, 0 already there, 0 refused$/m);
  expect(summary).toMatch(/^time-off requests: +50 entered, 0 already there, 0 refused$/m);
  await Promise.all(dashboards.map((each) => showsTheDatabase(each, each.week)));
  // Neighbouring weeks are fetched ahead. What is there is kept current by events alone.
  const seenBefore = dashboards.map(({ seen, week }) => (seen ? MONDAYS : MONDAYS.slice(week, week + 1)));
  for (const [index, { rows }] of asked.entries())
    expect(again(rows, seenBefore[index] ?? [], WATCHERS[index]?.email ?? STAFF)).toEqual([]);

  await Promise.all(dashboards.map(walk));
  for (const [index, { database }] of dashboards.entries()) {
    const { documents = [], rows = [] } = asked[index] ?? {};
    expect(documents).toEqual([]);
    expect(again(rows, seenBefore[index] ?? [], WATCHERS[index]?.email ?? STAFF)).toEqual([]);
    // What they were compared with has all of the ward, and drafts for managers only.
    const all = await database.schedules(at(MONDAYS[0], 0, 0), at(MONDAYS[0], 56, 0));
    expect(all.filter(({ location }) => location === "n012w8")).toHaveLength(ASSIGNMENTS);
    const drafts = all.filter(({ status }) => status === "draft").length;
    if (WATCHERS[index]?.email === MANAGER) expect(drafts).toBeGreaterThanOrEqual(MONDAYS.length);
    else expect(drafts).toBe(0);
  }
});
