import { type Arrive, at, type Desk, dayOf, expect, MANAGER, ownWeek, PASSWORD, type Person, test } from "./fixtures";

const form = (manager: Person) => manager.page.getByRole("dialog", { name: "New shift" });
const objections = (manager: Person) => form(manager).getByRole("status");
const cover = (manager: Person, day: string) => manager.page.locator(`[data-cover="${day}"]`).getByRole("button");

/** Somebody of their own for a test, so that no other test plans them. */
let hired = 0;
async function hire(desk: Desk, more: { contract?: object; role?: "manager"; password?: string } = {}) {
  hired += 1;
  const who = { name: `Noor ${hired} Visser`, email: `noor${hired}-${process.pid}@example.com` };
  return desk.hire({ ...who, ...more });
}

/** A manager with the form of a new shift. */
async function openNew(person: Arrive, week: string, staff: number, day: number): Promise<Person> {
  const manager = await person(MANAGER, {
    page: `/week?week=${week}&shift=new&staff=${staff}&day=${dayOf(week, day)}`,
  });
  await manager.isLive();
  await expect(form(manager)).toBeVisible();
  return manager;
}

test("the reason shows while it is typed, and a soft one can be overruled at once", async ({ person, desk }) => {
  const week = ownWeek();
  const noor = await hire(desk);
  await desk.add({ staff_id: noor.id, starts_at: at(week, 0, 14), ends_at: at(week, 0, 22) });
  const manager = await openNew(person, week, noor.id, 1);

  await expect(objections(manager)).toContainText("11 h rest between shifts; this leaves 8");
  await expect(objections(manager)).toContainText("you may overrule it");
  expect(await desk.rows(week)).toHaveLength(1);
  await form(manager).getByLabel("Starts: hours").fill("12");
  await form(manager).getByLabel("Ends: hours").fill("20");
  await expect(objections(manager)).toBeEmpty();
  await expect(form(manager).getByRole("button", { name: "Publish", exact: true })).toBeVisible();
  await form(manager).getByLabel("Starts: hours").fill("08");
  await expect(objections(manager)).toContainText("this leaves 9");
  await form(manager).getByRole("button", { name: "Publish anyway" }).click();
  await expect(form(manager)).toHaveCount(0);
  await expect.poll(() => desk.rows(week)).toHaveLength(2);
});

test("a rule that the contract makes hard is not overruled, and somebody else is suggested", async ({
  person,
  desk,
}) => {
  const week = ownWeek();
  const contract = { name: "Strict", hours_per_week: 40, rest_hours: 11, hard_rules: ["rest"] };
  const noor = await hire(desk, { contract });
  await desk.add({ staff_id: noor.id, starts_at: at(week, 0, 14), ends_at: at(week, 0, 22) });
  const manager = await openNew(person, week, noor.id, 1);

  await expect(objections(manager)).toContainText("This is not possible");
  await expect(objections(manager)).toContainText("this leaves 8");
  await expect(form(manager).getByRole("button", { name: /anyway/ })).toHaveCount(0);
  await form(manager).getByRole("button", { name: "Publish" }).click();
  await expect(form(manager).getByRole("alert")).toContainText("not possible");
  expect(await desk.rows(week)).toHaveLength(1);

  const suggested = form(manager).getByRole("region", { name: "Who could take it" });
  await expect(suggested.getByRole("button")).not.toHaveCount(0);
  const best = suggested.getByRole("button").first();
  await expect(best).toContainText("h this week");
  await best.click();
  await expect(objections(manager)).toBeEmpty();
  await expect(form(manager).getByLabel("Who", { exact: true })).not.toHaveValue(noor.name);
  await form(manager).getByRole("button", { name: "Publish", exact: true }).click();
  await expect(form(manager)).toHaveCount(0);
  await expect.poll(() => desk.rows(week)).toHaveLength(2);
});

test("what somebody else plans meanwhile is objected to in the open form", async ({ person, desk }) => {
  const week = ownWeek();
  const noor = await hire(desk);
  const manager = await openNew(person, week, noor.id, 1);
  await expect(objections(manager)).toBeEmpty();
  await desk.add({ staff_id: noor.id, starts_at: at(week, 1, 8), ends_at: at(week, 1, 16) });
  await expect(objections(manager)).toContainText("Already works 09:00–17:00");
});

test("totals and cover follow what another manager does", async ({ person, desk, deskOf }) => {
  const week = ownWeek();
  const noor = await hire(desk, { contract: { name: "Small", hours_per_week: 10, rest_hours: 11 } });
  const other = await hire(desk, { role: "manager", password: PASSWORD });
  const theirs = await deskOf(other.email as string);
  const manager = await person(MANAGER, { week });
  const row = manager.page.locator(`tr[data-staff="${noor.id}"]`);
  const monday = cover(manager, dayOf(week, 0));
  await expect(row).toContainText("0 / 10 h");
  await expect(monday).toHaveText("0 / 8");
  await expect(monday).toHaveAccessibleName(/1 Nurse missing, 07:00–15:00, North Ward/);

  const early = await theirs.add({ staff_id: noor.id, starts_at: at(week, 0, 6), ends_at: at(week, 0, 14) });
  await expect(row).toContainText("8 / 10 h");
  await expect(monday).toHaveText("1 / 8");
  await expect(monday).not.toHaveAccessibleName(/07:00–15:00, North Ward/);
  await monday.hover();
  await expect(manager.page.getByRole("tooltip")).toContainText("1 Nurse missing, 15:00–23:00, North Ward");

  await theirs.change(early, { ends_at: at(week, 0, 12) });
  await expect(monday).toHaveText("0 / 8");
  await expect(monday).toHaveAccessibleName(/1 Nurse missing, 13:00–15:00, North Ward/);
  await theirs.add({
    staff_id: noor.id,
    starts_at: at(week, 2, 6),
    ends_at: at(week, 2, 14),
    accept: ["weekly_hours"],
  });
  await expect(row).toContainText("14 / 10 h, 4 h too many");

  const north = (await theirs.needs()).find(({ location }) => location === "North Ward");
  if (!north) throw new Error("The demo says nothing of what its North Ward needs");
  const afternoon = { role: "Nurse", weekday: 1, starts: "07:00", ends: "13:00", least: 1 };
  const changed = await theirs.need(north, [afternoon]);
  await expect(monday).toHaveText("1 / 5");
  await theirs.need(changed, north.needs);
  await expect(monday).toHaveText("0 / 8");
});
