import { at, expect, MANAGER, ownWeek, type Person, STAFF, test, weekAt } from "./fixtures";

const SECOND = "jonas@example.com";

/** The card of the offer of this shift; another test's may be on the same day of another year. */
const cardOf = ({ id }: { id: number }) => `[data-offer][data-shift="${id}"]`;
const offerOn = ({ page }: Person, shift: { id: number }) => page.locator(cardOf(shift));

async function openSwaps({ page }: Person): Promise<void> {
  await page.getByRole("link", { name: /^Swaps/ }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Swaps" })).toBeVisible();
  await expect(page.locator("[aria-busy=false]")).toBeVisible();
}

/** How many offers wait for their answer, as the menu says. */
async function waiting({ page }: Person): Promise<number> {
  const words = await page.getByRole("link", { name: /^Swaps/ }).textContent();
  return Number(/\d+/.exec(words ?? "")?.[0] ?? 0);
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
    const [samId, jonasId] = [await desk.idOf("Sam"), await desk.idOf("Jonas")];
    const shift = await desk.add({ staff_id: samId, starts_at: at(week, 2, 8), ends_at: at(week, 2, 16) });
    const [sam, jonas, mona] = await Promise.all([
      person(STAFF, { week, phone }),
      person(SECOND, { phone }),
      person(MANAGER, { phone }),
    ]);
    await openSwaps(jonas);
    await openSwaps(mona);
    // Other tests' offers to everybody wait, too.
    const before = await waiting(jonas);

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

    const forJonas = jonas.page.getByRole("region", { name: "For you" }).locator(cardOf(shift));
    await expect(forJonas).toContainText("My sister's wedding");
    await expect.poll(() => waiting(jonas)).toBe(before + 1);
    await forJonas.getByRole("button", { name: /^Accept/ }).click();
    await expect(offerOn(sam, shift)).toContainText(/Jonas .* accepted/);

    const toApprove = mona.page.getByRole("region", { name: "To approve" }).locator(cardOf(shift));
    await toApprove.getByRole("textbox").fill("Enjoy it");
    await toApprove.getByRole("button", { name: /^Approve/ }).click();
    for (const each of [sam, jonas, mona]) {
      await expect(offerOn(each, shift)).toHaveAttribute("data-status", "approved");
      await expect(offerOn(each, shift)).toContainText("Enjoy it");
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
  const [samId, jonasId] = [await desk.idOf("Sam"), await desk.idOf("Jonas")];
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
  await offerOn(jonas, sams)
    .getByRole("button", { name: /^Accept/ })
    .click();
  const swaps = await tab(mona);
  await swaps.page.goto(`${server.url}/swaps`);
  await offerOn(swaps, sams)
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
    staff_id: await desk.idOf("Sam"),
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
  const accept = offerOn(jonas, shift).getByRole("button", { name: /^Accept/ });
  await expect(accept).toBeEnabled();
  // The manager is faster by the time that the answer is on its way.
  await jonas.page.route(/\/accept$/, async (route) => {
    await desk.change(shift, { starts_at: at(week, 2, 9) });
    await route.continue();
  });
  await accept.click();
  await expect(jonas.page.getByRole("alert")).toContainText("Mona Reyes changed this shift");
  await expect(offerOn(jonas, shift)).toHaveCount(0);
  await expect(offerOn(sam, shift)).toHaveAttribute("data-status", "lapsed");
  await expect(offerOn(sam, shift)).toContainText("Mona Reyes changed a shift of it");
});

test("what stands against an offer is renewed when shifts change, and what others do is said", async ({
  person,
  desk,
  deskOf,
}) => {
  const week = ownWeek();
  const [samId, jonasId] = [await desk.idOf("Sam"), await desk.idOf("Jonas")];
  const shift = await desk.add({ staff_id: samId, starts_at: at(week, 2, 8), ends_at: at(week, 2, 16) });
  const mona = await person(MANAGER);
  await openSwaps(mona);
  await expect(mona.dot("Live")).toBeVisible();
  const said = await mona.listen();
  const made = await (await deskOf(STAFF)).offer(shift, {});
  await (await deskOf(SECOND)).accept(made);
  const card = offerOn(mona, shift);
  await expect(card.getByRole("button", { name: /^Approve:/ })).toBeEnabled();
  await expect.poll(async () => (await said()).join(" ")).toMatch(/Jonas Weber accepted: .*Wed/);

  await desk.add({ staff_id: jonasId, starts_at: at(week, 1, 14), ends_at: at(week, 1, 22) });
  await expect(card).toContainText("11 h rest between shifts; this leaves 10");
  await expect(card.getByRole("button", { name: /^Approve anyway/ })).toBeEnabled();
});
