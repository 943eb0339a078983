import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { at, type Desk, expect, MANAGER, ownWeek, type Person, STAFF, test, weekAt } from "./fixtures";

const SECOND = "jonas@example.com";

async function idOf(desk: Desk, name: string): Promise<number> {
  const found = (await desk.staff()).find((each) => each.name.startsWith(name));
  if (!found) throw new Error(`The demo has nobody called ${name}`);
  return found.id;
}

/** The card of the offer that is about this shift's time, and what may be done with it there. */
const offerOn = ({ page }: Person, day: string) => page.locator("[data-offer]").filter({ hasText: day });

async function openSwaps({ page }: Person): Promise<void> {
  await page.getByRole("link", { name: /^Swaps/ }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Swaps" })).toBeVisible();
}

/** "Wed 4 Jan" */
function dayOf(instant: string): string {
  const words = { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" } as const;
  return new Intl.DateTimeFormat("en-GB", words).format(new Date(instant)).replace(",", "");
}

for (const phone of [false, true]) {
  test(`offered to a colleague, accepted and approved, a shift changes hands on all screens, ${phone ? "on a phone" : "wide"}`, async ({
    person,
    desk,
    server,
  }) => {
    const week = ownWeek();
    const [samId, jonasId] = [await idOf(desk, "Sam"), await idOf(desk, "Jonas")];
    const shift = await desk.add({ staff_id: samId, starts_at: at(week, 2, 8), ends_at: at(week, 2, 16) });
    const [sam, jonas, mona] = await Promise.all([
      person(STAFF, { week, phone }),
      person(SECOND, { phone }),
      person(MANAGER, { phone }),
    ]);
    await openSwaps(jonas);
    await openSwaps(mona);

    await sam.card(shift).click();
    const panel = sam.page.getByRole("dialog", { name: "Shift" });
    await panel.getByRole("button", { name: "Offer this shift" }).click();
    await panel.getByRole("radio", { name: "To one colleague" }).check();
    await panel.getByRole("combobox", { name: "Colleague" }).click();
    await sam.page.getByRole("option", { name: /^Jonas/ }).click();
    await panel.getByRole("textbox", { name: "Note" }).fill("My sister's wedding");
    await panel.getByRole("button", { name: "Offer", exact: true }).click();
    await expect(panel).toContainText("You have offered this shift");
    await panel.getByRole("link", { name: "See it under swaps" }).click();

    const day = dayOf(shift.starts_at);
    const forJonas = jonas.page
      .getByRole("region", { name: "For you" })
      .locator("[data-offer]")
      .filter({ hasText: day });
    await expect(forJonas).toContainText("My sister's wedding");
    await expect(jonas.page.getByRole("link", { name: /Swaps 1 waiting/ })).toBeVisible();
    await forJonas.getByRole("button", { name: /^Accept/ }).click();
    await expect(offerOn(sam, day)).toContainText(/Jonas .* accepted/);

    const toApprove = mona.page.getByRole("region", { name: "To approve" }).locator("[data-offer]");
    await toApprove.filter({ hasText: day }).getByRole("textbox").fill("Enjoy it");
    await toApprove
      .filter({ hasText: day })
      .getByRole("button", { name: /^Approve/ })
      .click();
    for (const each of [sam, jonas, mona]) {
      await expect(offerOn(each, day)).toHaveAttribute("data-status", "approved");
      await expect(offerOn(each, day)).toContainText("Enjoy it");
    }
    await expect.poll(() => desk.get(week, shift.id)).toMatchObject({ staff_id: jonasId });

    await jonas.page.goto(weekAt(server.url, week));
    await jonas.card(shift).click();
    await expect(jonas.page.getByRole("dialog", { name: "Shift" })).toContainText("Jonas");
    const width = await sam.page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBeLessThanOrEqual(phone ? 390 : 1440);
  });
}

test("two shifts are swapped; the week of the manager shows both in their new hands", async ({
  person,
  desk,
  server,
  tab,
}) => {
  const week = ownWeek();
  const [samId, jonasId] = [await idOf(desk, "Sam"), await idOf(desk, "Jonas")];
  const sams = await desk.add({ staff_id: samId, starts_at: at(week, 1, 8), ends_at: at(week, 1, 16) });
  const other = await desk.add({ staff_id: jonasId, starts_at: at(week, 3, 8), ends_at: at(week, 3, 16) });
  const [sam, jonas, mona] = await Promise.all([person(STAFF, { week }), person(SECOND), person(MANAGER, { week })]);
  await sam.card(sams).click();
  const panel = sam.page.getByRole("dialog", { name: "Shift" });
  await panel.getByRole("button", { name: "Offer this shift" }).click();
  await panel.getByRole("radio", { name: "In exchange" }).check();
  await panel.getByRole("combobox", { name: "Shift that you want" }).click();
  await sam.page.getByRole("option", { name: new RegExp(`^${dayOf(other.starts_at)}.*Jonas`) }).click();
  await panel.getByRole("button", { name: "Offer", exact: true }).click();

  await openSwaps(jonas);
  await offerOn(jonas, dayOf(sams.starts_at))
    .getByRole("button", { name: /^Accept/ })
    .click();
  const swaps = await tab(mona);
  await swaps.page.goto(`${server.url}/swaps`);
  await offerOn(swaps, dayOf(sams.starts_at))
    .getByRole("button", { name: /^Approve/ })
    .click();
  await expect(mona.page.locator(`tr[data-staff="${jonasId}"] [data-schedule="${sams.id}"]`)).toBeVisible();
  await expect(mona.page.locator(`tr[data-staff="${samId}"] [data-schedule="${other.id}"]`)).toBeVisible();
  await expect.poll(() => desk.get(week, other.id)).toMatchObject({ staff_id: samId });
});

test("a shift that changed meanwhile lapses its offer, with the reason, and a late answer is refused in words", async ({
  person,
  desk,
}) => {
  const week = ownWeek();
  const shift = await desk.add({
    staff_id: await idOf(desk, "Sam"),
    starts_at: at(week, 2, 8),
    ends_at: at(week, 2, 16),
  });
  const [sam, jonas] = await Promise.all([person(STAFF, { week }), person(SECOND)]);
  await sam.card(shift).click();
  const panel = sam.page.getByRole("dialog", { name: "Shift" });
  await panel.getByRole("button", { name: "Offer this shift" }).click();
  await panel.getByRole("button", { name: "Offer", exact: true }).click();
  await panel.getByRole("link", { name: "See it under swaps" }).click();

  await openSwaps(jonas);
  const day = dayOf(shift.starts_at);
  const accept = offerOn(jonas, day).getByRole("button", { name: /^Accept/ });
  await expect(accept).toBeEnabled();
  // The manager is faster by the time that the answer is on its way.
  await jonas.page.route(/\/accept$/, async (route) => {
    await desk.change(shift, { starts_at: at(week, 2, 9) });
    await route.continue();
  });
  await accept.click();
  await expect(jonas.page.getByRole("alert")).toContainText("Mona Reyes changed this shift");
  await expect(offerOn(jonas, day)).toHaveCount(0);
  await expect(offerOn(sam, day)).toHaveAttribute("data-status", "lapsed");
  await expect(offerOn(sam, day)).toContainText("Mona Reyes changed a shift of it");
});

async function expectClean(page: Page, within = "html"): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await expect(page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`)).toBeAttached();
    await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished)));
    const { violations } = await new AxeBuilder({ page }).include(within).analyze();
    const told = violations.map(
      ({ id, nodes }) => `${colorScheme}, ${id}: ${nodes.map((node) => node.html).join("\n")}`,
    );
    expect(told).toEqual([]);
  }
}

for (const phone of [false, true]) {
  test(`swaps, the form of an offer and the open shifts are clean, ${phone ? "on a phone" : "wide"}`, async ({
    person,
    desk,
    deskOf,
    server,
  }) => {
    // Axe reads every element of every page twice.
    test.setTimeout(300_000);
    const week = ownWeek();
    const [samId, jonasId] = [await idOf(desk, "Sam"), await idOf(desk, "Jonas")];
    const day = (n: number) => ({ starts_at: at(week, n, 8), ends_at: at(week, n, 16) });
    const given = await desk.add({ staff_id: samId, ...day(1), note: "Keys" });
    const kept = await desk.add({ staff_id: samId, ...day(2) });
    const wanted = await desk.add({ staff_id: jonasId, ...day(4) });
    await desk.add(day(5));
    await desk.add({ ...day(6), role: "Head nurse" });
    const [sam, jonas] = [await deskOf(STAFF), await deskOf(SECOND)];
    await sam.offer(given, { wanted });
    await jonas.offer(wanted, { note: "Anybody?" });
    for (const email of [STAFF, MANAGER]) {
      const { page } = await person(email, { phone });
      await page.goto(`${server.url}/swaps`);
      await expect(page.locator("[data-offer]").first()).toBeVisible();
      await expectClean(page);
    }
    const staff = await person(STAFF, { week, phone });
    await staff.card(kept).click();
    await staff.page.getByRole("button", { name: "Offer this shift" }).click();
    await staff.page.getByRole("radio", { name: "In exchange" }).check();
    await expect(staff.page.getByRole("combobox", { name: "Shift that you want" })).toBeVisible();
    await expectClean(staff.page, '[role="dialog"]');
    await staff.page.goto(`${server.url}/open`);
    await expect(staff.page.locator("[data-open-shift]").first()).toBeVisible();
    await expectClean(staff.page);
  });
}
