import { Cable } from "./cable";
import { at, type Desk, expect, MANAGER, ownWeek, PASSWORD, type Person, STAFF, test } from "./fixtures";

/** A second manager: what they do is somebody else's doing to the first. */
async function colleague(desk: Desk, deskOf: (email: string) => Promise<Desk>, week: string): Promise<Desk> {
  const email = `vera-${week}@example.com`;
  await desk.hire({ name: "Vera Lind", email, role: "manager", password: PASSWORD });
  return deskOf(email);
}

const editShift = (person: Person) => person.page.getByRole("dialog", { name: "Edit shift" });

interface Glow {
  readonly shift: string | null;
  readonly by: string | null;
  readonly moves: boolean;
}

/** Collects the glows of cards from now on: they are there for a few seconds only. */
async function watchGlows({ page }: Person): Promise<() => Promise<Glow[]>> {
  await page.evaluate(() => {
    const glows: Glow[] = [];
    const look = (node: Node) => {
      const glow = node instanceof HTMLElement && (node.matches("[data-by]") ? node : node.querySelector("[data-by]"));
      if (!glow) return;
      const shift = glow.closest("[data-schedule]")?.getAttribute("data-schedule") ?? null;
      const moves = getComputedStyle(glow).animationName !== "none";
      glows.push({ shift, by: glow.getAttribute("data-by"), moves });
    };
    new MutationObserver((mutations) => {
      for (const mutation of mutations) mutation.addedNodes.forEach(look);
    }).observe(document.body, { childList: true, subtree: true });
    Object.assign(window, { glows });
  });
  return () => page.evaluate(() => (window as unknown as { glows: Glow[] }).glows);
}

/** Which of the page's elements has the focus, as the reader knows it. */
const focused = (person: Person) => person.page.evaluate(() => document.activeElement?.getAttribute("aria-label"));

const lines = (person: Person) =>
  person.page.locator("tr[data-staff]").evaluateAll((rows) => rows.map((row) => row.getAttribute("data-staff")));

/** Without network, as Chromium tells the page; open WebSockets are left alone by its switch, so that the cable goes, too. */
async function cut(person: Person, cable: Cable): Promise<void> {
  await person.page.context().setOffline(true);
  cable.pull();
}

async function mend(person: Person, cable: Cable): Promise<void> {
  cable.plug();
  await person.page.context().setOffline(false);
}

test("a remote change glows once with its author's initials, and moves neither rows nor focus", async ({
  person,
  desk,
  deskOf,
}) => {
  const week = ownWeek();
  const vera = await colleague(desk, deskOf, week);
  const shift = await desk.add({ starts_at: at(week, 2, 8), ends_at: at(week, 2, 16) });
  const [manager, staff] = await Promise.all([person(MANAGER, { week }), person(STAFF, { week })]);
  const before = await lines(staff);
  await manager.page.getByRole("button", { name: "Next week" }).focus();

  const glows = [await watchGlows(manager), await watchGlows(staff)];

  await vera.change(shift, { ends_at: at(week, 2, 17) });
  // Motion is reduced here: an outline, and nothing moves.
  const once = [{ shift: String(shift.id), by: "VL", moves: false }];
  for (const seen of glows) await expect.poll(seen).toEqual(once);
  for (const each of [manager, staff]) {
    await expect(each.card(shift)).toContainText("09:00–18:00");
    await expect(each.card(shift).locator("[data-by]")).toHaveCount(0);
  }
  for (const seen of glows) expect(await seen()).toEqual(once);
  expect(await focused(manager)).toBe("Next week");
  expect(await lines(staff)).toEqual(before);

  await manager.card(shift).focus();
  await vera.change({ ...shift, version: 2 }, { starts_at: at(week, 3, 8), ends_at: at(week, 3, 17) });
  await expect(manager.cell(null, at(week, 3, 0).slice(0, 10)).locator("[data-schedule]")).toBeFocused();
});

test("one's own change does not glow", async ({ person, desk }) => {
  const week = ownWeek();
  const shift = await desk.add({ starts_at: at(week, 2, 8), ends_at: at(week, 2, 16) });
  const [manager, staff] = await Promise.all([person(MANAGER, { week }), person(STAFF, { week })]);
  const [own, others] = [await watchGlows(manager), await watchGlows(staff)];
  await manager.card(shift).click();
  await editShift(manager).getByLabel("Ends: hours").fill("18");
  await editShift(manager).getByRole("button", { name: "Save", exact: true }).click();
  await expect.poll(others).toEqual([{ shift: String(shift.id), by: "MR", moves: false }]);
  await expect(manager.card(shift)).toHaveAttribute("data-version", "2");
  expect(await own()).toEqual([]);
});

test("a hiccup of the connection is not told, an outage is, and what was missed is listed", async ({
  person,
  server,
  desk,
}) => {
  const week = ownWeek();
  const sam = await desk.idOf("Sam Okafor");
  const changed = await desk.add({ staff_id: sam, starts_at: at(week, 0, 8), ends_at: at(week, 0, 16) });
  const removed = await desk.add({ starts_at: at(week, 1, 8), ends_at: at(week, 1, 16) });
  const cable = await Cable.to(server.url);
  const staff = await person(STAFF, { week, url: cable.url });
  const said = await staff.listen();
  const banner = staff.page.getByText(/^Offline, as of \d\d:\d\d$/);
  const caughtUp = staff.page.getByRole("button", { name: /^Caught up/ });

  // However long the machine takes for it, on the page's clock it is an instant.
  await staff.page.clock.install();
  await staff.page.clock.pauseAt(Date.now() + 1_000);
  await cut(staff, cable);
  await expect(staff.dot("Offline")).toBeVisible();
  await expect(banner).toHaveCount(0);
  await staff.page.clock.resume();
  await mend(staff, cable);
  await expect(staff.dot("Live")).toBeVisible();
  await desk.change(changed, { note: "While all was well" });
  await expect(staff.card(changed)).toHaveAttribute("data-version", "2");
  await expect(caughtUp).toHaveCount(0);

  await cut(staff, cable);
  await expect(banner).toBeVisible();
  await desk.change({ ...changed, version: 2 }, { ends_at: at(week, 0, 18) });
  await desk.remove(removed);
  const added = await desk.add({ starts_at: at(week, 4, 8), ends_at: at(week, 4, 16) });
  await mend(staff, cable);
  await expect(banner).toHaveCount(0);
  await caughtUp.click();
  const list = staff.page.getByRole("dialog", { name: "Caught up: 3 changes" });
  await expect(list).toContainText("These are in the days shown.");
  await expect(list.getByRole("listitem")).toHaveText([
    /Mona Reyes changed your shift on Mon .* 09:00–19:00/,
    /Mona Reyes added an open shift on Fri /,
    /An open shift on Tue .* was removed/,
  ]);
  await list.getByRole("button", { name: /added an open shift/ }).click();
  await expect(staff.page).toHaveURL(new RegExp(`shift=${added.id}\\b`));
  await expect(staff.page.getByRole("dialog", { name: "Shift" })).toBeVisible();

  await staff.page.keyboard.press("Escape");
  await staff.page.getByRole("button", { name: "Hide what was caught up" }).click();
  await expect(caughtUp).toHaveCount(0);
  await expect
    .poll(said)
    .toEqual([
      expect.stringMatching(/^Mona Reyes changed your shift on Mon /),
      expect.stringMatching(/^Offline, as of /),
      "Connected again.",
      "3 shifts changed: 1 changed, 1 added and 1 removed.",
    ]);
  cable.close();
});

test("what others change in an open form is taken over, but for what both changed: that is asked, field by field", async ({
  person,
  desk,
  deskOf,
}) => {
  const week = ownWeek();
  const vera = await colleague(desk, deskOf, week);
  const shift = await desk.add({ starts_at: at(week, 2, 8), ends_at: at(week, 2, 16), note: "As it was" });
  const manager = await person(MANAGER, { week });
  await manager.card(shift).click();
  const form = editShift(manager);
  const note = form.getByRole("textbox", { name: "Note" });
  await form.getByLabel("Ends: hours").fill("19");
  await note.fill("Mine");

  const theirs = { ends_at: at(week, 2, 17), note: "Theirs", role: "Head nurse" };
  await vera.change(shift, theirs);
  await expect(form.getByRole("combobox", { name: "Role" })).toHaveValue("Head nurse");
  const about = (what: RegExp) => form.getByRole("alert").getByRole("group", { name: what });
  await expect(about(/Vera Lind changed the end to 18:00/)).toBeVisible();
  await expect(about(/Vera Lind changed the note to “Theirs”/)).toBeVisible();
  await expect(note).toHaveValue("Mine");
  await expect(note).toBeFocused();

  await about(/the end/)
    .getByRole("button", { name: "Take it" })
    .click();
  await expect(form.getByLabel("Ends: hours")).toHaveValue("18");
  await about(/the note/)
    .getByRole("button", { name: "Keep mine" })
    .click();
  await expect(form.getByRole("alert")).toHaveCount(0);
  await form.getByRole("button", { name: "Save", exact: true }).click();
  await expect(form).toHaveCount(0);
  await expect.poll(() => desk.get(week, shift.id)).toMatchObject({ ...theirs, note: "Mine", version: 3 });
});

test("edits made offline are kept and marked, sent in order on return, and a conflict is named", async ({
  person,
  server,
  desk,
  deskOf,
}) => {
  const week = ownWeek();
  const vera = await colleague(desk, deskOf, week);
  const noor = await desk.hire({ name: `Noor ${week}`, email: `noor-${week}@example.com` });
  const mine = await desk.add({ starts_at: at(week, 0, 8), ends_at: at(week, 0, 16) });
  const contested = await desk.add({ starts_at: at(week, 1, 8), ends_at: at(week, 1, 16) });
  const cable = await Cable.to(server.url);
  const [manager, staff] = await Promise.all([person(MANAGER, { week, url: cable.url }), person(STAFF, { week })]);
  const { page } = manager;
  const type = async (times: string) => {
    await page.keyboard.type(times);
    await page.keyboard.press("Enter");
  };
  const lengthen = async (shift: { id: number }) => {
    await manager.card(shift).click();
    await editShift(manager).getByLabel("Ends: hours").fill("19");
    await editShift(manager).getByRole("button", { name: "Save", exact: true }).click();
    await expect(editShift(manager)).toHaveCount(0);
    await expect(manager.card(shift)).toContainText("Not sent yet");
  };

  // The form is fetched after the first screen, or when it is first asked for.
  await manager.card(mine).click();
  await expect(editShift(manager).getByLabel("Ends: hours")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(editShift(manager)).toHaveCount(0);
  await cut(manager, cable);
  await expect(page.getByText(/^Offline, as of \d\d:\d\d$/)).toBeVisible();
  await lengthen(mine);
  await lengthen(contested);
  const drafted = manager.cell(noor.id, at(week, 3, 0).slice(0, 10)).locator("[data-schedule]");
  await manager.cell(noor.id, at(week, 3, 0).slice(0, 10)).focus();
  await type("9-17 nurse");
  await expect(drafted).toContainText("Not sent yet");
  // The same draft once more, which has no number yet.
  await drafted.focus();
  await page.keyboard.press("Enter");
  await type("10-18 nurse");
  await expect(drafted).toContainText("10:00–18:00");
  await expect(page.getByText(/^Offline, as of .* 4 changes of yours are not sent yet/)).toBeVisible();
  const theirs = await vera.change(contested, { ends_at: at(week, 1, 12) });

  await mend(manager, cable);
  const list = page.getByRole("region", { name: "1 change not saved" });
  await expect(list.getByRole("listitem")).toHaveText([
    /^Not changed: an open shift on Tue .* Vera Lind changed this shift since/,
  ]);
  await expect(page.getByText("Not sent yet")).toHaveCount(0);
  await expect.poll(() => desk.get(week, mine.id)).toMatchObject({ ends_at: at(week, 0, 18), version: 2 });
  await expect.poll(() => desk.get(week, contested.id)).toMatchObject({ version: theirs.version });
  await expect(manager.card(contested)).toContainText("09:00–13:00");
  await expect(drafted).toHaveAttribute("data-version", "2");
  await expect.poll(async () => JSON.stringify(await manager.rows())).toBe(JSON.stringify(await desk.rows(week)));
  await expect(staff.card(mine)).toContainText("09:00–19:00");
  cable.close();
});

test("a change whose answer was lost can be undone", async ({ person, desk }) => {
  const week = ownWeek();
  const shift = await desk.add({ starts_at: at(week, 1, 8), ends_at: at(week, 1, 16) });
  const [manager, staff] = await Promise.all([person(MANAGER, { week }), person(STAFF, { week })]);
  const { page } = manager;
  await page.route("**/api/schedules/batch", async (route) => {
    await route.fetch();
    await expect.poll(() => desk.rows(week)).toEqual([]);
    // Its event has come by another way.
    await expect(staff.card(shift)).toHaveCount(0);
    await route.abort("connectionreset");
  });
  await manager.card(shift).focus();
  const lost = page.waitForEvent("requestfailed");
  await page.keyboard.press("Delete");
  await lost;
  await page.unroute("**/api/schedules/batch");
  await page.keyboard.press("Control+z");
  await expect.poll(() => desk.rows(week)).toHaveLength(1);
  await expect(staff.page.locator("[data-schedule]")).toContainText("09:00–17:00");
  await expect.poll(async () => JSON.stringify(await manager.rows())).toBe(JSON.stringify(await desk.rows(week)));
});

test("offline, undoing drops what was never sent and keeps the rest with what is published, to be sent in order", async ({
  person,
  server,
  desk,
}) => {
  const week = ownWeek();
  const noor = await desk.hire({ name: `Noor ${week}`, email: `noor-${week}@example.com` });
  const deleted = await desk.add({ starts_at: at(week, 0, 8), ends_at: at(week, 0, 16), note: "Bring the key" });
  const draft = await desk.add({ starts_at: at(week, 1, 8), ends_at: at(week, 1, 16), status: "draft" });
  const cable = await Cable.to(server.url);
  const [manager, staff] = await Promise.all([person(MANAGER, { week, url: cable.url }), person(STAFF, { week })]);
  const { page } = manager;
  const unsent = page.getByText("Not sent yet", { exact: true });
  const toast = page.getByRole("group", { name: "What was done last" });
  await manager.card(deleted).focus();
  await page.keyboard.press("Delete");
  await expect.poll(() => desk.rows(week)).toEqual([`${draft.id}/1`]);
  // The dialog is fetched after the first screen, or when it is first asked for.
  await page.getByRole("button", { name: "Publish 1 change" }).click();
  await page.getByRole("button", { name: "Not yet" }).click();
  await expect(page.getByRole("dialog")).toHaveCount(0);

  await cut(manager, cable);
  await expect(page.getByText(/^Offline, as of \d\d:\d\d$/)).toBeVisible();
  const cell = manager.cell(noor.id, at(week, 3, 0).slice(0, 10));
  await cell.focus();
  await page.keyboard.type("9-17 nurse");
  await page.keyboard.press("Enter");
  await expect(cell.getByText("Not sent yet", { exact: true })).toBeVisible();
  await page.keyboard.press("Control+z");
  await expect(toast).toContainText("Undone: 1 change.");
  await expect(cell.locator("[data-schedule]")).toHaveCount(0);
  await page.keyboard.press("Control+z");
  await expect(toast).toContainText("Not sent yet");
  const restored = manager.cell(null, at(week, 0, 0).slice(0, 10)).locator("[data-schedule]");
  await expect(restored).toContainText("Not sent yet");
  await page.getByRole("button", { name: "Publish 1 change" }).click();
  await page.getByRole("button", { name: "Publish it" }).click();
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(manager.card(draft)).toContainText("Not sent yet");
  await expect(unsent).toHaveCount(2);
  expect(await desk.rows(week)).toEqual([`${draft.id}/1`]);

  await mend(manager, cable);
  await expect(unsent).toHaveCount(0);
  await expect.poll(() => desk.get(week, draft.id)).toMatchObject({ status: "published", version: 2 });
  await expect.poll(() => desk.rows(week)).toHaveLength(2);
  await expect(staff.page.locator("[data-schedule]")).toHaveCount(2);
  await expect.poll(async () => JSON.stringify(await manager.rows())).toBe(JSON.stringify(await desk.rows(week)));
  // What was published while offline is undone like any other change, and so is nothing else.
  await page.keyboard.press("Control+z");
  await expect.poll(() => desk.get(week, draft.id)).toMatchObject({ status: "draft", version: 3 });
  cable.close();
});
