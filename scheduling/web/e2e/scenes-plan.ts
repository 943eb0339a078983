import type { Page } from "@playwright/test";
import { DIALOG } from "./axe";
import { ARRIVAL, at, expect, MANAGER, STAFF } from "./fixtures";
import { type Act, like, openMore, openWeek, pageAt, type Stage } from "./scenes";

const MENU = '[role="menu"]';

const dayOf = ({ week }: Stage, day: number) => at(week, day, 0).slice(0, 10);
const cards = (page: Page) => page.locator("tbody [data-schedule]");

/** Another view than the week's grid. */
async function openView(stage: Stage, view: "day" | "month", day: number): Promise<void> {
  await stage.visit(`/week?view=${view}&date=${dayOf(stage, day)}`);
  await expect(stage.page.locator("[aria-busy=false]")).toBeVisible(ARRIVAL);
  await expect(stage.page.locator("[data-sheet], [data-month-day], tr[data-staff]").first()).toBeAttached();
}

/** The server's answer to what is done next, once. */
async function refuseOnce(page: Page, what: string, code: string): Promise<void> {
  const reason = { field: "", code, severity: "hard", message: "Not today." };
  const answer = { status: 422, json: { title: "No", detail: "Not today.", errors: [reason] } };
  await page.route(what, (route) => route.fulfill(answer), { times: 1 });
}

const VIEWS: Act["scenes"] = {
  "a day": async (stage) => {
    await openView(stage, "day", 1);
    return undefined;
  },
  "the week by role": async (stage) => {
    await openWeek(stage);
    const { page, words } = stage;
    await page.getByRole("button", { name: words.week.views.byRole }).click();
    await expect(page.locator("tr[data-role-head]").first()).toBeVisible();
    await page.mouse.move(0, 0);
    await expect(page.getByRole("tooltip")).toHaveCount(0);
    return undefined;
  },
  "a name that nobody has": async (stage) => {
    await openWeek(stage);
    const { page, words } = stage;
    await page.keyboard.press("/");
    await page.keyboard.type("zzz");
    await expect(page.getByText(words.week.find.nobody.replace("{{find}}", "zzz"))).toBeVisible();
    return undefined;
  },
  "what a day lacks": async (stage) => {
    await openWeek(stage);
    await stage.page.locator(`[data-cover="${stage.week}"]`).getByRole("button").hover();
    await expect(stage.page.getByRole("tooltip")).toBeVisible();
    return '[role="tooltip"]';
  },
};

const DEEDS: Act["scenes"] = {
  "a shift's menu": async (stage) => {
    await openWeek(stage);
    const { page, words } = stage;
    await cards(page).first().click({ button: "right" });
    await expect(page.getByRole("menuitem", { name: words.plan.menu.move })).toBeVisible();
    return MENU;
  },
  "a shift to be moved without dragging": async (stage) => {
    await openWeek(stage);
    const { page, words } = stage;
    await cards(page).first().focus();
    await page.keyboard.press("g");
    await expect(page.getByRole("dialog", { name: words.plan.moving.title_one })).toBeVisible();
    return DIALOG;
  },
  "several shifts selected, and to be moved": async (stage) => {
    await openWeek(stage);
    const { page, words } = stage;
    await cards(page)
      .first()
      .click({ modifiers: ["ControlOrMeta"] });
    await cards(page)
      .nth(1)
      .click({ modifiers: ["ControlOrMeta"] });
    const bar = page.getByRole("region", { name: words.plan.select.label });
    await expect(bar).toBeVisible();
    return undefined;
  },
  "a shift lifted over another day": async (stage) => {
    await openWeek(stage);
    const { page } = stage;
    await cards(page).first().focus();
    await page.keyboard.press("Space");
    await page.keyboard.press("ArrowDown");
    await expect(page.locator("[data-sign]").first()).toBeVisible();
    return undefined;
  },
  "what was not done": async (stage) => {
    await openWeek(stage);
    const { page, words } = stage;
    await refuseOnce(page, "**/api/schedules/*", "mood");
    await cards(page).first().focus();
    await page.keyboard.press("+");
    await expect(page.getByRole("group", { name: words.plan.toast.label })).toContainText("Not today.");
    return undefined;
  },
  "what was done, and can be undone": async (stage) => {
    await openWeek(stage);
    const { page, words } = stage;
    await cards(page).first().focus();
    await page.keyboard.press("Delete");
    await expect(page.getByRole("group", { name: words.plan.toast.label })).toContainText(words.plan.done.deleted_one);
    return undefined;
  },
  "the printed week": async (stage) => {
    await openWeek(stage);
    await stage.page.emulateMedia({ media: "print" });
    await expect(stage.page.locator("[data-sheet]")).toBeVisible();
    return "[data-sheet]";
  },
};

const EVERYWHERE: Act["scenes"] = {
  "a month": async (stage) => {
    await openView(stage, "month", 1);
    return undefined;
  },
  "the week's menu": async (stage) => {
    await openWeek(stage);
    const { page, words } = stage;
    await page.getByRole("button", { name: words.week.more, exact: true }).click();
    await expect(page.getByRole("menuitem", { name: words.week.menu.copy })).toBeVisible();
    return MENU;
  },
  "a week to be copied": async (stage) => {
    await openMore(stage, "copy");
    return DIALOG;
  },
  "a form that somebody else changes": async (stage) => {
    await openWeek(stage);
    const { page, kept, desk, week } = stage;
    await page.locator(`[data-schedule="${kept.id}"]`).click();
    await page.getByRole("dialog").getByRole("textbox").last().fill("Mine");
    const now = await desk.get(week, kept.id);
    await desk.change(now ?? kept, { note: `Theirs, ${now?.version}` });
    await expect(page.getByRole("dialog").getByRole("alert")).toBeVisible();
    return DIALOG;
  },
  "time off over a shift, to be decided": async (stage) => {
    await openWeek(stage);
    const { page, words, kept, desk } = stage;
    const day = { starts_at: at(stage.week, 2, -1), ends_at: at(stage.week, 3, -1) };
    const request = await desk.askOff({ ...day, note: "One day more", staff_id: kept.staff_id ?? 0 });
    await page.locator(`[data-timeoff="${request.id}"]`).first().click();
    await page.getByRole("dialog").getByRole("button", { name: words.timeoff.approve, exact: true }).click();
    await expect(page.getByRole("dialog").getByRole("alert")).toBeVisible();
    return DIALOG;
  },
};

const TEAM: Act["scenes"] = {
  "the team": pageAt("/team"),
  "what a location needs": pageAt("/team?part=cover"),
  "somebody's contract": async (stage) => {
    await stage.visit(`/team?person=${stage.late.id}`);
    await expect(stage.page.getByRole("dialog")).toBeVisible();
    return DIALOG;
  },
  "somebody to be taken out of the team": async (stage) => {
    const { page, words, late } = stage;
    await stage.visit(`/team?person=${late.id}`);
    await page.getByRole("dialog").getByRole("button", { name: words.team.leave.open }).click();
    await expect(page.getByRole("dialog", { name: like(words.team.leave.title) })).toBeVisible();
    return DIALOG;
  },
};

const BROKEN: Act["scenes"] = {
  "a page that stopped working": async ({ page, load, week, words }) => {
    await page.route("**/api/staff*", (route) => route.fulfill({ json: [{ id: 1 }, { id: 2 }] }));
    await load(`/week?week=${week}`);
    await expect(page.getByRole("heading", { name: words.shell.broken.title })).toBeVisible();
    await page.unroute("**/api/staff*");
    return undefined;
  },
  "a page that could not be fetched": async ({ page, load, words }) => {
    await page.route(/\/assets\/TeamPage-.*\.js$/, (route) => route.abort());
    await load("/team");
    await expect(page.getByRole("heading", { name: words.shell.unfetched.title })).toBeVisible();
    await page.unroute(/\/assets\/TeamPage-.*\.js$/);
    return undefined;
  },
};

const REFUSED: Act["scenes"] = {
  "a claim that was refused": async (stage) => {
    const { page, visit, words } = stage;
    await visit("/open");
    await refuseOnce(page, "**/claim", "mood");
    await page.locator("[data-open-shift]").getByRole("button", { name: words.open.take }).first().click();
    await expect(page.getByRole("alert")).toContainText("Not today.");
    return undefined;
  },
  "a month of one's own": EVERYWHERE["a month"] as Act["scenes"][string],
};

/** What is read with axe beside ACTS: the views, and what one does in them. */
export const MORE_ACTS: Readonly<Record<string, Act>> = {
  "the views of a week": { email: MANAGER, wideOnly: true, scenes: VIEWS },
  "what is done in the grid": { email: MANAGER, wideOnly: true, scenes: DEEDS },
  "a month, and what is asked in a week": { email: MANAGER, scenes: EVERYWHERE },
  "the team's pages": { email: MANAGER, scenes: TEAM },
  "pages that are not there": { email: MANAGER, scenes: BROKEN },
  "what staff are refused": { email: STAFF, scenes: REFUSED },
};
