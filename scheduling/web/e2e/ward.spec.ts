import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { APIRequestContext, Request } from "@playwright/test";
import type { Schedule, Staff, TimeOff } from "../src/api/types";
import { at, expect, MANAGER, PASSWORD, type Person, STAFF, test } from "./fixtures";
import { startServer } from "./server";

const ROOT = join(import.meta.dirname, "../../..");
const WARD = join(process.env.TIDINGS_SHARED ?? join(ROOT, "../shared"), "data/inrc2/n012w8");
const FIRST_MONDAY = "2026-11-23";
const MONDAYS = Array.from({ length: 8 }, (_, week) => at(FIRST_MONDAY, week * 7, 0).slice(0, 10));
const ASSIGNMENTS = 413;

/** In one of their zones a request of the demo or of the ward is whole days; else the first counts. */
const ZONES = ["Europe/Amsterdam", "Europe/Lisbon"] as const;

/** Who watches which week. Those who have `seen` all weeks before get the ward by events alone. */
const WATCHERS = [
  { email: MANAGER, week: 0, seen: false },
  { email: STAFF, week: 2, seen: true },
  { email: MANAGER, week: 5, seen: true },
  { email: "alice@example.com", week: 7, seen: false },
] as const;

/** One open dashboard, and the database as its person may read it. */
interface Dashboard {
  readonly person: Person;
  readonly database: Database;
  readonly week: number;
  readonly seen: boolean;
}

const enter = (url: string) =>
  promisify(execFile)(join(ROOT, ".venv/bin/scheduling"), [
    ...["import-inrc2", WARD, "--url", url],
    ...["--first-monday", FIRST_MONDAY, "--rate", "50"],
  ]);

/** "2026-11-23 07:00" on the clocks of a zone. */
const clock = (instant: string | number, zone: string) =>
  new Date(instant).toLocaleString("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "short" });

/** The dates that a request takes; one that ends at midnight ends the day before. */
function daysOff({ starts_at, ends_at }: TimeOff): string[] {
  const whole = (zone: string) => [starts_at, ends_at].every((instant) => clock(instant, zone).endsWith(" 00:00"));
  const zone = ZONES.find(whole) ?? ZONES[0];
  const [first, last] = [clock(starts_at, zone).slice(0, 10), clock(Date.parse(ends_at) - 1, zone).slice(0, 10)];
  const length = (Date.parse(last) - Date.parse(first)) / 86_400_000 + 1;
  return Array.from({ length }, (_, day) => at(first, day, 0).slice(0, 10));
}

/** What the REST API says to one person. */
class Database {
  readonly #context: APIRequestContext;
  readonly #url: string;
  readonly #token: string;

  private constructor(context: APIRequestContext, url: string, token: string) {
    this.#context = context;
    this.#url = url;
    this.#token = token;
  }

  static async open(context: APIRequestContext, url: string, email: string): Promise<Database> {
    const answer = await context.post(`${url}/api/auth/login`, { data: { email, password: PASSWORD } });
    expect(answer.ok(), await answer.text()).toBe(true);
    return new Database(context, url, (await answer.json()).access_token);
  }

  async #get<T>(path: string, params: Record<string, string> = {}): Promise<T[]> {
    const headers = { authorization: `Bearer ${this.#token}` };
    const answer = await this.#context.get(`${this.#url}/api/${path}`, { params, headers });
    expect(answer.ok(), await answer.text()).toBe(true);
    return await answer.json();
  }

  readonly schedules = (from: string, to: string) => this.#get<Schedule>("schedules", { from, to });

  /** What a week has to show: each person, each shift in its cell, each day of leave in its cell. Sorted. */
  async rows(monday: string): Promise<string[]> {
    // Beyond the week on both sides, as its days begin and end at each place's own midnight.
    const between = { from: at(monday, -1, 0), to: at(monday, 8, 0) };
    const days = Array.from({ length: 7 }, (_, day) => at(monday, day, 0).slice(0, 10));
    const [staff, schedules, timeOff] = await Promise.all([
      this.#get<Staff>("staff"),
      this.schedules(between.from, between.to),
      this.#get<TimeOff>("timeoff", between),
    ]);
    const shifts = schedules.map((row) => ({ row, day: clock(row.starts_at, row.timezone).slice(0, 10) }));
    const leave = timeOff.filter(({ status }) => status === "pending" || status === "approved");
    return [
      ...["open", ...staff.map((each) => each.id)].map((id) => `line ${id}`),
      ...shifts
        .filter(({ day }) => days.includes(day))
        .map(({ row, day }) => `shift ${row.id}/${row.version} in ${row.staff_id ?? "open"}/${day}`),
      ...leave.flatMap((row) =>
        daysOff(row)
          .filter((day) => days.includes(day))
          .map((day) => `leave ${row.id}/${row.status} in ${row.staff_id}/${day}`),
      ),
    ].sort();
  }
}

/** The same, as it is on the screen. */
const shown = ({ page }: Person) =>
  page.locator("tr[data-staff], [data-schedule], [data-timeoff]").evaluateAll((elements) =>
    elements
      .map((element) => {
        const { staff, schedule, version, timeoff, status } = (element as HTMLElement).dataset;
        if (staff) return `line ${staff}`;
        const line = element.closest("tr")?.dataset.staff;
        const cell = `${line}/${element.closest("td")?.dataset.day}`;
        return schedule ? `shift ${schedule}/${version} in ${cell}` : `leave ${timeoff}/${status} in ${cell}`;
      })
      .sort(),
  );

async function showsTheDatabase({ person, database }: Dashboard, week: number): Promise<void> {
  const monday = MONDAYS[week] ?? "";
  const rows = await database.rows(monday);
  await expect.poll(() => shown(person), `the week of ${monday}`).toEqual(rows);
}

/** From its week to the first, on to the last, and back, by the buttons: the page is never loaded again. */
async function walk(dashboard: Dashboard): Promise<void> {
  const { page } = dashboard.person;
  const last = MONDAYS.length - 1;
  let week = dashboard.week;
  for (const goal of [0, last, dashboard.week]) {
    while (week !== goal) {
      week += Math.sign(goal - week);
      const name = goal < week || week === goal && goal !== last ? "Previous week" : "Next week";
      await page.getByRole("button", { name }).click();
      await showsTheDatabase(dashboard, week);
    }
  }
}
