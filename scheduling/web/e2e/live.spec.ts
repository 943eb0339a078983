import { at, expect, MANAGER, ownWeek, STAFF, test } from "./fixtures";

/** Fills the form of a new shift for somebody on a day of the week that the page shows. */
async function plan(page: import("@playwright/test").Page, staff: string, day: string, times: [string, string]) {
  await page.locator(`tr[data-staff="${staff}"] td[data-day="${day}"]`).hover();
  await page.locator(`tr[data-staff="${staff}"] td[data-day="${day}"] button[aria-label^="Add"]`).click();
  await page.getByRole("button", { name: "All fields…" }).click();
  const form = page.getByRole("dialog", { name: "New shift" });
  for (const [label, time] of [
    ["Starts", times[0]],
    ["Ends", times[1]],
  ] as const) {
    const [hour = "", minute = ""] = time.split(":");
    await form.getByLabel(`${label}: hours`).fill(hour);
    await form.getByLabel(`${label}: minutes`).fill(minute);
  }
  return form;
}

test("what one saves, the other sees without reload and without asking for it", async ({ person, desk }) => {
  const week = ownWeek();
  const [manager, staff] = await Promise.all([person(MANAGER, { week }), person(STAFF, { week })]);
  const asked: string[] = [];
  // The neighbouring weeks are fetched ahead whenever the browser is idle.
  const own = `/api/schedules?from=${at(week, -1, 0).slice(0, 10)}`;
  staff.page.on("request", (request) => {
    if (request.isNavigationRequest() || request.url().includes(own)) asked.push(request.url());
  });
  const sam = await desk.idOf("Sam Okafor");

  const form = await plan(manager.page, String(sam), week, ["22:00", "06:00"]);
  const saved = manager.page.waitForResponse(
    (answer) => answer.request().method() === "POST" && answer.status() === 201,
  );
  await form.getByRole("button", { name: "Publish" }).click();
  const shift = await (await saved).json();
  await expect(staff.card(shift)).toContainText("22:00–06:00");
  await expect(staff.cell(shift.staff_id, week).locator("[data-schedule]")).toHaveCount(1);
  await expect(manager.card(shift)).toHaveCount(1);

  await desk.change(shift, { staff_id: null });
  await expect(staff.cell(null, week).locator("[data-schedule]")).toHaveCount(1);
  await desk.remove({ ...shift, version: shift.version + 1 });
  await expect(staff.card(shift)).toHaveCount(0);
  expect(asked).toEqual([]);
});

test("a draft is seen by managers only, until it is published", async ({ person, desk }) => {
  const week = ownWeek();
  const [manager, staff] = await Promise.all([person(MANAGER, { week }), person(STAFF, { week })]);

  const times = { starts_at: at(week, 1, 8), ends_at: at(week, 1, 16) };
  const draft = await desk.add({ ...times, status: "draft" });
  await expect(manager.card(draft)).toContainText("Draft");
  // The next published shift comes after the draft; when it is there, the draft would be, too.
  const published = await desk.add({ ...times, starts_at: at(week, 1, 9) });
  await expect(staff.card(published)).toBeVisible();
  await expect(staff.card(draft)).toHaveCount(0);

  await manager.page.getByRole("button", { name: "Publish 1 change" }).click();
  await manager.page.getByRole("button", { name: "Publish it" }).click();
  await expect(staff.card(draft)).toBeVisible();
  await expect(manager.card(draft)).not.toContainText("Draft");

  await desk.change({ ...draft, version: draft.version + 1 }, { status: "draft" });
  await expect(staff.card(draft)).toHaveCount(0);
  await expect(manager.card(draft)).toContainText("Draft");
  await expect.poll(manager.rows).toEqual(await desk.rows(week));
});

test("two tabs of a staff member get their new shift once each", async ({ person, tab, server, desk }) => {
  const week = ownWeek();
  const first = await person(STAFF, { week });
  const second = await tab(first);
  const frames: string[] = [];
  second.page.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => frames.push(String(payload))));
  await second.openWeek(server.url, week);
  const said = [await first.listen(), await second.listen()];
  const sam = await desk.idOf("Sam Okafor");

  const shift = await desk.add({ staff_id: sam, starts_at: at(week, 2, 8), ends_at: at(week, 2, 16) });
  for (const [index, each] of [first, second].entries()) {
    await expect(each.card(shift)).toHaveCount(1);
    await expect.poll(said[index] ?? (() => [])).toHaveLength(1);
  }
  // It came twice, on the channel of all shifts and on Sam's own; a later shift shows that nothing is still to be said.
  await expect.poll(() => frames.filter((frame) => frame.includes(`"id":${shift.id},`)).length).toBe(2);
  await desk.add({ starts_at: at(week, 3, 8), ends_at: at(week, 3, 16) });
  for (const sentences of said) {
    await expect.poll(sentences).toHaveLength(2);
    expect(await sentences()).toEqual([
      expect.stringMatching(/^Mona Reyes added your shift on Wed /),
      expect.stringMatching(/^Mona Reyes added an open shift on Thu /),
    ]);
  }
});

test("a bulk change is told in one sentence, and one's own as one's own", async ({ person, desk }) => {
  const week = ownWeek();
  const [manager, staff] = await Promise.all([person(MANAGER, { week }), person(STAFF, { week })]);
  const [own, others] = [await manager.listen(), await staff.listen()];
  await Promise.all(
    [0, 1, 2, 3, 4, 5].map((day) =>
      desk.add({ starts_at: at(week, day, 8), ends_at: at(week, day, 16), status: "draft" }),
    ),
  );
  await manager.page.getByRole("button", { name: "Publish 6 changes" }).click();
  await manager.page.getByRole("button", { name: "Publish all 6" }).click();
  await expect(staff.page.locator("[data-schedule]")).toHaveCount(6);
  await expect(manager.page.locator("[data-schedule]")).toHaveCount(6);
  await expect.poll(others).toEqual(["Mona Reyes added 6 shifts."]);
  expect(await own()).toEqual(["You published 6 shifts."]);
});

test("a new colleague gets a row", async ({ person, desk }) => {
  const week = ownWeek();
  const staff = await person(STAFF, { week });
  const name = `Noor Visser ${week}`;
  await desk.hire({ name, email: `noor-${week}@example.com` });
  await expect(staff.page.getByRole("rowheader", { name })).toBeVisible();
});
