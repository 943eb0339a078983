import type { Page } from "@playwright/test";
import { at, expect, MANAGER, ownWeek, type Person, test } from "./fixtures";

/** Holds back every request of this method about one shift, until it is let go. */
async function hold(page: Page, method: string): Promise<{ asked: Promise<void>; release: () => void }> {
  let ask = () => {};
  let release = () => {};
  const asked = new Promise<void>((resolve) => {
    ask = resolve;
  });
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route(/\/api\/schedules\/\d+/, async (route) => {
    if (route.request().method() !== method) return route.fallback();
    ask();
    await released;
    return route.continue();
  });
  return { asked, release: () => release() };
}

const form = (manager: Person) => manager.page.getByRole("dialog", { name: "Edit shift" });

async function lengthen(manager: Person, shift: { id: number }): Promise<void> {
  await manager.card(shift).click();
  await form(manager).getByLabel("Ends: hours").fill("18");
  await form(manager).getByRole("button", { name: "Save", exact: true }).click();
}

test("an edit shows before the server has it, and stays when it is saved", async ({ person, desk }) => {
  const week = ownWeek();
  const shift = await desk.add({ starts_at: at(week, 3, 8), ends_at: at(week, 3, 16) });
  const manager = await person(MANAGER, { week });
  const held = await hold(manager.page, "PATCH");
  await lengthen(manager, shift);
  await held.asked;
  await expect(manager.card(shift)).toContainText("09:00–18:00");
  expect(await desk.get(week, shift.id)).toMatchObject({ version: shift.version });

  held.release();
  await expect(form(manager)).toHaveCount(0);
  await expect(manager.card(shift)).toContainText("09:00–18:00");
  await expect.poll(manager.rows).toEqual([`${shift.id}/${shift.version + 1}`]);
});

test("an edit that is refused is rolled back, with the reason", async ({ person, desk }) => {
  const week = ownWeek();
  const sam = await desk.idOf("Sam Okafor");
  const shift = await desk.add({ staff_id: sam, starts_at: at(week, 3, 8), ends_at: at(week, 3, 16) });
  await desk.add({ staff_id: sam, starts_at: at(week, 3, 16), ends_at: at(week, 3, 20), accept: ["rest"] });
  const manager = await person(MANAGER, { week });
  const held = await hold(manager.page, "PATCH");
  await lengthen(manager, shift);
  await held.asked;
  await expect(manager.card(shift)).toContainText("09:00–18:00");

  held.release();
  await expect(form(manager).getByRole("alert")).toContainText("not possible");
  await expect(manager.card(shift)).toContainText("09:00–17:00");
});

test("an edit that came second gives way to the first, who is named", async ({ person, desk }) => {
  const week = ownWeek();
  const shift = await desk.add({ starts_at: at(week, 3, 8), ends_at: at(week, 3, 16) });
  const manager = await person(MANAGER, { week });
  const held = await hold(manager.page, "PATCH");
  await lengthen(manager, shift);
  await held.asked;
  const theirs = await desk.change(shift, { ends_at: at(week, 3, 12) });
  await expect.poll(manager.rows).toEqual([`${shift.id}/${shift.version}`]);
  await expect(manager.card(shift)).toContainText("09:00–18:00");

  held.release();
  await expect(form(manager).getByRole("alert")).toContainText("Mona Reyes changed the end to 13:00");
  await expect(manager.card(shift)).toContainText("09:00–13:00");
  await expect.poll(manager.rows).toEqual([`${shift.id}/${theirs.version}`]);
});

test("a shift that is deleted is gone at once, and back when that is refused", async ({ person, desk }) => {
  const week = ownWeek();
  const shift = await desk.add({ starts_at: at(week, 3, 8), ends_at: at(week, 3, 16) });
  const manager = await person(MANAGER, { week });
  const held = await hold(manager.page, "DELETE");
  const said = await manager.listen();
  await manager.card(shift).click();
  await form(manager).getByRole("button", { name: "Delete this shift" }).click();
  await manager.page.getByRole("button", { name: "Delete", exact: true }).click();
  await held.asked;
  await expect(manager.card(shift)).toHaveCount(0);
  await desk.change(shift, { note: "Kept" });

  held.release();
  await expect(form(manager).getByRole("alert")).toBeVisible();
  await expect(manager.card(shift)).toBeVisible();
  expect((await said()).join()).not.toContain("deleted");
});

test("a new shift whose answer was lost is sent again by its name, and is there once", async ({
  person,
  desk,
  server,
}) => {
  const week = ownWeek();
  const other = await person(MANAGER, { week });
  const manager = await person(MANAGER, { week });
  let deaf = false;
  // Its own event would tell the page as well: what is left here is the answer.
  await manager.page.routeWebSocket(/\/ws/, (socket) => {
    socket.connectToServer().onMessage((message) => {
      if (!deaf) socket.send(message);
    });
  });
  await manager.openWeek(server.url, week);
  const sent: { name: string | undefined; answer: string; replayed: string | undefined }[] = [];
  await manager.page.route("**/api/schedules/batch", async (route) => {
    deaf = true;
    const answer = await route.fetch();
    const name = route.request().headers()["x-request-id"];
    sent.push({ name, answer: await answer.text(), replayed: answer.headers()["idempotent-replayed"] });
    return sent.length === 1 ? route.abort("connectionreset") : route.fulfill({ response: answer });
  });
  await manager.cell(null, week).focus();
  await manager.page.keyboard.type("9-17 nurse");
  await manager.page.keyboard.press("Enter");

  await expect.poll(() => sent.length).toBe(2);
  const [lost, came] = sent;
  expect(came).toEqual({ ...lost, replayed: "true" });
  await expect.poll(() => desk.rows(week)).toHaveLength(1);
  for (const each of [manager, other]) await expect.poll(each.rows).toEqual(await desk.rows(week));
});
