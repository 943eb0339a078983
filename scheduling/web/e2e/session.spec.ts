import { expect, MANAGER, STAFF, test } from "./fixtures";

test("a reload keeps one signed in, and no token lies where scripts or disks could keep it", async ({
  person,
  server,
}) => {
  const staff = await person(STAFF);
  await staff.page.reload();
  await expect(staff.dot("Live")).toBeVisible();
  const kept = await staff.page.evaluate(() =>
    JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]),
  );
  expect(kept).not.toMatch(/eyJ|token|refresh/i);
  const [cookie] = (await staff.page.context().cookies()).filter(({ name }) => name === "refresh");
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict", path: "/api/auth" });
  expect(server.url).toMatch(/^http:/);
});

test("a wrong password is told, and the right one leads to the page that was asked for", async ({ page, server }) => {
  await page.goto(`${server.url}/time-off`);
  await page.getByLabel("E-mail").fill(STAFF);
  await page.getByRole("textbox", { name: "Password" }).fill("wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toContainText(/password/i);
  await page.getByRole("textbox", { name: "Password" }).fill("demo");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Time off" })).toBeVisible();
});

test("signing out ends the session, and the next person sees nothing of the first", async ({ person, server }) => {
  const { page, dot } = await person(MANAGER).then((each) => ({
    page: each.page,
    dot: (words: string) => each.dot(words),
  }));
  await expect(page.getByRole("button", { name: "New shift" })).toBeVisible();
  await page.getByRole("button", { name: "Mona Reyes: account" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
  await page.reload();
  await page.getByLabel("E-mail").fill(STAFF);
  await page.getByRole("textbox", { name: "Password" }).fill("demo");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(dot("Live")).toBeVisible();
  await expect(page.getByRole("button", { name: "New shift" })).toHaveCount(0);
  await page.goto(server.url);
  await expect(page.getByRole("rowheader").nth(1)).toContainText("Sam Okafor");
});

test("a token that has run out is renewed on the way", async ({ person, server }) => {
  const staff = await person(STAFF);
  let refused = 0;
  await staff.page.route("**/api/schedules?*", async (route) => {
    refused += 1;
    if (refused > 1) return route.fallback();
    await route.fulfill({ status: 401, json: { title: "Not signed in", status: 401, detail: "The token is over." } });
  });
  const renewed = staff.page.waitForResponse((answer) => answer.url().endsWith("/api/auth/refresh"));
  await staff.page.getByRole("button", { name: "Next week" }).click();
  expect((await renewed).status()).toBe(200);
  await expect(staff.page.locator("[data-schedule]").first()).toBeVisible();
  expect(server.url).toContain("http");
});
