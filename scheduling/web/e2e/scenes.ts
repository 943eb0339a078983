import type { Page } from "@playwright/test";
import type { Schedule, Staff } from "../src/api/types";
import { english } from "../src/words/catalogue";
import { german } from "../src/words/german";
import { DIALOG } from "./axe";
import { ARRIVAL, at, type Desk, expect, MANAGER, STAFF } from "./fixtures";

export const CATALOGUES = { en: english, de: german };
export type Language = keyof typeof CATALOGUES;
type Words = (typeof CATALOGUES)[Language];

/** The words of a text that has names to fill in. */
export const like = (text: string) => new RegExp(text.replace(/[?.()]/g, "\\$&").replace(/{{[^}]*}}/g, ".*"));

/** A week with every look that a shift, leave or an offer can have. */
export interface Plan {
  /** Its Monday. */
  readonly week: string;
  /** Who has too little rest before Tuesday morning. */
  readonly late: Staff;
  /** Sam's shift that is in no offer. */
  readonly kept: Schedule;
  /** The manager's, for what happens while one looks. */
  readonly desk: Desk;
}

export async function fill(week: string, desk: Desk, sam: Desk, jonas: Desk): Promise<Plan> {
  const day = (number: number) => ({ starts_at: at(week, number, 8), ends_at: at(week, number, 16) });
  await desk.add({ ...day(0), note: "With a note" });
  await desk.add({ ...day(0), status: "draft" });
  await desk.add({ ...day(0), location: "South Ward", role: "Care assistant" });
  const mona = { staff_id: desk.me.id, role: "Head nurse" };
  await desk.add({ ...mona, starts_at: at(week, 1, 22), ends_at: at(week, 2, 6) });
  await desk.askOff({ starts_at: at(week, 4, -1), ends_at: at(week, 6, -1), note: "Two days" });
  const late = await desk.hire({ name: `Noor Visser ${week}`, email: `noor-a11y-${week}@example.com` });
  await desk.add({ staff_id: late.id, starts_at: at(week, 0, 14), ends_at: at(week, 0, 22) });

  await sam.askOff({ starts_at: at(week, 5, -1), ends_at: at(week, 6, -1), note: "A wedding" });
  const given = await desk.add({ staff_id: sam.me.id, ...day(1), note: "Keys" });
  const kept = await desk.add({ staff_id: sam.me.id, ...day(2) });
  const wanted = await desk.add({ staff_id: jonas.me.id, ...day(4) });
  await sam.offer(given, { wanted });
  await jonas.offer(wanted, { note: "Anybody?" });
  return { week, late, kept, desk };
}

export interface Stage extends Plan {
  readonly page: Page;
  readonly words: Words;
  /** Goes to a page of the dashboard, "/week" for one, as a link does: what was fetched before is not fetched again. */
  readonly visit: (path: string) => Promise<void>;
  /** Loads the dashboard anew, at a page: for scenes in which something is answered in the server's place. Costs a second. */
  readonly load: (path: string) => Promise<void>;
}

/** Opens something; what is to be read of it is given back where it is not the whole page. */
export type Scene = (stage: Stage) => Promise<string | undefined>;

export interface Act {
  readonly email: string;
  /** A phone has no grid. */
  readonly wideOnly?: boolean;
  readonly scenes: Readonly<Record<string, Scene>>;
}

export async function openWeek({ page, visit, week }: Stage, more = ""): Promise<void> {
  await visit(`/week?week=${week}${more}`);
  await expect(page.locator("[aria-busy=false]")).toBeVisible(ARRIVAL);
}

async function openNew(stage: Stage, staff: number | "open"): Promise<void> {
  await openWeek(stage, `&shift=new&staff=${staff}&day=${at(stage.week, 1, 0).slice(0, 10)}`);
  await expect(stage.page.getByRole("dialog")).toBeVisible();
}

async function openShift(stage: Stage): Promise<void> {
  await openWeek(stage);
  await stage.page.locator("[data-schedule]").first().click();
  await expect(stage.page.getByRole("dialog")).toBeVisible();
}

export async function openAccount({ page, words: { shell } }: Stage): Promise<void> {
  await page.getByRole("button", { name: like(shell.account) }).click();
}

/** A page with a heading, once its rows are there. */
export const pageAt =
  (path: string): Scene =>
  async ({ page, visit }) => {
    await visit(path);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible(ARRIVAL);
    await expect(page.locator(".mantine-Skeleton-root, [aria-busy=true]")).toHaveCount(0, ARRIVAL);
    return undefined;
  };

const WEEK: Act["scenes"] = {
  "the week": async (stage) => {
    await openWeek(stage);
    return undefined;
  },
  "a request in the week": async (stage) => {
    await openWeek(stage);
    await stage.page.locator("[data-timeoff]").first().click();
    await expect(stage.page.getByRole("dialog")).toBeVisible();
    return DIALOG;
  },
  "the list of drafts": async (stage) => {
    await openWeek(stage);
    const { publish_one } = stage.words.week;
    await stage.page.getByRole("button", { name: publish_one.replace("{{count}}", "1") }).click();
    await expect(stage.page.getByRole("dialog")).toBeVisible();
    return DIALOG;
  },
  "an empty week": async ({ page, visit, words }) => {
    await visit("/week?week=2100-01-04");
    await expect(page.getByText(words.week.empty.title)).toBeVisible();
    return undefined;
  },
  "a week that could not be loaded": async ({ page, load }) => {
    await page.route("**/api/staff*", (route) => route.fulfill({ status: 403, json: { title: "No" } }));
    await load("/week?week=2101-01-03");
    await expect(page.getByRole("alert")).toBeVisible();
    await page.unroute("**/api/staff*");
    return undefined;
  },
};

const GRID: Act["scenes"] = {
  "times typed into a cell, and why not": async (stage) => {
    await openWeek(stage);
    const { page, words } = stage;
    await page
      .getByRole("button", { name: like(words.plan.cell.addOpen) })
      .last()
      .click();
    await page.getByRole("textbox", { name: like(words.plan.entry.newTimes) }).fill("9-5");
    await page.keyboard.press("Enter");
    await expect(page.getByText(/ 9-17/).first()).toBeVisible();
    return undefined;
  },
  "the list of keys": async (stage) => {
    await openWeek(stage);
    await stage.page.keyboard.press("Shift+?");
    await expect(stage.page.getByRole("dialog", { name: stage.words.plan.keys.title })).toBeVisible();
    return DIALOG;
  },
};

const FORMS: Act["scenes"] = {
  "a shift's form": async (stage) => {
    await openShift(stage);
    return undefined;
  },
  "whether to delete a shift": async (stage) => {
    await openShift(stage);
    const { page, words } = stage;
    await page.getByRole("button", { name: words.shift.delete.this }).click();
    await expect(page.getByText(words.shift.delete.ask, { exact: true })).toBeVisible();
    return undefined;
  },
  "a form with its reasons": async (stage) => {
    await openNew(stage, "open");
    const { page, words } = stage;
    await page.getByRole("dialog").getByRole("button", { name: words.shift.publish }).click();
    await expect(page.getByText(words.shift.missing.role)).toBeVisible();
    return DIALOG;
  },
  "a form that a rule objects to": async (stage) => {
    await openNew(stage, stage.late.id);
    await expect(stage.page.getByRole("dialog").getByRole("status")).toContainText(stage.words.rules.maySoft);
    return DIALOG;
  },
  "who could take a shift": async (stage) => {
    await openNew(stage, "open");
    const { page, words } = stage;
    await page.getByRole("dialog").getByRole("combobox", { name: words.shift.role }).fill("Nurse");
    await page.keyboard.press("Tab");
    await expect(page.getByRole("region", { name: words.rules.couldTake })).toBeVisible();
    return DIALOG;
  },
  "the calendar of the form": async (stage) => {
    await openNew(stage, "open");
    const { page, words } = stage;
    await page.getByRole("dialog").getByLabel(words.shift.day).click();
    await expect(page.getByRole("button", { name: words.time.nextMonth })).toBeVisible();
    return DIALOG;
  },
};

const settings: Scene = async (stage) => {
  await openWeek(stage);
  const { page, words } = stage;
  await openAccount(stage);
  await page.getByRole("menuitem", { name: words.shell.settings }).click();
  await expect(page.getByRole("dialog", { name: words.shell.settings })).toBeVisible();
  return DIALOG;
};

const requestForm: Scene = async ({ page, visit, words: { timeoff } }) => {
  await visit("/time-off");
  await page.getByRole("button", { name: timeoff.request }).first().click();
  await page.getByRole("dialog").getByRole("button", { name: timeoff.request }).click();
  await expect(page.getByText(timeoff.missing.days)).toBeVisible();
  return DIALOG;
};

/** Chooses an entry of the week's menu. */
export async function openMore(stage: Stage, entry: keyof Words["week"]["menu"]): Promise<void> {
  await openWeek(stage);
  const { page, words } = stage;
  await page.getByRole("button", { name: words.week.more, exact: true }).click();
  await page.getByRole("menuitem", { name: words.week.menu[entry] }).click();
  await expect(page.getByRole("dialog")).toBeVisible();
}

async function openImport(stage: Stage, ...lines: string[]): Promise<void> {
  await openMore(stage, "import");
  const buffer = Buffer.from(["date,starts,ends,person,role,location", ...lines].join("\n"));
  await stage.page.locator("input[type=file]").setInputFiles({ name: "shifts.csv", mimeType: "text/csv", buffer });
  await expect(stage.page.getByRole("dialog").getByRole("alert")).toBeVisible();
}

const FILES: Act["scenes"] = {
  "a calendar link that was made, and one to be revoked": async (stage) => {
    const { page, words } = stage;
    const made = { id: 1, staff_id: 1, scope: "location", location: "North Ward", version: 1, read_at: null };
    const link = { ...made, created_at: "2026-11-23T07:00:00Z", revoked_at: null };
    // Answered here: each person can have so many links, and as many tests as one likes may run.
    await page.route("**/api/calendar/links", (route) =>
      route.fulfill({ json: route.request().method() === "POST" ? { link, path: "/calendar/secret.ics" } : [link] }),
    );
    await openMore(stage, "calendar");
    await page.getByRole("button", { name: words.calendar.links.make }).click();
    await expect(page.getByLabel(words.calendar.links.address)).toBeVisible();
    await page.getByRole("button", { name: like(words.calendar.links.revokeThis) }).click();
    await expect(page.getByText(words.calendar.links.sure)).toBeVisible();
    await page.unroute("**/api/calendar/links");
    return DIALOG;
  },
  "an export": async (stage) => {
    await openMore(stage, "export");
    return DIALOG;
  },
  "an import with lines to be put right": async (stage) => {
    await openImport(stage, "31.2.2031,7,15:00,Alise,Nurse,Moon");
    await expect(stage.page.getByRole("dialog").getByRole("table")).toBeVisible();
    return DIALOG;
  },
  "an import before it is done": async (stage) => {
    await openImport(stage, `${stage.week},07:00,15:00,,Nurse,North Ward`);
    await expect(stage.page.getByRole("list", { name: stage.words.calendar.import.list })).toBeVisible();
    return DIALOG;
  },
};

const BULK: Act["scenes"] = {
  "templates, one of them to be renamed": async (stage) => {
    const { page, words } = stage;
    const template = {
      id: 1,
      name: "Summer",
      count: 3,
      version: 1,
      updated_by: null,
      updated_at: at(stage.week, 0, 8),
    };
    // Answered here: there can be so many templates, and as many tests as one likes may run.
    await page.route("**/api/templates", (route) => route.fulfill({ json: [template] }));
    await openMore(stage, "templates");
    await page.getByRole("button", { name: like(words.bulk.templates.rename) }).click();
    await expect(page.getByRole("dialog").getByRole("textbox")).toHaveCount(2);
    await page.unroute("**/api/templates");
    return DIALOG;
  },
  "a repeated shift that does not fit": async (stage) => {
    await openWeek(stage);
    const { page, words } = stage;
    const reason = { field: "create.0.starts_at", code: "mood", severity: "soft", message: "Not today." };
    const errors = [reason, { ...reason, field: "create.1.starts_at", severity: "hard" }];
    await page.route("**/api/schedules/batch", (route) =>
      route.fulfill({ status: 422, json: { title: "No", errors } }),
    );
    await page.locator("[data-schedule]").first().click();
    await page.getByRole("button", { name: words.bulk.repeat.this }).click();
    await page.getByRole("button", { name: words.bulk.repeat.yes_other.replace("{{count}}", "4") }).click();
    await expect(page.getByRole("list", { name: words.bulk.misfits.list })).toBeVisible();
    await page.unroute("**/api/schedules/batch");
    return DIALOG;
  },
};

const PAGES: Act["scenes"] = {
  "time off": async (stage) => {
    await pageAt("/time-off")(stage);
    await expect(stage.page.getByRole("article").first()).toBeVisible();
    return undefined;
  },
  swaps: async (stage) => {
    await pageAt("/swaps")(stage);
    await expect(stage.page.locator("[data-offer]").first()).toBeVisible();
    return undefined;
  },
  "open shifts": pageAt("/open"),
  "my shifts": pageAt("/me"),
  "no such page": async ({ page, visit, words: { shell } }) => {
    await visit("/nowhere");
    await expect(page.getByRole("heading", { name: shell.noPage.title })).toBeVisible();
    return undefined;
  },
};

const OF_STAFF: Act["scenes"] = {
  "the form of an offer": async (stage) => {
    await openWeek(stage);
    const { page, words, kept } = stage;
    await page.locator(`[data-schedule="${kept.id}"]`).click();
    await page.getByRole("button", { name: words.offers.offer.open }).click();
    await page.getByRole("radio", { name: words.offers.offer.swap }).check();
    await expect(page.getByRole("combobox", { name: words.offers.offer.which })).toBeVisible();
    return DIALOG;
  },
  "the sign-in page with its reasons": async (stage) => {
    await openWeek(stage);
    const { page, words } = stage;
    await openAccount(stage);
    await page.getByRole("menuitem", { name: words.shell.signOut }).click();
    await page.getByRole("button", { name: words.session.signIn }).click();
    await expect(page.getByText(words.session.noPassword)).toBeVisible();
    return undefined;
  },
};

/** What is read with axe, by who sees it. Each scene opens one page. */
export const ACTS: Readonly<Record<string, Act>> = {
  "a manager's week": { email: MANAGER, scenes: WEEK },
  "many shifts at once": { email: MANAGER, scenes: BULK },
  "a manager's grid": { email: MANAGER, wideOnly: true, scenes: GRID },
  "calendar links and files": { email: MANAGER, scenes: FILES },
  "the forms of shifts": { email: MANAGER, scenes: FORMS },
  "a manager's pages": {
    email: MANAGER,
    scenes: { ...PAGES, "the request form with its reasons": requestForm, settings },
  },
  "a staff member's pages": { email: STAFF, scenes: { "the week": WEEK["the week"] as Scene, ...PAGES, ...OF_STAFF } },
};
