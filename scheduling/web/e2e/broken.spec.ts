import { at, expect, MANAGER, ownWeek, test } from "./fixtures";

test("a page that cannot be fetched says so, without a trace of the program, and everything else goes on", async ({
  person,
  desk,
}) => {
  const week = ownWeek();
  const manager = await person(MANAGER, { week });
  const { page } = manager;
  await page.route(/\/assets\/TeamPage-.*\.js$/, (route) => route.abort());
  // It may have been fetched ahead.
  await page.reload();
  await manager.isLive();
  await page.getByRole("link", { name: "Team" }).click();
  const told = page.getByRole("alert");
  await expect(told.getByRole("heading", { name: "This page could not be loaded" })).toBeVisible();
  await expect(told).toContainText("Check the connection and load the page again");
  await expect(told).not.toContainText(/TypeError|assets|Failed to fetch/);

  await page.goBack();
  const shift = await desk.add({ starts_at: at(week, 1, 8), ends_at: at(week, 1, 16) });
  await expect(page.locator(`[data-schedule="${shift.id}"]`)).toBeVisible();

  await page.getByRole("link", { name: "Team" }).click();
  await page.unroute(/\/assets\/TeamPage-.*\.js$/);
  await told.getByRole("button", { name: "Load the page again" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Team" })).toBeVisible();
});

test("a dialog that cannot be fetched leaves the page as it is, and opens by itself once it can be", async ({
  person,
}) => {
  const { page } = await person(MANAGER, { week: ownWeek() });
  const panel = /\/assets\/ShiftPanel-.*\.js$/;
  await page.route(panel, (route) => route.abort());
  // It may have been fetched ahead.
  await page.reload();
  await page.getByRole("button", { name: "New shift" }).click();
  const told = page.getByRole("alert").filter({ hasText: "This is not here yet" });
  await expect(told).toBeVisible();
  await expect(page.getByRole("grid")).toBeVisible();

  await page.unroute(panel);
  await expect(page.getByRole("dialog", { name: "New shift" })).toBeVisible();
  await expect(told).toHaveCount(0);
});

test("a page that stops working is replaced by a way on, and the others are still there", async ({ person }) => {
  const { page } = await person(MANAGER, { week: ownWeek() });
  // What no server of ours says, so that drawing the week fails.
  await page.route("**/api/needs", (route) => route.fulfill({ json: [{ location: "North Ward", version: 1 }] }));
  await page.reload();
  const told = page.getByRole("alert");
  await expect(told.getByRole("heading", { name: "This page stopped working" })).toBeVisible();
  await expect(told).toContainText("what you saved is safe");
  await expect(told).not.toContainText(/TypeError|undefined|\bat /);
  await page.getByRole("link", { name: "Time off" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Time off" })).toBeVisible();

  await page.goBack();
  await page.unroute("**/api/needs");
  await told.getByRole("button", { name: "Load the page again" }).click();
  await expect(page.getByRole("grid")).toBeVisible();
});
