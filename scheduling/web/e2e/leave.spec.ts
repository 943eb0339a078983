import { at, expect, MANAGER, ownWeek, STAFF, test } from "./fixtures";

test("approval makes the overlapping shift open, and everybody sees it", async ({ person, desk, deskOf, server }) => {
  const week = ownWeek();
  const sam = await desk.idOf("Sam Okafor");
  const shift = await desk.add({ staff_id: sam, starts_at: at(week, 1, 8), ends_at: at(week, 1, 16) });
  const [manager, staff] = await Promise.all([person(MANAGER, { week }), person(STAFF, { week })]);
  const api = await deskOf(STAFF);
  const request = await api.askOff({ starts_at: at(week, 1, -1), ends_at: at(week, 2, -1), note: "A day" });
  await manager.page.locator(`[data-timeoff="${request.id}"]`).first().click();
  const dialog = manager.page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Approve", exact: true }).click();
  await expect(dialog.getByRole("alert")).toContainText("09:00–17:00");
  await dialog.getByRole("radio", { name: /Make it open/ }).check();
  await dialog.getByRole("button", { name: "Approve and do so" }).click();

  await expect(staff.page.locator(`tr[data-staff="open"] [data-schedule="${shift.id}"]`)).toBeVisible();
  await expect(manager.page.locator(`tr[data-staff="open"] [data-schedule="${shift.id}"]`)).toBeVisible();
  await expect.poll(() => desk.get(week, shift.id)).toMatchObject({ staff_id: null, status: "published" });

  // Whose leave it is does not get the shift back by claiming it.
  await staff.page.goto(`${server.url}/open`);
  await staff.isLive();
  const card = staff.page.locator(`[data-open-shift="${shift.id}"]`);
  await expect(card).toBeVisible();
  await expect(card.getByRole("button")).toHaveCount(0);
});
