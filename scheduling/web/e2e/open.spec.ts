import { Cable } from "./cable";
import { at, expect, MANAGER, ownWeek, STAFF, test } from "./fixtures";

const SECOND = "jonas@example.com";

for (const phone of [false, true]) {
  test(`of two who see an open shift the first gets it, and it goes from the other's list, ${phone ? "on a phone" : "wide"}`, async ({
    person,
    desk,
  }) => {
    const week = ownWeek();
    const shift = await desk.add({ starts_at: at(week, 2, 8), ends_at: at(week, 2, 16) });
    const strange = await desk.add({ starts_at: at(week, 4, 8), ends_at: at(week, 4, 16), role: "Head nurse" });
    const page = "/open";
    const [sam, jonas] = await Promise.all([person(STAFF, { phone, page }), person(SECOND, { phone, page })]);
    const card = (of: typeof sam, { id }: { id: number }) => of.page.locator(`[data-open-shift="${id}"]`);
    for (const each of [sam, jonas]) {
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

test("a claim that comes second is refused by name, and the list equals the database", async ({ person, desk }) => {
  const week = ownWeek();
  const sam = await desk.idOf("Sam Okafor");
  const shift = await desk.add({ starts_at: at(week, 2, 8), ends_at: at(week, 2, 16) });
  const jonas = await person(SECOND, { page: "/open" });
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

test("a new open shift comes to the list, and a manager sees whoever took it", async ({ person, desk }) => {
  const week = ownWeek();
  const [staff, manager] = await Promise.all([person(STAFF, { page: "/open" }), person(MANAGER, { week })]);
  await staff.isLive();
  const shift = await desk.add({ starts_at: at(week, 2, 8), ends_at: at(week, 2, 16) });
  await staff.page.locator(`[data-open-shift="${shift.id}"]`).getByRole("button").click();
  const sam = await desk.idOf("Sam Okafor");
  await expect(manager.page.locator(`tr[data-staff="${sam}"] [data-schedule="${shift.id}"]`)).toBeVisible();
});

test("without connection, taking a shift and deciding on time off say at once that they need one", async ({
  person,
  desk,
  deskOf,
  server,
}) => {
  const week = ownWeek();
  const shift = await desk.add({ starts_at: at(week, 2, 8), ends_at: at(week, 2, 16) });
  const soon = new Date(Date.now() + 200 * 86_400_000).toISOString().slice(0, 10);
  const request = await (await deskOf(STAFF)).askOff({ starts_at: at(soon, 0, 8), ends_at: at(soon, 0, 16), note: "" });
  const cable = await Cable.to(server.url);
  const jonas = await person(SECOND, { phone: true, url: cable.url, page: "/open" });
  const manager = await person(MANAGER, { page: "/time-off" });
  for (const each of [jonas, manager]) await each.isLive();

  const card = jonas.page.locator(`[data-open-shift="${shift.id}"]`);
  const needed = jonas.page.getByText("No connection. Taking a shift needs one");
  cable.pull();
  await card.getByRole("button").click();
  await expect(jonas.page.getByRole("alert")).toContainText("No connection. Taking a shift needs one");
  await expect(card).toBeVisible();
  await jonas.page.context().setOffline(true);
  await expect(card.getByRole("button")).toBeDisabled();
  await expect(needed.first()).toBeVisible();
  cable.plug();
  await jonas.page.context().setOffline(false);
  await card.getByRole("button").click();
  await expect(card).toHaveCount(0);
  await expect.poll(() => desk.get(week, shift.id)).toMatchObject({ version: 2 });

  const asked = manager.page.locator(`[data-request="${request.id}"]`);
  await manager.page.context().setOffline(true);
  await expect(manager.page.getByText("No connection. Deciding on time off needs one.")).toBeVisible();
  for (const name of ["Approve", "Deny"]) await expect(asked.getByRole("button", { name })).toBeDisabled();
  await manager.page.context().setOffline(false);
  await asked.getByRole("button", { name: "Deny" }).click();
  await expect(asked).toHaveAttribute("data-version", "2");
  cable.close();
});
