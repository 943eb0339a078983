import { Cable } from "./cable";
import { at, type Desk, dayOf, expect, MANAGER, ownWeek, type Person, STAFF, test } from "./fixtures";

/** Somebody whom no other test plans. */
async function hired(desk: Desk, week: string): Promise<number> {
  const { id } = await desk.hire({ name: `Noor ${week}`, email: `plan-${week}@example.com` });
  return id;
}

const entry = ({ page }: Person) => page.getByRole("textbox", { name: /^Times of / });
const toast = ({ page }: Person) => page.getByRole("group", { name: "What was done last" });

async function focusCell(manager: Person, staffId: number | null, date: string): Promise<void> {
  await manager.cell(staffId, date).focus();
  await expect(manager.cell(staffId, date)).toBeFocused();
}

test("a week is planned by keyboard alone: type, Enter, walk on", async ({ person, desk }) => {
  const week = ownWeek();
  const noor = await hired(desk, week);
  const manager = await person(MANAGER, { week });
  const { keyboard } = manager.page;
  await focusCell(manager, noor, week);
  await keyboard.type("9-17 nurse");
  await expect(manager.page.getByText("09:00–17:00 · 8 h · Nurse")).toBeVisible();
  await keyboard.press("Enter");
  await expect(manager.cell(noor, week).locator("[data-schedule]")).toContainText("09:00–17:00");

  // From the second shift on, what is usual stands there already.
  for (const number of [1, 2, 3]) {
    await expect(manager.cell(noor, dayOf(week, number - 1))).toBeFocused();
    await keyboard.press("ArrowRight");
    await expect(manager.cell(noor, dayOf(week, number))).toBeFocused();
    await keyboard.press("Enter");
    await expect(entry(manager)).toHaveValue("9-17");
    await keyboard.press("Enter");
    await expect(manager.cell(noor, dayOf(week, number)).locator("[data-schedule]")).toContainText("09:00–17:00");
  }
  await keyboard.press("ArrowRight");
  await keyboard.type("22-6");
  await keyboard.press("Escape");
  await expect(entry(manager)).toHaveCount(0);
  await expect(manager.cell(noor, dayOf(week, 4))).toBeFocused();
  await keyboard.type("22-6");
  await keyboard.press("Enter");
  await expect(manager.cell(noor, dayOf(week, 4)).locator("[data-schedule]")).toContainText("22:00–06:00");
  await expect.poll(() => desk.rows(week, "draft")).toHaveLength(5);
  await expect.poll(manager.rows).toEqual(await desk.rows(week));
});

test("Enter once too often plans nothing: beside a shift, nothing usual is proposed", async ({ person, desk }) => {
  const week = ownWeek();
  const noor = await hired(desk, week);
  const manager = await person(MANAGER, { week });
  const { keyboard } = manager.page;
  await focusCell(manager, noor, week);
  await keyboard.type("9-17 nurse");
  for (let presses = 0; presses < 3; presses += 1) await keyboard.press("Enter");
  await expect(entry(manager)).toHaveValue("");
  await expect(entry(manager)).toHaveAccessibleDescription(/such as 9-17/);
  await keyboard.press("Escape");
  await keyboard.press("ArrowRight");
  await keyboard.down("Enter");
  await keyboard.down("Enter");
  await expect(entry(manager)).toHaveValue("9-17");
  await keyboard.up("Enter");
  await keyboard.press("Escape");
  await expect.poll(() => desk.rows(week)).toHaveLength(1);
  await expect.poll(manager.rows).toEqual(await desk.rows(week));
});

test("what a low line's entry means is not cut off, and no notice lies over it", async ({ person, desk }) => {
  const week = ownWeek();
  const last = (await desk.staff()).sort((a, b) => a.name.localeCompare(b.name)).at(-1)?.id ?? 0;
  const times = { starts_at: at(week, 3, 8), ends_at: at(week, 3, 16) };
  const shift = await desk.add({ staff_id: last, ...times, accept: ["skill"] });
  const manager = await person(MANAGER, { week });
  await manager.card(shift).focus();
  await manager.page.keyboard.press("Delete");
  await expect(toast(manager)).toContainText("Shift deleted");
  await focusCell(manager, last, dayOf(week, 3));
  await manager.page.keyboard.type("9-17 nurse");
  await expect(manager.page.getByRole("button", { name: "All fields…" })).toBeInViewport({ ratio: 1 });
  // Whatever lies over them would be what a click meets.
  await manager.page.getByRole("button", { name: "All fields…" }).click({ trial: true });
  await entry(manager).click({ trial: true });
  await manager.page.keyboard.press("Escape");
  await expect.poll(() => desk.rows(week)).toEqual([]);
});

test("what is typed wrong says what would be right, and nothing is saved", async ({ person, desk }) => {
  const week = ownWeek();
  const noor = await hired(desk, week);
  const manager = await person(MANAGER, { week });
  await focusCell(manager, noor, week);
  for (const [text, words] of [
    ["9-5", "Did you mean 9-17?"],
    ["25-6", "25 is no time of day"],
    ["tomorrow", "such as 9-17"],
    ["9-17 pilot", "There is no role “pilot”"],
  ] as const) {
    await manager.page.keyboard.press("Enter");
    await entry(manager).fill(text);
    await manager.page.keyboard.press("Enter");
    await expect(entry(manager)).toHaveAccessibleDescription(new RegExp(words.replace("?", "\\?")));
    await expect(entry(manager)).toHaveAttribute("aria-invalid", "true");
    await manager.page.keyboard.press("Escape");
  }
  expect(await desk.rows(week)).toEqual([]);
});

test("arrows walk the cards and cells; the grid is one stop of the tab key", async ({ person, desk }) => {
  const week = ownWeek();
  const noor = await hired(desk, week);
  const early = await desk.add({ staff_id: noor, starts_at: at(week, 1, 6), ends_at: at(week, 1, 10) });
  const late = await desk.add({
    staff_id: noor,
    starts_at: at(week, 1, 10),
    ends_at: at(week, 1, 14),
    accept: ["rest"],
  });
  const manager = await person(MANAGER, { week });
  const { keyboard } = manager.page;
  await focusCell(manager, noor, week);
  await keyboard.press("ArrowRight");
  await expect(manager.card(early)).toBeFocused();
  await keyboard.press("ArrowDown");
  await expect(manager.card(late)).toBeFocused();
  await keyboard.press("Home");
  await expect(manager.cell(noor, week)).toBeFocused();
  await keyboard.press("End");
  await expect(manager.cell(noor, dayOf(week, 6))).toBeFocused();
  await keyboard.press("Control+Home");
  await expect(manager.cell(null, week)).toBeFocused();
  await expect(manager.page.locator("[role=grid] tbody [tabindex='0']")).toHaveCount(1);
  await keyboard.press("Shift+?");
  await expect(manager.page.getByRole("dialog", { name: "Keys" })).toContainText("Undo your last change");
});

test("a deleted shift comes back by Ctrl+Z, with all that it was, and so does every earlier change", async ({
  person,
  desk,
}) => {
  const week = ownWeek();
  const noor = await hired(desk, week);
  const times = { starts_at: at(week, 2, 8), ends_at: at(week, 2, 16) };
  const shift = await desk.add({ staff_id: noor, ...times, note: "Bring the key" });
  const manager = await person(MANAGER, { week });
  const { keyboard } = manager.page;
  await manager.card(shift).focus();
  await keyboard.press("+");
  await expect(manager.card(shift)).toContainText("09:00–17:15");
  await expect.poll(manager.rows).toEqual([`${shift.id}/2`]);
  await keyboard.press("Delete");
  await expect(toast(manager)).toContainText("Shift deleted.");
  await expect.poll(() => desk.rows(week)).toEqual([]);
  await expect(manager.cell(noor, dayOf(week, 2))).toBeFocused();

  await keyboard.press("Control+z");
  await expect(toast(manager)).toContainText("Undone");
  const cards = manager.cell(noor, dayOf(week, 2)).locator("[data-schedule]");
  await expect(cards).toContainText("09:00–17:15");
  await keyboard.press("Control+z");
  await expect(cards).toContainText("09:00–17:00");
  // The screen has it before the database, and without the number that it gets there.
  const restored = async () => desk.get(week, Number(await cards.getAttribute("data-schedule")));
  const whole = { ...times, staff_id: noor, note: "Bring the key", status: "published" };
  await expect.poll(restored).toMatchObject(whole);
  expect(await desk.rows(week)).toHaveLength(1);
  await keyboard.press("Control+z");
  await expect(toast(manager)).toContainText("There is nothing to undo.");
});

test("what others changed since is not undone, and they are named", async ({ person, desk }) => {
  const week = ownWeek();
  const shift = await desk.add({ starts_at: at(week, 2, 8), ends_at: at(week, 2, 16) });
  const manager = await person(MANAGER, { week });
  await manager.card(shift).focus();
  await manager.page.keyboard.press("-");
  await expect.poll(manager.rows).toEqual([`${shift.id}/2`]);
  const theirs = await desk.change({ ...shift, version: 2 }, { note: "Mine now" });
  await expect.poll(manager.rows).toEqual([`${shift.id}/3`]);
  await manager.page.keyboard.press("Control+z");
  await expect(toast(manager)).toContainText("Not undone. Mona Reyes changed this shift since.");
  expect(await desk.get(week, shift.id)).toEqual(theirs);
  await expect.poll(manager.rows).toEqual([`${shift.id}/3`]);
});

test("what others change while it is asked where a shift goes is not overwritten, and they are named", async ({
  person,
  desk,
}) => {
  const week = ownWeek();
  const shift = await desk.add({ starts_at: at(week, 2, 8), ends_at: at(week, 2, 16) });
  const manager = await person(MANAGER, { week });
  const { page } = manager;
  await manager.card(shift).click({ button: "right" });
  await page.getByRole("menuitem", { name: "Move…" }).click();
  const dialog = page.getByRole("dialog", { name: "Move" });
  await dialog.getByLabel("Ends: hours").fill("19");
  const theirs = await desk.change(shift, { ends_at: at(week, 2, 12) });
  await expect(manager.card(shift)).toContainText("09:00–13:00");
  await dialog.getByRole("button", { name: /^Move/ }).click();
  await expect(toast(manager)).toContainText("Mona Reyes changed this shift since.");
  await expect(manager.card(shift)).toContainText("09:00–13:00");
  expect(await desk.get(week, shift.id)).toEqual(theirs);
  await expect.poll(manager.rows).toEqual([`${shift.id}/2`]);
});

test("what is undone without network is kept, and sent once there is one", async ({ person, server, desk }) => {
  const week = ownWeek();
  const shift = await desk.add({ starts_at: at(week, 2, 8), ends_at: at(week, 2, 16) });
  const cable = await Cable.to(server.url);
  const manager = await person(MANAGER, { week, url: cable.url });
  await manager.card(shift).focus();
  await manager.page.keyboard.press("+");
  await expect.poll(manager.rows).toEqual([`${shift.id}/2`]);
  cable.pull();
  await manager.page.keyboard.press("Control+z");
  await expect(toast(manager)).toContainText("Undone: 1 change. Not sent yet");
  await expect(manager.card(shift)).toContainText("Not sent yet");
  cable.plug();
  await expect(manager.card(shift)).not.toContainText("Not sent yet", { timeout: 40_000 });
  await expect.poll(() => desk.get(week, shift.id)).toMatchObject({ ends_at: shift.ends_at, version: 3 });
  cable.close();
});

test("a soft rule asks for a second Enter, a hard one for other times", async ({ person, desk }) => {
  const week = ownWeek();
  const noor = await hired(desk, week);
  await desk.add({ staff_id: noor, starts_at: at(week, 0, 14), ends_at: at(week, 0, 22) });
  const manager = await person(MANAGER, { week });
  const { keyboard } = manager.page;
  await focusCell(manager, noor, dayOf(week, 1));
  await keyboard.type("7-15");
  await expect(entry(manager)).toHaveAccessibleDescription(/rest/);
  await keyboard.press("Enter");
  await expect(entry(manager)).toHaveAccessibleDescription(/Press Enter again/);
  expect(await desk.rows(week)).toHaveLength(1);
  await keyboard.press("Enter");
  await expect(manager.cell(noor, dayOf(week, 1)).locator("[data-schedule]")).toContainText("07:00–15:00");
  await expect.poll(() => desk.rows(week)).toHaveLength(2);

  await keyboard.press("n");
  await entry(manager).fill("9-10");
  await expect(entry(manager)).toHaveAccessibleDescription(/Already works/);
  await keyboard.press("Enter");
  await expect(entry(manager)).toHaveAccessibleDescription(/cannot be saved/);
  expect(await desk.rows(week)).toHaveLength(2);
});

test("a shift is copied by Ctrl+C and put elsewhere by Ctrl+V, as a draft; all of it shows for others at once", async ({
  person,
  desk,
}) => {
  const week = ownWeek();
  const noor = await hired(desk, week);
  const shift = await desk.add({ staff_id: noor, starts_at: at(week, 0, 22), ends_at: at(week, 1, 6), note: "Keys" });
  const [manager, other, staff] = [
    await person(MANAGER, { week }),
    await person(MANAGER, { week }),
    await person(STAFF, { week }),
  ];
  await manager.card(shift).focus();
  await manager.page.keyboard.press("Control+c");
  await focusCell(manager, null, dayOf(week, 3));
  await manager.page.keyboard.press("Control+v");
  await expect(manager.cell(null, dayOf(week, 3)).locator("[data-schedule]")).toContainText("23:00–07:00");
  await expect(other.cell(null, dayOf(week, 3)).locator("[data-schedule]")).toContainText("Draft");
  await expect(staff.page.locator("[data-schedule]")).toHaveCount(1);
  await toast(manager).getByRole("button", { name: "Undo" }).click();
  await expect(manager.cell(null, dayOf(week, 3)).locator("[data-schedule]")).toHaveCount(0);
  await expect(other.cell(null, dayOf(week, 3)).locator("[data-schedule]")).toHaveCount(0);
  await expect.poll(() => desk.rows(week)).toEqual([`${shift.id}/1`]);
});

test("by mouse: click a cell, type, Enter; or go on in the form", async ({ person, desk }) => {
  const week = ownWeek();
  const noor = await hired(desk, week);
  const manager = await person(MANAGER, { week });
  const add = (number: number) => manager.cell(noor, dayOf(week, number)).getByRole("button", { name: /^Add a shift/ });
  await add(0).click();
  await manager.page.keyboard.type("9-5p nurse");
  await manager.page.keyboard.press("Enter");
  await expect(manager.cell(noor, week).locator("[data-schedule]")).toContainText("09:00–17:00");
  await add(1).click();
  await manager.page.getByRole("button", { name: "All fields…" }).click();
  await expect(manager.page.getByRole("dialog", { name: "New shift" })).toBeVisible();
  await expect.poll(() => desk.rows(week, "draft")).toHaveLength(1);
});

test("staff walk the plan and change nothing", async ({ person, desk }) => {
  const week = ownWeek();
  const shift = await desk.add({ starts_at: at(week, 2, 8), ends_at: at(week, 2, 16) });
  const staff = await person(STAFF, { week });
  await focusCell(staff, null, dayOf(week, 1));
  await staff.page.keyboard.type("9-17");
  await expect(entry(staff)).toHaveCount(0);
  await staff.page.keyboard.press("ArrowRight");
  await expect(staff.card(shift)).toBeFocused();
  await staff.page.keyboard.press("Delete");
  await staff.page.keyboard.press("Enter");
  await expect(staff.page.getByRole("dialog", { name: "Shift" })).toBeVisible();
  expect(await desk.rows(week)).toEqual([`${shift.id}/1`]);
});
