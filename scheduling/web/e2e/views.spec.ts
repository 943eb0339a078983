import type { Staff } from "../src/api/types";
import { at, dayOf, expect, MANAGER, ownWeek, STAFF, test } from "./fixtures";

/** The one of the team whom this is true of. */
function idOf(team: readonly Staff[], is: (each: Staff) => boolean): number {
  const found = team.find(is);
  if (!found) throw new Error("nobody of the team is meant");
  return found.id;
}

test("a day is a line of hours: what somebody else changes is there at once, and times are typed as in the week", async ({
  person,
  desk,
  server,
}) => {
  const week = ownWeek();
  const [day, next] = [dayOf(week, 1), dayOf(week, 2)];
  const sam = idOf(await desk.staff(), ({ email }) => email === STAFF);
  const night = await desk.add({ staff_id: sam, starts_at: at(week, 1, 22), ends_at: at(week, 2, 6) });
  const [manager, staff] = await Promise.all([person(MANAGER, { week }), person(STAFF, { week })]);
  await manager.page.getByText("Day", { exact: true }).click();
  await manager.page.getByRole("button", { name: "Next day", exact: true }).click();
  await expect(manager.page).toHaveURL(new RegExp(`view=day.*date=${day}|date=${day}.*view=day`));
  await staff.page.goto(`${server.url}/week?view=day&date=${day}`);

  // From 23:00 it goes on into the next day's hours, and on the next day it is there from midnight on.
  await expect(staff.cell(sam, day).locator(`[data-schedule="${night.id}"]`)).toBeVisible();
  await manager.page.getByRole("button", { name: "Next day", exact: true }).click();
  await expect(manager.cell(sam, next).getByRole("button", { name: "until 07:00" })).toBeVisible();
  await manager.page.getByRole("button", { name: "Previous day", exact: true }).click();

  const cell = manager.cell(null, day);
  await cell.focus();
  await manager.page.keyboard.type("9-13 nurse");
  await manager.page.keyboard.press("Enter");
  await expect(cell.getByText("09:00–13:00")).toBeVisible();
  await expect.poll(() => desk.rows(week, "draft")).toHaveLength(1);

  await desk.change(night, { ends_at: at(week, 2, 4) });
  await expect(staff.card(night)).toHaveAttribute("data-fresh");
  await expect(staff.card(night)).toContainText("23:00–05:00");
});

test("a month counts each day's shifts and shows one's own, and changes while one looks", async ({
  person,
  desk,
  server,
}) => {
  const week = ownWeek();
  const day = dayOf(week, 3);
  const sam = idOf(await desk.staff(), ({ email }) => email === STAFF);
  const [manager, staff] = await Promise.all([person(MANAGER, { week }), person(STAFF, { week })]);
  await manager.page.keyboard.press("m");
  await staff.page.goto(`${server.url}/week?view=month&date=${day}`);
  const dayOn = ({ page }: typeof manager) => page.locator(`[data-month-day="${day}"]`);
  await expect(dayOn(manager)).not.toContainText("shift");

  const own = await desk.add({ staff_id: sam, starts_at: at(week, 3, 7), ends_at: at(week, 3, 15) });
  await desk.add({ starts_at: at(week, 3, 8), ends_at: at(week, 3, 16), status: "draft" });
  await expect(dayOn(manager)).toContainText("2 shifts");
  await expect(dayOn(manager)).toContainText("1 draft");
  await expect(dayOn(staff)).toContainText("1 shift");
  await expect(dayOn(staff).locator(`[data-own="${own.id}"]`)).toContainText("08:00–16:00");
  await desk.change(own, { note: "Bring the keys" });
  await expect(dayOn(staff)).toHaveAttribute("data-fresh");

  await dayOn(manager).click();
  await expect(manager.page).toHaveURL(/view=day/);
  await expect(manager.card(own)).toBeVisible();
});

test("by role, people stand under what they are, and a change of others moves no row", async ({ person, desk }) => {
  const week = ownWeek();
  const team = await desk.staff();
  const manager = await person(MANAGER, { week });
  await manager.page.getByRole("button", { name: "Group by role" }).click();
  const rows = () =>
    manager.page
      .locator("tr[data-staff], tr[data-role-head]")
      .evaluateAll((all) => all.map(({ dataset }) => dataset.roleHead ?? dataset.staff ?? ""));
  await expect.poll(async () => (await rows())[1]).toBe("Care assistant");
  const before = await rows();
  let role = "";
  for (const row of before.slice(1)) {
    const found = team.find(({ id }) => String(id) === row);
    if (found) expect(found.skills[0]).toBe(role);
    else role = row;
  }
  const nurse = idOf(team, ({ skills }) => skills[0] === "Nurse");
  const shift = await desk.add({ staff_id: nurse, starts_at: at(week, 4, 7), ends_at: at(week, 4, 15) });
  await expect(manager.card(shift)).toBeVisible();
  expect(await rows()).toEqual(before);
});

test("the neighbouring weeks are there before one turns to them", async ({ person, desk, server }) => {
  const week = ownWeek();
  const shift = await desk.add({ starts_at: at(week, 7, 8), ends_at: at(week, 7, 16) });
  const answered: string[] = [];
  const manager = await person(MANAGER);
  manager.page.on("requestfinished", (request) => answered.push(decodeURIComponent(request.url())));
  await manager.openWeek(server.url, week);
  const next = `/api/schedules?from=${dayOf(week, 6)}`;
  const fetched = () => answered.filter((url) => url.includes(next)).length;
  await expect.poll(fetched, { timeout: 30_000 }).toBe(2);

  const asked: string[] = [];
  manager.page.on("request", (request) => asked.push(decodeURIComponent(request.url())));
  const changed = await desk.change(shift, { note: "Heard before it is seen" });
  await manager.page.getByRole("button", { name: "Next week" }).click();
  await expect(manager.card(changed)).toHaveAttribute("data-version", String(changed.version));
  expect(asked.filter((url) => url.includes(next))).toEqual([]);
});

test("of a large team the rows near what is seen are drawn, and the keyboard reaches all", async ({
  person,
  deskOf,
  alone: { url },
}) => {
  const desk = await deskOf(MANAGER, url);
  for (let number = 10; number < 60; number += 1) {
    await desk.hire({ name: `Zoe ${number}`, email: `zoe${number}@example.com` });
  }
  const team = await desk.staff();
  const week = ownWeek();
  const last = idOf(team, ({ name }) => name === "Zoe 59");
  const manager = await person(MANAGER, { url, week });
  const drawn = manager.page.locator("tr[data-staff]");
  await expect.poll(() => drawn.count()).toBeLessThan(40);
  // The head, the open shifts, everybody, and the cover.
  await expect(manager.page.getByRole("grid")).toHaveAttribute("aria-rowcount", String(team.length + 3));

  await manager.cell(null, week).focus();
  await manager.page.keyboard.press("Control+End");
  await expect(manager.cell(last, dayOf(week, 6))).toBeFocused();
  await manager.page.getByRole("region", { name: "Week plan" }).evaluate((scroller) => scroller.scrollTo(0, 0));
  await expect(manager.cell(null, week)).toBeInViewport();
  await expect(manager.cell(last, dayOf(week, 6))).toBeFocused();

  await manager.page.keyboard.press("/");
  await manager.page.keyboard.type("zoe 5");
  await expect(drawn).toHaveCount(11);
  await manager.page.keyboard.press("Escape");
  await manager.page.emulateMedia({ media: "print" });
  await expect(drawn).toHaveCount(team.length + 1);
});
