import { at, expect, MANAGER, ownWeek, STAFF, test } from "./fixtures";

test("a phone shows a list for each day instead of the grid", async ({ person, desk }) => {
  const week = ownWeek();
  const sam = await desk.idOf("Sam Okafor");
  const own = await desk.add({ staff_id: sam, starts_at: at(week, 1, 21), ends_at: at(week, 2, 5) });
  const open = await desk.add({ starts_at: at(week, 1, 8), ends_at: at(week, 1, 16) });
  const staff = await person(STAFF, { week, phone: true });
  await expect(staff.page.getByRole("table")).toHaveCount(0);
  const tuesday = staff.page.getByRole("region", { name: /^Tuesday/ });
  await expect(tuesday.locator("[data-schedule]")).toHaveCount(2);
  await expect(tuesday.locator("[data-schedule]").last()).toContainText(
    /Sam Okafor.*22:00–06:00|22:00–06:00.*Sam Okafor/,
  );
  await expect(staff.page.getByRole("region", { name: /^Wednesday/ })).toContainText("Nothing planned");

  await staff.page.getByRole("radiogroup", { name: "Whose shifts" }).getByText("My shifts").click();
  await expect(staff.card(open)).toHaveCount(0);
  await expect(staff.card(own)).toBeVisible();
  const width = await staff.page.evaluate(() => document.documentElement.scrollWidth);
  expect(width).toBe(390);

  await desk.change(own, { note: "Moved meanwhile", starts_at: at(week, 1, 20) });
  await expect(staff.card(own)).toContainText("21:00–06:00");
});

test("a manager plans on a phone", async ({ person, desk }) => {
  const week = ownWeek();
  const manager = await person(MANAGER, { week, phone: true });
  await manager.page.getByRole("button", { name: "New shift" }).click();
  const form = manager.page.getByRole("dialog", { name: "New shift" });
  await form.getByRole("combobox", { name: "Role" }).fill("Nurse");
  await form.getByRole("button", { name: "Publish" }).click();
  await expect(manager.page.locator("[data-schedule]")).toHaveCount(1);
  // The shift shows before it is saved; then the form closes.
  await expect(form).toHaveCount(0);
  await expect.poll(() => desk.rows(week)).toHaveLength(1);
});
