import { at, type Desk, expect, MANAGER, ownWeek, type Person, STAFF, test } from "./fixtures";

const later = (week: string, days: number) => at(week, days, 0).slice(0, 10);

/** Somebody whom no other test plans. */
async function hired(desk: Desk, week: string): Promise<number> {
  const { id } = await desk.hire({ name: `Vera ${week}`, email: `bulk-${week}@example.com` });
  return id;
}

const toast = ({ page }: Person) => page.getByRole("group", { name: "What was done last" });

test("a week is copied as drafts; what does not fit is named with its reason; one undo takes all back", async ({
  person,
  desk,
}) => {
  const from = ownWeek();
  const week = later(from, 7);
  const vera = await hired(desk, from);
  const nine = (day: number) => ({ starts_at: at(from, day, 8), ends_at: at(from, day, 16) });
  for (const shift of [nine(0), nine(1), nine(2)]) await desk.add({ staff_id: vera, ...shift });
  await desk.add(nine(3));
  // In the way of Monday's copy, and too near before Tuesday's.
  const there = await desk.add({ staff_id: vera, starts_at: at(week, 0, 12), ends_at: at(week, 0, 22) });
  const [manager, other, staff] = [
    await person(MANAGER, { week }),
    await person(MANAGER, { week }),
    await person(STAFF, { week }),
  ];
  await manager.choose("Copy a week");
  const dialog = manager.page.getByRole("dialog", { name: "Copy a week" });
  await dialog.getByRole("button", { name: "Copy 4 shifts" }).click();
  await expect(dialog.getByRole("alert")).toContainText("2 of 4 do not fit");
  const misfits = dialog.getByRole("list", { name: "What does not fit, and why" }).getByRole("listitem");
  await expect(misfits).toContainText([/Already works/, /11 h rest/]);
  await dialog.getByRole("checkbox", { name: /^Plan it anyway/ }).check();
  await dialog.getByRole("radio", { name: "Plan as open shifts" }).check();
  await dialog.getByRole("button", { name: "Copy 4 shifts" }).click();
  await expect(toast(manager)).toContainText("4 shifts copied.");

  for (const one of [manager, other]) {
    await expect(one.page.locator(`tr[data-staff="${vera}"] [data-schedule]`)).toHaveCount(3);
    await expect(one.page.locator('tr[data-staff="open"] [data-schedule]')).toHaveCount(2);
  }
  expect(await desk.rows(week, "draft")).toHaveLength(4);
  await expect.poll(staff.rows).toEqual([`${there.id}/1`]);

  await toast(manager).getByRole("button", { name: "Undo" }).click();
  for (const one of [manager, other]) await expect.poll(one.rows).toEqual([`${there.id}/1`]);
  await expect.poll(() => desk.rows(week)).toEqual([`${there.id}/1`]);
});

test("publishing says who is told what before, and tells them", async ({ person, desk }) => {
  const week = ownWeek();
  const first = Number(week.slice(-2));
  const sam = await desk.idOf("Sam Okafor");
  const vera = await hired(desk, week);
  const known = await desk.add({ staff_id: sam, starts_at: at(week, 0, 8), ends_at: at(week, 0, 16) });
  const again = await desk.change(known, { status: "draft", ends_at: at(week, 0, 17) });
  const given = await desk.add({ staff_id: sam, starts_at: at(week, 2, 8), ends_at: at(week, 2, 16) });
  await desk.change(given, { status: "draft", staff_id: vera });
  await desk.add({ starts_at: at(week, 1, 8), ends_at: at(week, 1, 16), status: "draft" });
  const [manager, staff] = [await person(MANAGER, { week }), await person(STAFF, { phone: true })];
  const open = manager.page.getByRole("button", { name: "Publish 3 changes" });
  const dialog = manager.page.getByRole("dialog", { name: "Publish 3 changes" });
  await open.click();
  await dialog.getByRole("button", { name: "Not yet" }).click();
  await expect(open).toBeFocused();
  await open.click();
  const told = dialog.getByRole("list", { name: "Who is told what" }).locator(":scope > li");
  await expect(told).toContainText([
    new RegExp(`Sam Okafor.*Changed.*09:00–18:00 was Mon ${first} Jan, 09:00–17:00.*Taken off`),
    /Vera.*New/,
    /Everyone who may take it.*New.*Nurse/,
  ]);
  await expect(staff.page.getByRole("link", { name: "See the week" })).toHaveCount(0);
  await dialog.getByRole("button", { name: "Publish all 3" }).click();
  const number = first <= 4 ? 1 : 2;
  await expect(staff.page.getByText(`Week ${number} was published: 1 shift for you.`).first()).toBeVisible();
  await staff.page.getByRole("link", { name: "See the week" }).click();
  await expect(staff.card(again)).toContainText("09:00–18:00");
  await expect(staff.page.getByRole("link", { name: "See the week" })).toHaveCount(0);
});

test("a week is kept as a template, which another manager has at once and drafts into another week", async ({
  person,
  desk,
}) => {
  const from = ownWeek();
  const week = later(from, 7);
  const vera = await hired(desk, from);
  await desk.add({ staff_id: vera, starts_at: at(from, 1, 8), ends_at: at(from, 1, 16), note: "Keys" });
  await desk.add({ starts_at: at(from, 6, 21), ends_at: at(from, 7, 5) });
  const [manager, other] = [await person(MANAGER, { week: from }), await person(MANAGER, { week })];
  const dialogOf = ({ page }: Person) => page.getByRole("dialog", { name: "Templates" });
  for (const one of [manager, other]) await one.choose("Templates");
  await dialogOf(manager).getByLabel("Save this week as a template").fill(`Week ${from}`);
  await dialogOf(manager).getByRole("button", { name: "Save 2 shifts" }).click();
  const lines = (one: Person) => dialogOf(one).getByRole("listitem").filter({ hasText: from });
  for (const one of [manager, other]) await expect(lines(one)).toContainText("2 shifts · Mona Reyes");

  await dialogOf(other)
    .getByRole("button", { name: `Draft into this week: Week ${from}` })
    .click();
  await expect(toast(other)).toContainText(`2 shifts drafted from Week ${from}.`);
  await expect(other.cell(vera, later(week, 1)).locator("[data-schedule]")).toContainText("09:00–17:00");
  await expect(other.cell(null, later(week, 6)).locator("[data-schedule]")).toContainText("22:00–06:00");
  expect(await desk.rows(week, "draft")).toHaveLength(2);

  await other.choose("Templates");
  await dialogOf(other)
    .getByRole("button", { name: `Rename Week ${from}` })
    .click();
  await dialogOf(other).getByLabel(`New name of Week ${from}`).fill(`Usual ${from}`);
  await dialogOf(other).getByRole("button", { name: "Rename", exact: true }).click();
  await expect(lines(manager)).toContainText(`Usual ${from}`);
  await dialogOf(manager)
    .getByRole("button", { name: `Delete Usual ${from}` })
    .click();
  await manager.page.getByRole("button", { name: "Delete", exact: true }).click();
  for (const one of [manager, other]) await expect(lines(one)).toHaveCount(0);
});

/** The Monday of the week of that year at whose end the North Ward's clocks go forward: on March's last Sunday, at 2. */
function clocksGoForward(week: string): string {
  const last = new Date(`${week.slice(0, 4)}-03-31T00:00:00Z`);
  return later(last.toISOString().slice(0, 10), -last.getUTCDay() - 6);
}

test("a template says which of its shifts the clocks skip", async ({ person, desk }) => {
  const week = clocksGoForward(ownWeek());
  const role = { staff_id: null, role: "Nurse", location: "North Ward", note: "" };
  const skipped = { weekday: 7, starts: "02:30", ends: "10:00", ...role };
  await desk.template(`Sunday ${week}`, [skipped]);
  await desk.template(`Both ${week}`, [skipped, { weekday: 1, starts: "09:00", ends: "17:00", ...role }]);
  const manager = await person(MANAGER, { week });
  const dialog = manager.page.getByRole("dialog", { name: "Templates" });
  const draft = (name: string) => dialog.getByRole("button", { name: `Draft into this week: ${name} ${week}` }).click();
  const leftOut = "1 shift is left out, because the clocks go forward at its time.";
  await manager.choose("Templates");
  await draft("Sunday");
  await expect(dialog.getByRole("alert").getByText(leftOut, { exact: true })).toBeVisible();
  await draft("Both");
  await expect(toast(manager)).toContainText(`1 shift drafted from Both ${week}. ${leftOut}`);
  await expect.poll(() => desk.rows(week, "draft")).toHaveLength(1);
  await manager.choose("Templates");
  await draft("Both");
  await expect(dialog.getByRole("alert")).toContainText(`1 shift is there already and stays as it is. ${leftOut}`);
});

test("a week of more shifts than one request takes is not copied", async ({ person, desk }) => {
  const week = later(ownWeek(), 28);
  const from = later(week, -14);
  const shift = await desk.add({ starts_at: at(from, 0, 8), ends_at: at(from, 0, 16) });
  const manager = await person(MANAGER, { week });
  await manager.page.route(/\/api\/schedules\?/, async (route) => {
    const asked = new URL(route.request().url()).searchParams;
    if (asked.get("status") !== "published" || (asked.get("from") ?? "") > at(from, 0, 0)) return route.fallback();
    const many = Array.from({ length: 1_001 }, (_, index) => ({ ...shift, id: 1_000_000 + index }));
    return route.fulfill({ json: many });
  });
  await manager.choose("Copy a week");
  const dialog = manager.page.getByRole("dialog", { name: "Copy a week" });
  await dialog.getByRole("combobox", { name: "Copy from" }).click();
  await manager.page.getByRole("option").nth(1).click();
  await expect(dialog.getByText("That would be 1001 shifts; at most 1000 can be copied at once.")).toBeVisible();
  await expect(dialog.getByRole("button", { name: "Copy 1001 shifts" })).toBeDisabled();
});

test("a shift is repeated on other days, from the keyboard and from its form", async ({ person, desk }) => {
  const week = ownWeek();
  const vera = await hired(desk, week);
  const shift = await desk.add({ staff_id: vera, starts_at: at(week, 0, 8), ends_at: at(week, 0, 16), note: "Keys" });
  const [manager, other] = [await person(MANAGER, { week }), await person(MANAGER, { week })];
  const dialog = manager.page.getByRole("dialog", { name: "Repeat a shift" });
  await manager.card(shift).focus();
  await manager.page.keyboard.press("r");
  await dialog.getByRole("checkbox", { name: "Wednesday" }).press("Space");
  // Until four weeks on: four Mondays and four Wednesdays.
  await dialog.getByRole("button", { name: "Plan 8 shifts" }).press("Enter");
  await expect(toast(manager)).toContainText("8 shifts drafted.");
  await expect(other.cell(vera, later(week, 2)).locator("[data-schedule]")).toContainText("Draft");
  for (const weeks of [1, 2, 3]) await expect.poll(() => desk.rows(later(week, 7 * weeks), "draft")).toHaveLength(2);

  await manager.card(shift).click();
  await manager.page.getByRole("button", { name: "Repeat this shift" }).click();
  await dialog.getByRole("button", { name: "Plan 4 shifts" }).click();
  await expect(dialog.getByRole("alert")).toContainText("4 of 4 do not fit");
  await manager.page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  await manager.page.keyboard.press("Control+z");
  await expect(toast(manager)).toContainText("Undone: 8 changes.");
  await expect.poll(other.rows).toEqual([`${shift.id}/1`]);
});
