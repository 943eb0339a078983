import type { Page } from "@playwright/test";
import { at, expect, MANAGER, ownWeek, PASSWORD, Person, STAFF, test, weekAt } from "./fixtures";

async function choose(page: Page, label: string, option: string) {
  await page.getByRole("combobox", { name: label }).click();
  await page.getByRole("option", { name: option, exact: true }).click();
}

async function openSettings(page: Page) {
  await page.getByRole("button", { name: /: account$/ }).click();
  await page.getByRole("menuitem", { name: "Settings" }).click();
  await expect(page.getByRole("dialog", { name: "Settings" })).toBeVisible();
}

test("language, clock and first day take effect at once, without a reload, and are found again after one", async ({
  person,
  desk,
}) => {
  const week = ownWeek();
  const shift = await desk.add({ starts_at: at(week, 3, 12), ends_at: at(week, 3, 20) });
  const { page } = await person(MANAGER, { week });
  const shown = () => page.locator(`[data-schedule="${shift.id}"]`);
  await expect(shown()).toContainText("13:00–21:00");
  await openSettings(page);

  await choose(page, "Clock", "12 hours");
  await expect(shown()).toContainText(/1 pm – 9 pm/i);
  await choose(page, "The week starts on", "Sunday");
  await expect(page.getByRole("columnheader").nth(1)).toContainText("Sun");
  await choose(page, "Language", "Deutsch");
  await expect(page.getByRole("dialog", { name: "Einstellungen" })).toBeVisible();
  await expect(page.locator("html")).toHaveAttribute("lang", "de-GB");
  await expect(page.getByRole("columnheader").nth(1)).toContainText("So");

  await page.reload();
  await expect(page.getByRole("link", { name: "Dienstplan" })).toBeVisible();
  await expect(page.getByRole("columnheader").nth(1)).toContainText("So");
  await expect(shown()).toBeVisible();
});

test("colours are the system's until others are chosen; the focus is then where it was", async ({ person }) => {
  const { page } = await person(MANAGER);
  await page.emulateMedia({ colorScheme: "dark" });
  await expect(page.locator("html")).toHaveAttribute("data-mantine-color-scheme", "dark");
  await openSettings(page);
  await page.getByRole("radiogroup", { name: "Colours" }).getByText("Light").click();
  await expect(page.locator("html")).toHaveAttribute("data-mantine-color-scheme", "light");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("button", { name: /: account$/ })).toBeFocused();
});

test("a night on which the clocks change is as long as it is", async ({ person, server, desk }) => {
  const add = (starts_at: string, ends_at: string) => desk.add({ starts_at, ends_at });
  // North Ward's clocks go forward on 31 March 2030 and back on 27 October.
  const short = await add("2030-03-30T21:00:00Z", "2030-03-31T04:00:00Z");
  const long = await add("2030-10-26T20:00:00Z", "2030-10-27T05:00:00Z");
  const { page } = await person(STAFF);
  for (const [shift, week, hours] of [
    [short, "2030-03-25", "7 h"],
    [long, "2030-10-21", "9 h"],
  ] as const) {
    await page.goto(`${weekAt(server.url, week)}&shift=${shift.id}`);
    await expect(page.getByRole("dialog")).toContainText("22:00–06:00");
    await expect(page.getByRole("dialog")).toContainText(hours);
  }
});

test("the grid stands when lines run from right to left", async ({ person, desk }) => {
  const week = ownWeek();
  const shift = await desk.add({ starts_at: at(week, 0, 8), ends_at: at(week, 0, 16) });
  const manager = await person(MANAGER, { page: `/week?week=${week}&dir=rtl` });
  await expect(manager.card(shift)).toBeVisible();
  const left = async (name: string) => (await manager.page.getByRole("columnheader", { name }).boundingBox())?.x ?? 0;
  expect(await left("Monday")).toBeGreaterThan(await left("Sunday"));
  const overflow = await manager.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(overflow).toBe(0);
});

test("what stands in for a page that comes pulses only for who has nothing against motion", async ({
  page,
  server,
}) => {
  await page.route(/\/api\/staff$/, () => undefined);
  await new Person(page).arrive(weekAt(server.url, ownWeek()), MANAGER);
  await expect(page.locator(".mantine-Skeleton-root").first()).toBeVisible();
  const pulsing = () =>
    page
      .locator(".mantine-Skeleton-root")
      .evaluateAll((them) => them.flatMap((each) => each.getAnimations({ subtree: true })).length);
  expect(await pulsing()).toBe(0);
  await page.emulateMedia({ reducedMotion: "no-preference" });
  await expect.poll(pulsing).toBeGreaterThan(0);
});

test("the language is the browser's until another is chosen", async ({ browser, server }) => {
  const context = await browser.newContext({ locale: "de-DE" });
  const page = await context.newPage();
  await page.goto(server.url);
  await page.getByLabel("E-Mail").fill(STAFF);
  await page.getByRole("textbox", { name: "Passwort" }).fill(PASSWORD);
  await page.getByRole("button", { name: "Anmelden" }).click();
  await expect(page.getByRole("link", { name: "Dienstplan", exact: true })).toBeVisible();
  await expect(page.locator("html")).toHaveAttribute("lang", "de-DE");
  await context.close();
});
