import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { english } from "../src/words/catalogue";
import { german } from "../src/words/german";
import { at, type Desk, expect, MANAGER, ownWeek, STAFF, test, weekAt } from "./fixtures";

/**
 * No violation of WCAG 2.2 A and AA or of axe's best practices, light and dark. `within` a dialog only it is read: the page
 * behind it has been.
 */
async function expectClean(page: Page, within = "html") {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await expect(page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`)).toBeAttached();
    // A colour that is still fading in is not the colour that is read.
    await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished)));
    const { violations } = await new AxeBuilder({ page }).include(within).analyze();
    const told = violations.map(
      ({ id, help, nodes }) => `${colorScheme}, ${id}: ${help}\n  ${nodes.map((node) => node.html).join("\n  ")}`,
    );
    expect(told).toEqual([]);
  }
}

/** Chooses a language as the settings keep it, and loads the page in it. */
async function speak(page: Page, language: string) {
  await page.evaluate((chosen) => localStorage.setItem("scheduling:settings", JSON.stringify(chosen)), { language });
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("lang", new RegExp(`^${language}`));
}

/** Every look that a shift or leave can have, in one week. */
async function fill(desk: Desk, week: string) {
  const [first] = await desk.staff();
  const times = { starts_at: at(week, 0, 8), ends_at: at(week, 0, 16) };
  await desk.add({ ...times, note: "With a note" });
  await desk.add({ ...times, status: "draft" });
  await desk.add({ ...times, location: "South Ward", role: "Care assistant" });
  await desk.add({ staff_id: first?.id ?? 0, starts_at: at(week, 1, 22), ends_at: at(week, 2, 6), role: "Head nurse" });
  await desk.askOff({ starts_at: at(week, 4, -1), ends_at: at(week, 6, -1), note: "Two days" });
}

const DIALOG = '[role="dialog"]';
const CATALOGUES = { en: english, de: german };
type Words = (typeof CATALOGUES)[keyof typeof CATALOGUES];

/** The words of a text that has names to fill in. */
const like = (text: string) => new RegExp(text.replace(/[?.()]/g, "\\$&").replace(/{{[^}]*}}/g, ".*"));

type Scene = (page: Page, words: Words) => Promise<string | undefined>;

/** How each thing is opened from the week; what is to be read of it is given back, the whole page by default. */
const SCENES: Record<string, Scene> = {
  "the week": async () => undefined,
  "a shift's form": async (page) => {
    await page.locator("[data-schedule]").first().click();
    await expect(page.getByRole("dialog")).toBeVisible();
    return undefined;
  },
  "whether to delete a shift": async (page, { shift }) => {
    await page.locator("[data-schedule]").first().click();
    await page.getByRole("button", { name: shift.delete.this }).click();
    await expect(page.getByText(shift.delete.ask, { exact: true })).toBeVisible();
    return undefined;
  },
  "times typed into a cell, and why not": async (page, { plan }) => {
    // A phone has no grid.
    if ((await page.getByRole("grid").count()) === 0) return undefined;
    await page
      .getByRole("button", { name: like(plan.cell.addOpen) })
      .last()
      .click();
    await page.getByRole("textbox", { name: like(plan.entry.newTimes) }).fill("9-5");
    await page.keyboard.press("Enter");
    await expect(page.getByText(/ 9-17/).first()).toBeVisible();
    return undefined;
  },
  "the list of keys": async (page, { plan }) => {
    if ((await page.getByRole("grid").count()) === 0) return undefined;
    await page.keyboard.press("Shift+?");
    await expect(page.getByRole("dialog", { name: plan.keys.title })).toBeVisible();
    return DIALOG;
  },
  "a form with its reasons": async (page, { week, shift }) => {
    await page.getByRole("button", { name: week.newShift }).click();
    await page.getByRole("dialog").getByRole("button", { name: shift.publish }).click();
    await expect(page.getByText(shift.missing.role)).toBeVisible();
    return DIALOG;
  },
  "the calendar of the form": async (page, { week, shift, time }) => {
    await page.getByRole("button", { name: week.newShift }).click();
    await page.getByRole("dialog").getByLabel(shift.day).click();
    await expect(page.getByRole("button", { name: time.nextMonth })).toBeVisible();
    return DIALOG;
  },
  "the list of drafts": async (page, { week }) => {
    await page.getByRole("button", { name: week.publish_one.replace("{{count}}", "1") }).click();
    await expect(page.getByRole("dialog")).toBeVisible();
    return DIALOG;
  },
  "a request in the week": async (page) => {
    await page.locator("[data-timeoff]").first().click();
    await expect(page.getByRole("dialog")).toBeVisible();
    return DIALOG;
  },
  "time off": async (page) => {
    await page.goto(`${new URL(page.url()).origin}/time-off`);
    await expect(page.getByRole("article").first()).toBeVisible();
    return undefined;
  },
  "the request form with its reasons": async (page, { timeoff }) => {
    await page.goto(`${new URL(page.url()).origin}/time-off`);
    await page.getByRole("button", { name: timeoff.request }).click();
    await page.getByRole("dialog").getByRole("button", { name: timeoff.request }).click();
    await expect(page.getByText(timeoff.missing.days)).toBeVisible();
    return DIALOG;
  },
  "open shifts": async (page, { open }) => {
    await page.goto(`${new URL(page.url()).origin}/open`);
    await expect(page.getByRole("heading", { level: 1, name: open.page })).toBeVisible();
    await expect(page.locator(".mantine-Skeleton-root")).toHaveCount(0);
    return undefined;
  },
  "my shifts": async (page) => {
    await page.goto(`${new URL(page.url()).origin}/me`);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expect(page.locator(".mantine-Skeleton-root")).toHaveCount(0);
    return undefined;
  },
  settings: async (page, { shell }) => {
    await page.getByRole("button", { name: like(shell.account) }).click();
    await page.getByRole("menuitem", { name: shell.settings }).click();
    await expect(page.getByRole("dialog", { name: shell.settings })).toBeVisible();
    return DIALOG;
  },
  "an empty week": async (page, { week }) => {
    await page.goto(`${new URL(page.url()).origin}/week?week=2040-01-02`);
    await expect(page.getByText(week.empty.title)).toBeVisible();
    return undefined;
  },
  "no such page": async (page, { shell }) => {
    await page.goto(`${new URL(page.url()).origin}/nowhere`);
    await expect(page.getByRole("heading", { name: shell.noPage.title })).toBeVisible();
    return undefined;
  },
  "a week that could not be loaded": async (page) => {
    await page.route("**/api/staff*", (route) => route.fulfill({ status: 403, json: { title: "No" } }));
    await page.goto(`${new URL(page.url()).origin}/week?week=2041-01-07`);
    await expect(page.getByRole("alert")).toBeVisible();
    await page.unroute("**/api/staff*");
    return undefined;
  },
};

for (const language of ["en", "de"] as const) {
  for (const phone of [false, true]) {
    const where = `${phone ? "on a phone" : "wide"}, in ${language}`;

    test(`every page of a manager is clean, ${where}`, async ({ person, server, desk }) => {
      // Axe reads every element of every page twice.
      test.setTimeout(400_000);
      const week = ownWeek();
      await fill(desk, week);
      const { page } = await person(MANAGER, { phone });
      await speak(page, language);
      for (const [name, open] of Object.entries(SCENES)) {
        await test.step(name, async () => {
          await page.goto(weekAt(server.url, week));
          await expect(page.locator("[aria-busy=false]")).toBeVisible();
          await expectClean(page, await open(page, CATALOGUES[language]));
        });
      }
    });

    test(`the sign-in page and a staff member's week are clean, ${where}`, async ({ person, desk }) => {
      test.setTimeout(120_000);
      const { shell, session } = CATALOGUES[language];
      const week = ownWeek();
      await fill(desk, week);
      const { page } = await person(STAFF, { week, phone });
      await speak(page, language);
      await expect(page.locator("[aria-busy=false]")).toBeVisible();
      await expectClean(page);
      await page.getByRole("button", { name: like(shell.account) }).click();
      await page.getByRole("menuitem", { name: shell.signOut }).click();
      await page.getByRole("button", { name: session.signIn }).click();
      await expect(page.getByText(session.noPassword)).toBeVisible();
      await expectClean(page);
    });
  }
}
