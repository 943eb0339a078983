import type { Route } from "@playwright/test";
import { at, type Desk, dayOf, expect, MANAGER, ownWeek, PASSWORD, type Person, test } from "./fixtures";

const CLINIC = "Lisbon Clinic";
const panel = ({ page }: Person) => page.getByRole("dialog", { name: /^Edit / });
const objections = ({ page }: Person) => page.getByRole("dialog", { name: /shift/ }).getByRole("status");

/** People of their own for a test. */
let hired = 0;
async function hire(desk: Desk, more: { role?: "manager"; password?: string } = {}) {
  hired += 1;
  const name = `${more.role ? "Nadia" : "Noor"} ${hired} Visser`;
  return desk.hire({ name, email: `team${hired}-${process.pid}@example.com`, ...more });
}

async function needsOf(desk: Desk, place: string) {
  const found = (await desk.needs()).find(({ location }) => location === place);
  if (!found) throw new Error(`The demo says nothing of what ${place} needs`);
  return found;
}

test("a contract made stricter objects at once on the other manager's screen; a late edit is refused by name", async ({
  person,
  server,
  desk,
  deskOf,
}) => {
  const week = ownWeek();
  const [noor, nadia] = [await hire(desk), await hire(desk, { role: "manager", password: PASSWORD })];
  await desk.add({ staff_id: noor.id, starts_at: at(week, 0, 14), ends_at: at(week, 0, 22) });
  const form = `/week?week=${week}&shift=new&staff=${noor.id}&day=${dayOf(week, 1)}`;
  const [mona, other] = [await person(MANAGER, { week }), await person(nadia.email ?? "", { page: form })];
  await expect(other.page.getByRole("dialog", { name: "New shift" })).toBeVisible();
  await expect(objections(other)).toContainText("you may overrule it");

  await mona.page.getByRole("button", { name: "More", exact: true }).click();
  await mona.page.getByRole("menuitem", { name: "Cover and contracts…" }).click();
  await mona.page.locator(`[data-member="${noor.id}"]`).click();
  await panel(mona).getByRole("checkbox", { name: "Hard: Hours of rest between shifts" }).check();
  await panel(mona).getByRole("button", { name: "Save" }).click();
  await expect(panel(mona)).toHaveCount(0);
  await expect(mona.page.locator(`[data-member="${noor.id}"]`)).toContainText("1 hard rule");
  await expect(objections(other)).toContainText("This is not possible");

  await mona.page.goto(`${server.url}/team`);
  await mona.page.locator(`[data-member="${noor.id}"]`).click();
  await panel(mona).getByRole("textbox", { name: "Name", exact: true }).fill("Noor the Late");
  // The other manager is faster by the time that the change is on its way.
  const theirs = await deskOf(nadia.email ?? "");
  const fasterOnce = async (route: Route) => {
    await theirs.changeStaff({ ...noor, version: 2 }, { name: "Noor the First" });
    await route.continue();
  };
  await mona.page.route(/\/api\/staff\/\d+$/, fasterOnce, { times: 1 });
  await panel(mona).getByRole("button", { name: "Save" }).click();
  await expect(panel(mona).getByRole("alert")).toContainText(`${nadia.name} changed this person meanwhile`);
  await panel(mona).getByRole("button", { name: "Take theirs" }).click();
  await expect(panel(mona).getByRole("textbox", { name: "Name", exact: true })).toHaveValue("Noor the First");
  const stored = (await desk.staff()).find(({ id }) => id === noor.id);
  expect(stored).toMatchObject({ name: "Noor the First", version: 3, contract: { hard_rules: ["rest"] } });
});

test("cover that a manager says shows its holes to the other, and an old list does not overwrite a newer one", async ({
  person,
  desk,
}) => {
  const week = ownWeek();
  const nadia = await hire(desk, { role: "manager", password: PASSWORD });
  const before = await needsOf(desk, CLINIC);
  const cover = `/team?part=cover&location=${CLINIC}`;
  const [mona, other] = [await person(MANAGER, { page: cover }), await person(nadia.email ?? "", { week })];
  const saturday = other.page.locator(`[data-cover="${dayOf(week, 5)}"]`).getByRole("button");
  await expect(saturday).not.toHaveAccessibleName(/Lisbon/);

  const cell = mona.page.getByRole("textbox", { name: /^Nurse, 09:00 to 17:00, Sat$/ });
  await cell.fill("2");
  await mona.page.getByRole("button", { name: "Save" }).click();
  await expect(mona.page.getByText(/^Last changed by Mona Reyes/)).toBeVisible();
  await expect(saturday).toHaveAccessibleName(/2 Nurse missing, 09:00–17:00, Lisbon Clinic/);

  await cell.fill("3");
  await desk.need(await needsOf(desk, CLINIC), before.needs);
  await expect(mona.page.getByRole("alert")).toContainText("Mona Reyes changed what Lisbon Clinic needs meanwhile");
  await expect(cell).toHaveValue("3");
  await mona.page.getByRole("button", { name: "Keep mine" }).click();
  await mona.page.getByRole("button", { name: "Save" }).click();
  await expect(saturday).toHaveAccessibleName(/3 Nurse missing, 09:00–17:00, Lisbon Clinic/);
  const kept = await needsOf(desk, CLINIC);
  expect(kept.needs.find(({ weekday }) => weekday === 6)).toMatchObject({ least: 3 });
  await desk.need(kept, before.needs);
  await expect(cell).toHaveValue("");
});

test("who is taken out of the team is signed out, and a shift of theirs cannot be moved", async ({ person, desk }) => {
  const week = ownWeek();
  const [noor, nadia] = [
    await hire(desk, { password: PASSWORD }),
    await hire(desk, { role: "manager", password: PASSWORD }),
  ];
  const shift = await desk.add({ staff_id: noor.id, starts_at: at(week, 2, 8), ends_at: at(week, 2, 16) });
  const [mona, other, gone] = await Promise.all([
    person(MANAGER, { page: "/team" }),
    person(nadia.email ?? "", { week }),
    person(noor.email ?? "", { phone: true }),
  ]);
  await other.card(shift).click();
  const form = other.page.getByRole("dialog", { name: "Edit shift" });
  await form.getByLabel("Starts: hours").fill("10");
  await expect(form.getByRole("status")).toBeEmpty();

  await mona.page.locator(`[data-member="${noor.id}"]`).click();
  await panel(mona).getByRole("button", { name: "Take out of the team" }).click();
  const asked = mona.page.getByRole("dialog", { name: /^Take .* out of the team/ });
  await expect(asked).toContainText("1 shift of theirs has not begun");
  await asked.getByRole("radio", { name: "Leave it as it is" }).check();
  await asked.getByRole("button", { name: "Take out of the team" }).click();
  await expect(mona.page.getByRole("region", { name: "No longer here" })).toContainText(noor.name);
  await expect(gone.page.getByRole("button", { name: "Sign in" })).toBeVisible();

  await expect(form.getByRole("status")).toContainText("does not work here any more");
  await form.getByRole("button", { name: "Save", exact: true }).click();
  await expect(form.getByRole("alert")).toContainText("not possible");
  await form.getByRole("button", { name: "Close" }).click();
  await expect(other.card(shift)).toHaveAttribute("data-version", "1");
  expect(await desk.get(week, shift.id)).toMatchObject({ version: 1, staff_id: noor.id });
});

test("the team page is as wide as the screen, on a phone too", async ({ person, server, desk }) => {
  const noor = await hire(desk);
  for (const phone of [false, true]) {
    const { page } = await person(MANAGER, { phone, page: "/team?part=cover" });
    const fits = async () => {
      const width = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(width).toBeLessThanOrEqual(0);
    };
    await expect(page.getByRole("table")).toBeVisible();
    await fits();
    await page.goto(`${server.url}/team?person=${noor.id}`);
    await expect(page.getByRole("dialog")).toBeVisible();
    await fits();
  }
});
