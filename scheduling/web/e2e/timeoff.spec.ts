import { at, expect, MANAGER, ownWeek, STAFF, test } from "./fixtures";

/** The 15th of next month: after the demo's own two weeks, whatever today is. */
function fifteenth(): { day: string; label: string } {
  const now = new Date();
  const date = new Date(Date.UTC(now.getFullYear(), now.getMonth() + 1, 15));
  const month = date.toLocaleDateString("en-GB", { month: "long", year: "numeric", timeZone: "UTC" });
  return { day: date.toISOString().slice(0, 10), label: `15 ${month}` };
}

test("time off is requested, approved over a shift, and seen by both without reload", async ({ person, desk }) => {
  const { day, label } = fifteenth();
  const [manager, staff] = await Promise.all([person(MANAGER), person(STAFF)]);
  const sam = await desk.idOf("Sam Okafor");
  const shift = await desk.add({ staff_id: sam, starts_at: at(day, 0, 8), ends_at: at(day, 0, 16) });
  await manager.page.getByRole("link", { name: /Time off/ }).click();
  await expect(manager.dot("Live")).toBeVisible();

  await staff.page.getByRole("link", { name: "Time off" }).click();
  await staff.page.getByRole("button", { name: "Request time off" }).first().click();
  const form = staff.page.getByRole("dialog", { name: "Request time off" });
  await form.getByRole("button", { name: "Request time off" }).click();
  await expect(form.getByLabel("First and last day")).toHaveAccessibleDescription(/Choose the first and the last day/);
  await form.getByLabel("First and last day").click();
  await staff.page.getByRole("button", { name: "Next month" }).click();
  await staff.page.getByRole("button", { name: label, exact: true }).dblclick();
  await form.getByLabel("Note").fill("A wedding");
  await form.getByRole("button", { name: "Request time off" }).click();
  await expect(form).toHaveCount(0);
  const own = staff.page.getByRole("article").filter({ hasText: "A wedding" });
  await expect(own).toContainText("Not decided");

  const request = manager.page.getByRole("article").filter({ hasText: "A wedding" });
  await expect(request).toContainText(/Sam Okafor.*15 .*1 day/);
  await request.getByLabel("Note to Sam Okafor").fill("Enjoy it");
  await request.getByRole("button", { name: "Approve" }).click();
  await expect(request.getByRole("alert")).toContainText(/A shift falls .*Nurse · North Ward/);
  const later = await desk.add({ staff_id: sam, starts_at: at(day, 0, 17), ends_at: at(day, 0, 21), accept: ["rest"] });
  await expect(request.getByRole("alert")).toContainText("2 shifts fall in this time");
  await desk.remove(later);
  await expect(request.getByRole("alert")).toContainText("A shift falls in this time");
  await request.getByRole("radio", { name: "Leave it as it is" }).check();
  await request.getByRole("button", { name: "Approve and do so" }).click();
  await expect(request).toContainText("Approved by Mona Reyes");
  await expect(own).toContainText("Approved by Mona Reyes");
  await expect(own).toContainText("Enjoy it");
  await own.getByRole("button", { name: "Cancel this time off" }).click();
  await expect(request).toContainText("Cancelled");
  await desk.remove(shift);
});

test("a request is dotted in the week, and solid once it is approved there", async ({
  person,
  server,
  desk,
  deskOf,
}) => {
  const week = ownWeek();
  const [manager, staff] = await Promise.all([person(MANAGER, { week }), person(STAFF, { week })]);
  const api = await deskOf(STAFF);
  const request = await api.askOff({ starts_at: at(week, 1, -1), ends_at: at(week, 3, -1), note: "Two days" });
  const chips = manager.page.locator(`[data-timeoff="${request.id}"]`);
  await expect(chips).toHaveCount(2);
  await expect(chips.first()).toHaveCSS("border-top-style", "dotted");
  await expect(chips.first()).toContainText("Requested");

  await chips.first().click();
  await manager.page.getByRole("dialog").getByRole("button", { name: "Approve" }).click();
  await expect(chips.first()).toHaveCSS("border-top-style", "solid");
  await expect(staff.page.locator(`[data-timeoff="${request.id}"]`).first()).toContainText("Time off");

  // A colleague's time off is the managers' business.
  await desk.askOff({ starts_at: at(week, 4, -1), ends_at: at(week, 5, -1), note: "The manager's own" });
  await expect(manager.page.locator("[data-timeoff]")).toHaveCount(3);
  await staff.openWeek(server.url, week);
  await expect(staff.page.locator("[data-timeoff]")).toHaveCount(2);
});
