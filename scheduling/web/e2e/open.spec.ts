import { at, expect, MANAGER, ownWeek, STAFF, test } from "./fixtures";

const SECOND = "jonas@example.com";

for (const phone of [false, true]) {
  test(`of two who see an open shift the first gets it, and it goes from the other's list, ${phone ? "on a phone" : "wide"}`, async ({
    person,
    desk,
    server,
  }) => {
    const week = ownWeek();
    const shift = await desk.add({ starts_at: at(week, 2, 8), ends_at: at(week, 2, 16) });
    const strange = await desk.add({ starts_at: at(week, 4, 8), ends_at: at(week, 4, 16), role: "Head nurse" });
    const [sam, jonas] = await Promise.all([person(STAFF, { phone }), person(SECOND, { phone })]);
    const card = (of: typeof sam, { id }: { id: number }) => of.page.locator(`[data-open-shift="${id}"]`);
    for (const each of [sam, jonas]) {
      await each.page.goto(`${server.url}/open`);
      await each.isLive();
      await expect(card(each, shift).getByRole("button")).toBeEnabled();
      await expect(card(each, strange)).toContainText("Head nurse");
      await expect(card(each, strange).getByRole("button")).toHaveCount(0);
    }

    await card(sam, shift).getByRole("button").click();
    await expect(card(sam, shift)).toHaveCount(0);
    await expect(card(jonas, shift)).toHaveCount(0);
    await expect.poll(() => desk.get(week, shift.id)).toMatchObject({ staff_id: await desk.idOf("Sam Okafor") });

    const width = await jonas.page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBeLessThanOrEqual(phone ? 390 : 1440);
  });
}

test("a claim that comes second is refused by name, and the list equals the database", async ({
  person,
  desk,
  server,
}) => {
  const week = ownWeek();
  const sam = await desk.idOf("Sam Okafor");
  const shift = await desk.add({ starts_at: at(week, 2, 8), ends_at: at(week, 2, 16) });
  const jonas = await person(SECOND);
  await jonas.page.goto(`${server.url}/open`);
  await jonas.isLive();
  const card = jonas.page.locator(`[data-open-shift="${shift.id}"]`);
  // The manager is faster by the time that the claim is on its way.
  await jonas.page.route(/\/claim$/, async (route) => {
    await desk.change(shift, { staff_id: sam });
    await route.continue();
  });
  await card.getByRole("button").click();
  await expect(jonas.page.getByRole("alert")).toContainText("Mona Reyes gave away this shift");
  await expect(card).toHaveCount(0);
  expect(await desk.get(week, shift.id)).toMatchObject({ staff_id: sam });
});

test("a new open shift comes to the list, and a manager sees whoever took it", async ({ person, desk, server }) => {
  const week = ownWeek();
  const [staff, manager] = await Promise.all([person(STAFF), person(MANAGER, { week })]);
  await staff.page.goto(`${server.url}/open`);
  await staff.isLive();
  const shift = await desk.add({ starts_at: at(week, 2, 8), ends_at: at(week, 2, 16) });
  await staff.page.locator(`[data-open-shift="${shift.id}"]`).getByRole("button").click();
  const sam = await desk.idOf("Sam Okafor");
  await expect(manager.page.locator(`tr[data-staff="${sam}"] [data-schedule="${shift.id}"]`)).toBeVisible();
});
