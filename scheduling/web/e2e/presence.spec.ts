import { expectClean } from "./axe";
import { at, test as base, type Desk, expect, MANAGER, ownWeek, PASSWORD, type Person, STAFF } from "./fixtures";
import { type Server, startServer } from "./server";

const waiting = (seconds: number) =>
  startServer("native", undefined, { env: { SCHEDULING_PRESENCE_GRACE: `PT${seconds}S` } });

/** Servers that show who has gone for longer than any page takes to be loaded again, and hardly at all. */
const test = base.extend<{ patient: Server; brief: Server }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright wants to see which fixtures it takes
  patient: async ({}, use) => {
    const server = await waiting(120);
    await use(server);
    await server.stop();
  },
  // biome-ignore lint/correctness/noEmptyPattern: Playwright wants to see which fixtures it takes
  brief: async ({}, use) => {
    const server = await waiting(0.5);
    await use(server);
    await server.stop();
  },
});

/** A second manager. */
async function hireVera(desk: Desk, week: string): Promise<{ email: string; id: number }> {
  const email = `vera-${week}@example.com`;
  const { id } = await desk.hire({ name: "Vera Lind", email, role: "manager", password: PASSWORD });
  return { email, id };
}

const company = ({ page }: Person, names: string) =>
  page.getByRole("button", { name: `${names} looking at this week, too` });
const ring = (person: Person, shift: { id: number }) => person.card(shift).locator("[data-editors]");
const hint = ({ page }: Person, name: string) =>
  page.getByRole("dialog").getByText(`${name} is editing this shift, too`);

/** How often the faces of others came or went from now on. */
async function watchFaces({ page }: Person): Promise<() => Promise<number>> {
  await page.evaluate(() => {
    const seen = { changes: 0 };
    const count = () => document.querySelectorAll("[data-looking]").length;
    let before = count();
    new MutationObserver(() => {
      const now = count();
      if (now !== before) seen.changes += 1;
      before = now;
    }).observe(document.body, { childList: true, subtree: true });
    Object.assign(window, { seen });
  });
  return () => page.evaluate(() => (window as unknown as { seen: { changes: number } }).seen.changes);
}

test("managers see who else looks at the week and edits which shift; a reload says nothing", async ({
  person,
  deskOf,
  patient,
}) => {
  const { url } = patient;
  const week = ownWeek();
  const desk = await deskOf(MANAGER, url);
  const vera = await hireVera(desk, week);
  const shift = await desk.add({ staff_id: desk.me.id, starts_at: at(week, 1, 8), ends_at: at(week, 1, 16) });
  const [mona, staff] = await Promise.all([person(MANAGER, { week, url }), person(STAFF, { week, url })]);
  const other = await person(vera.email, { week, url });
  await expect(company(mona, "Vera Lind is")).toBeVisible();
  await expect(company(other, "Mona Reyes is")).toBeVisible();

  await company(mona, "Vera Lind is").click();
  await expect(mona.page.getByRole("dialog").getByRole("listitem")).toHaveText([/Vera Lind/]);
  // What the pointer is on has a tooltip.
  await mona.page.mouse.move(0, 0);
  await expect(mona.page.getByRole("tooltip")).toHaveCount(0);
  await expectClean(mona.page);
  await mona.page.keyboard.press("Escape");

  // The form is open on both sides, and each says so.
  await other.card(shift).click();
  await expect(ring(mona, shift)).toHaveAttribute("data-editors", "VL");
  await expect(mona.card(shift)).toHaveAccessibleName(/Vera Lind is editing$/);
  await expectClean(mona.page);
  await expect(hint(other, "Mona Reyes")).toHaveCount(0);
  await mona.card(shift).click();
  await expect(hint(mona, "Vera Lind")).toBeVisible();
  await expect(hint(other, "Mona Reyes")).toBeVisible();
  await expectClean(mona.page, { within: '[role="dialog"]' });
  await other.page.getByRole("dialog").getByRole("button", { name: "Save", exact: true }).click();
  await expect(other.page.getByRole("dialog")).toHaveCount(0);
  await expect(hint(mona, "Vera Lind")).toHaveCount(0);
  await mona.page.keyboard.press("Escape");
  await expect(ring(other, shift)).toHaveCount(0);

  const changes = await watchFaces(mona);
  await other.page.reload();
  await other.isLive();
  await expect(company(other, "Mona Reyes is")).toBeVisible();
  // Typing over a shift is editing it; when that is seen, a leave would have been.
  await other.card(shift).focus();
  await other.page.keyboard.press("9");
  await expect(ring(mona, shift)).toBeVisible();
  expect(await changes()).toBe(0);
  await expect(staff.page.locator("[data-looking], [data-editors]")).toHaveCount(0);
});

test("who turns to another week, or closes the page, is soon no company any more", async ({
  person,
  deskOf,
  brief,
}) => {
  const { url } = brief;
  const week = ownWeek();
  const vera = await hireVera(await deskOf(MANAGER, url), week);
  const [mona, other] = await Promise.all([person(MANAGER, { week, url }), person(vera.email, { week, url })]);
  await expect(company(mona, "Vera Lind is")).toBeVisible();
  await other.openWeek(url, ownWeek());
  await expect(company(mona, "Vera Lind is")).toHaveCount(0);
  await other.openWeek(url, week);
  await expect(company(mona, "Vera Lind is")).toBeVisible();
  await other.page.close();
  await expect(company(mona, "Vera Lind is")).toHaveCount(0);
});
