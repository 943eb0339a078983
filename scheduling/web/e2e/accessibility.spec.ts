import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { at, type Desk, expect, MANAGER, ownWeek, type Person, STAFF, test } from "./fixtures";

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

/** How each thing is opened from the week; what is not to be read whole is given back. */
const SCENES: Record<string, (manager: Person) => Promise<string | undefined>> = {
  "the week": async () => undefined,
  "a shift's form": async ({ page }) => {
    await page.locator("[data-schedule]").first().click();
    await expect(page.getByRole("dialog")).toBeVisible();
    return undefined;
  },
  "times typed into a cell, and why not": async ({ page }) => {
    // A phone has no grid.
    if ((await page.getByRole("grid").count()) === 0) return undefined;
    await page
      .getByRole("button", { name: /^Add a shift/ })
      .last()
      .click();
    await page.getByRole("textbox", { name: /^Times of/ }).fill("9-5");
    await page.keyboard.press("Enter");
    await expect(page.getByText(/Did you mean 9-17/)).toBeVisible();
    return undefined;
  },
  "the list of keys": async ({ page }) => {
    if ((await page.getByRole("grid").count()) === 0) return undefined;
    await page.keyboard.press("Shift+?");
    await expect(page.getByRole("dialog", { name: "Keys" })).toBeVisible();
    return DIALOG;
  },
  "a form with its reasons": async ({ page }) => {
    await page.getByRole("button", { name: "New shift" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Publish" }).click();
    await expect(page.getByText(/Enter the role/)).toBeVisible();
    return DIALOG;
  },
  "the calendar of the form": async ({ page }) => {
    await page.getByRole("button", { name: "New shift" }).click();
    await page.getByRole("dialog").getByLabel("Day").click();
    await expect(page.getByRole("button", { name: "Next month" })).toBeVisible();
    return DIALOG;
  },
  "the list of drafts": async ({ page }) => {
    await page.getByRole("button", { name: /^Publish/ }).click();
    await expect(page.getByRole("dialog")).toBeVisible();
    return DIALOG;
  },
  "a request in the week": async ({ page }) => {
    await page.locator("[data-timeoff]").first().click();
    await expect(page.getByRole("dialog")).toBeVisible();
    return DIALOG;
  },
  "time off": async ({ page }) => {
    await page.getByRole("link", { name: /Time off/ }).click();
    await expect(page.getByRole("article").first()).toBeVisible();
    return undefined;
  },
  "the request form": async ({ page }) => {
    await page.getByRole("link", { name: /Time off/ }).click();
    await page.getByRole("button", { name: "Request time off" }).click();
    await expect(page.getByRole("dialog")).toBeVisible();
    return DIALOG;
  },
  "an empty week": async ({ page }) => {
    await page.goto(`${new URL(page.url()).origin}/week?week=2040-01-02`);
    await expect(page.getByText("Nothing planned this week")).toBeVisible();
    return undefined;
  },
};

for (const phone of [false, true]) {
  const where = phone ? "on a phone" : "wide";

  test(`every page of a manager is clean, ${where}`, async ({ person, server, desk }) => {
    // Axe reads every element of every page twice.
    test.setTimeout(300_000);
    const week = ownWeek();
    await fill(desk, week);
    const manager = await person(MANAGER, { phone });
    for (const [name, open] of Object.entries(SCENES)) {
      await test.step(name, async () => {
        await manager.openWeek(server.url, week);
        await expectClean(manager.page, await open(manager));
      });
    }
  });

  test(`the sign-in page and a staff member's week are clean, ${where}`, async ({ person, desk }) => {
    const week = ownWeek();
    await fill(desk, week);
    const staff = await person(STAFF, { week, phone });
    await expectClean(staff.page);
    await staff.page.getByRole("button", { name: /account/ }).click();
    await staff.page.getByRole("menuitem", { name: "Sign out" }).click();
    await staff.page.getByRole("button", { name: "Sign in" }).click();
    await expect(staff.page.getByText("Enter your password.")).toBeVisible();
    await expectClean(staff.page);
  });
}
