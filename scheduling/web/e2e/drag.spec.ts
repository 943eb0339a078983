import type { Schedule } from "../src/api/types";
import { at, type Desk, dayOf, expect, MANAGER, ownWeek, type Person, STAFF, test } from "./fixtures";

const toast = ({ page }: Person) => page.getByRole("group", { name: "What was done last" });

/** Two people whom no other test plans, whose lines are the first ones: what is dragged far, scrolls. */
async function hired(desk: Desk, week: string): Promise<readonly [number, number]> {
  const first = 2100 - Number(week.slice(0, 4));
  const hire = (name: string) => desk.hire({ name: `${first} ${name}`, email: `drag-${name}-${week}@example.com` });
  const [noor, omar] = await Promise.all([hire("Noor"), hire("Omar")]);
  return [noor.id, omar.id];
}

/** Nine to five on the n-th day. */
const office = (week: string, number: number) => ({ starts_at: at(week, number, 8), ends_at: at(week, number, 16) });

/** Waits until shifts can be dragged: what that takes is fetched when the page is idle. */
async function draggable({ page }: Person): Promise<void> {
  await expect(page.locator("[data-dragging=ready]")).toBeVisible();
}

/** Waits until the page has fetched a part of itself by its own accord, and all that this part stands on. */
async function brought({ page }: Person, part: string): Promise<void> {
  const address = () =>
    page.evaluate(
      (name) => performance.getEntriesByType("resource").find((entry) => entry.name.includes(`/${name}-`))?.name ?? "",
      part,
    );
  // When the page is idle: on a busy machine that takes a while.
  await expect.poll(address, { timeout: 30_000 }).toMatch(/\.js$/);
  await page.evaluate(`import(${JSON.stringify(await address())}).then(() => {})`);
}

interface Middle {
  readonly x: number;
  readonly y: number;
}

async function middle(person: Person, staffId: number | null, date: string): Promise<Middle> {
  const box = await person.cell(staffId, date).boundingBox();
  if (!box) throw new Error("The cell is not on the screen");
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/** Takes a shift by its middle and holds it over a cell. */
async function hold(person: Person, shift: Schedule, staffId: number | null, date: string): Promise<void> {
  const { mouse } = person.page;
  await person.card(shift).hover();
  const to = await middle(person, staffId, date);
  await mouse.down();
  await mouse.move(to.x, to.y, { steps: 4 });
}

test("a shift is dragged to another person and day, others see it there, and Ctrl+Z takes it back", async ({
  person,
  desk,
}) => {
  const week = ownWeek();
  const [noor, omar] = await hired(desk, week);
  const shift = await desk.add({ staff_id: noor, ...office(week, 1), note: "Keys" });
  const [manager, staff] = [await person(MANAGER, { week }), await person(STAFF, { week })];
  await draggable(manager);
  await hold(manager, shift, omar, dayOf(week, 3));
  await expect(manager.cell(omar, dayOf(week, 3))).toHaveAttribute("data-drop", "fine");
  await manager.page.mouse.up();
  await expect(manager.cell(omar, dayOf(week, 3)).locator("[data-schedule]")).toContainText("09:00–17:00");
  await expect(staff.cell(omar, dayOf(week, 3)).locator("[data-schedule]")).toContainText("09:00–17:00");
  await expect.poll(() => desk.get(week, shift.id)).toMatchObject({ staff_id: omar, ...office(week, 3), note: "Keys" });
  await expect(manager.page.getByRole("dialog")).toHaveCount(0);

  await expect(toast(manager)).toContainText("1 shift moved.");
  await manager.page.keyboard.press("Control+z");
  await expect(staff.cell(noor, dayOf(week, 1)).locator("[data-schedule]")).toHaveCount(1);
  await expect.poll(() => desk.get(week, shift.id)).toMatchObject({ staff_id: noor, ...office(week, 1) });
});

test("by keys: Space lifts, arrows carry it, a soft rule asks for a second Space, and Escape leaves it", async ({
  person,
  desk,
}) => {
  const week = ownWeek();
  const [noor, omar] = await hired(desk, week);
  const shift = await desk.add({ staff_id: noor, ...office(week, 1) });
  await desk.add({ staff_id: omar, starts_at: at(week, 1, 15), ends_at: at(week, 1, 23) });
  const manager = await person(MANAGER, { week });
  const { keyboard } = manager.page;
  const said = await manager.listen();
  await manager.card(shift).focus();
  await keyboard.press("Space");
  await keyboard.press("ArrowRight");
  await expect(manager.cell(noor, dayOf(week, 2))).toHaveAttribute("data-drop", "fine");
  await keyboard.press("ArrowDown");
  await expect(manager.cell(omar, dayOf(week, 2))).toHaveAttribute("data-drop", "soft");
  await expect.poll(async () => (await said()).join(" ")).toContain("11 h rest between shifts");
  await keyboard.press("Space");
  await expect(manager.page.getByText("Press Space again").first()).toBeVisible();
  await expect(manager.card(shift)).toBeFocused();
  await keyboard.press("Escape");
  await expect(manager.page.locator("[data-drop]")).toHaveCount(0);
  expect(await desk.rows(week)).toContain(`${shift.id}/1`);

  await keyboard.press("Space");
  await keyboard.press("ArrowRight");
  await keyboard.press("ArrowDown");
  await expect(manager.cell(omar, dayOf(week, 2))).toHaveAttribute("data-drop", "soft");
  await keyboard.press("Space");
  await keyboard.press("Space");
  await expect(manager.cell(omar, dayOf(week, 2)).locator("[data-schedule]")).toBeFocused();
  await expect.poll(() => desk.get(week, shift.id)).toMatchObject({ staff_id: omar, ...office(week, 2) });
  await expect(manager.page.getByRole("dialog")).toHaveCount(0);
});

test("by finger: a long press lifts a shift; by mouse Alt copies it and an edge stretches it", async ({
  person,
  desk,
}) => {
  const week = ownWeek();
  const [noor, omar] = await hired(desk, week);
  const shift = await desk.add({ staff_id: noor, ...office(week, 1) });
  const [tablet, manager] = [await person(MANAGER, { week, tablet: true }), await person(MANAGER, { week })];
  await draggable(tablet);
  const touch = await tablet.page.context().newCDPSession(tablet.page);
  const finger = (type: "touchStart" | "touchMove" | "touchEnd", ...touchPoints: Middle[]) =>
    touch.send("Input.dispatchTouchEvent", { type, touchPoints });
  const to = await middle(tablet, omar, dayOf(week, 2));
  await finger("touchStart", await middle(tablet, noor, dayOf(week, 1)));
  await expect(tablet.card(shift)).toHaveAttribute("data-lifted", "move");
  await finger("touchMove", to);
  await expect(tablet.cell(omar, dayOf(week, 2))).toHaveAttribute("data-drop", "fine");
  await finger("touchEnd");
  await expect(manager.cell(omar, dayOf(week, 2)).locator("[data-schedule]")).toHaveCount(1);
  await expect.poll(() => desk.get(week, shift.id)).toMatchObject({ staff_id: omar, ...office(week, 2) });

  await draggable(manager);
  await hold(manager, shift, noor, dayOf(week, 4));
  await manager.page.keyboard.down("Alt");
  await expect(manager.card(shift)).toHaveAttribute("data-lifted", "copy");
  await manager.page.mouse.up();
  await manager.page.keyboard.up("Alt");
  const copy = tablet.cell(noor, dayOf(week, 4)).locator("[data-schedule]");
  await expect(copy).toContainText("Draft");
  const edge = await manager.card(shift).locator("[data-edge=end]").boundingBox();
  if (!edge) throw new Error("The card has no edge");
  await manager.page.mouse.move(edge.x + 4, edge.y + 10);
  await manager.page.mouse.down();
  await manager.page.mouse.move(edge.x + 4 + 4 * 8, edge.y + 10, { steps: 4 });
  await expect(manager.page.getByText("09:00–18:00 · 9 h")).toBeVisible();
  await manager.page.mouse.up();
  await expect(tablet.card(shift)).toContainText("09:00–18:00");
  await expect.poll(() => desk.rows(week)).toHaveLength(2);
  await expect.poll(manager.rows).toEqual(await desk.rows(week));
});

test("a move onto leave that was approved a second ago is refused with its reason, and nothing has changed", async ({
  person,
  desk,
}) => {
  const week = ownWeek();
  const [noor, omar] = await hired(desk, week);
  const shift = await desk.add({ staff_id: noor, ...office(week, 1) });
  const manager = await person(MANAGER, { week });
  await draggable(manager);
  await hold(manager, shift, omar, dayOf(week, 3));
  await expect(manager.cell(omar, dayOf(week, 3))).toHaveAttribute("data-drop", "fine");
  await desk.giveOff(omar, { starts_at: at(week, 3, -1), ends_at: at(week, 3, 23) });
  await manager.page.mouse.up();
  await expect(toast(manager)).toContainText(/Not moved.*time off/);
  await expect(toast(manager).getByRole("button", { name: "Move anyway" })).toHaveCount(0);
  await expect(manager.cell(noor, dayOf(week, 1)).locator("[data-schedule]")).toHaveCount(1);
  await expect(manager.cell(omar, dayOf(week, 3)).locator("[data-schedule]")).toHaveCount(0);
  expect(await desk.rows(week)).toEqual([`${shift.id}/1`]);
  await expect.poll(manager.rows).toEqual([`${shift.id}/1`]);
});

test("the same without dragging: a card's menu asks where the shift shall go, and says what is in the way", async ({
  person,
  desk,
}) => {
  const week = ownWeek();
  const [noor, omar] = await hired(desk, week);
  const shift = await desk.add({ staff_id: noor, ...office(week, 1) });
  const other = await desk.add({ staff_id: omar, starts_at: at(week, 1, 12), ends_at: at(week, 1, 20) });
  const [manager, staff] = [await person(MANAGER, { week }), await person(STAFF, { week })];
  await manager.card(shift).click({ button: "right" });
  await manager.page.getByRole("menuitem", { name: "Move…" }).click();
  const dialog = manager.page.getByRole("dialog", { name: "Move a shift" });
  const who = dialog.getByRole("combobox", { name: "Who" });
  await who.click();
  await manager.page.getByRole("option", { name: `${2100 - Number(week.slice(0, 4))} Omar` }).click();
  await expect(dialog.getByRole("status")).toContainText("Already works 13:00–21:00");
  await expect(dialog.getByRole("button", { name: "Move", exact: true })).toBeDisabled();
  await who.click();
  await manager.page.getByRole("option", { name: "Open shift (nobody yet)" }).click();
  await dialog.getByLabel("Ends: hours").fill("15");
  await dialog.getByRole("button", { name: "Move", exact: true }).click();
  await expect(staff.cell(null, dayOf(week, 1)).locator("[data-schedule]")).toContainText("09:00–15:00");
  await expect(staff.cell(noor, dayOf(week, 1)).locator("[data-schedule]")).toHaveCount(0);
  await expect.poll(() => desk.rows(week)).toEqual([`${shift.id}/2`, `${other.id}/1`].sort());
  await expect.poll(manager.rows).toEqual(await desk.rows(week));
});

test("by its key, offline and for the first time: the dialog opens, and the page's own keys wait while it is there", async ({
  person,
  desk,
}) => {
  const week = ownWeek();
  const [noor] = await hired(desk, week);
  const shift = await desk.add({ staff_id: noor, ...office(week, 1) });
  const manager = await person(MANAGER, { week });
  const { page } = manager;
  await brought(manager, "MoveDialog");
  await page.context().setOffline(true);
  await manager.card(shift).focus();
  await page.keyboard.press("g");
  const dialog = page.getByRole("dialog", { name: "Move a shift" });
  await expect(dialog).toBeVisible();
  await dialog.getByRole("button", { name: "Close" }).focus();
  for (const key of ["m", "d", "/"]) await page.keyboard.press(key);
  await expect(dialog.getByRole("button", { name: "Close" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  await expect(manager.card(shift)).toBeVisible();
  expect(page.url()).not.toContain("view=");
});

test("several are selected, moved two days on, taken back and published together", async ({ person, desk }) => {
  const week = ownWeek();
  const [noor] = await hired(desk, week);
  const draft = (number: number) => desk.add({ staff_id: noor, ...office(week, number), status: "draft" });
  const shifts = [await draft(0), await draft(1), await draft(2)] as const;
  const [manager, other] = [await person(MANAGER, { week }), await person(MANAGER, { week })];
  const bar = manager.page.getByRole("region", { name: "Selected shifts" });
  const versions = (version: number) => shifts.map(({ id }) => `${id}/${version}`).sort();
  await manager.card(shifts[0]).click({ modifiers: ["ControlOrMeta"] });
  await manager.card(shifts[2]).click({ modifiers: ["Shift"] });
  await expect(bar).toContainText("3 selected");
  await bar.getByRole("button", { name: "Move…" }).click();
  const dialog = manager.page.getByRole("dialog", { name: "Move 3 shifts" });
  await dialog.getByRole("textbox", { name: "Days later" }).fill("2");
  await dialog.getByRole("button", { name: "Move", exact: true }).click();
  for (const [index, shift] of shifts.entries()) {
    await expect(other.cell(noor, dayOf(week, index + 2)).locator(`[data-schedule="${shift.id}"]`)).toHaveCount(1);
  }
  await expect.poll(() => desk.rows(week)).toEqual(versions(2));
  await expect(toast(manager)).toContainText("3 shifts moved.");
  await manager.page.keyboard.press("Control+z");
  await expect.poll(() => desk.rows(week)).toEqual(versions(3));
  await expect(other.cell(noor, week).locator("[data-schedule]")).toHaveCount(1);

  await manager.card(shifts[0]).focus();
  await manager.page.keyboard.press("Escape");
  await expect(bar).toHaveCount(0);
  await manager.card(shifts[0]).focus();
  await manager.page.keyboard.press("Shift+ArrowRight");
  await expect(bar).toContainText("2 selected");
  await bar.getByRole("button", { name: "Publish 2" }).click();
  await expect.poll(() => desk.rows(week, "published")).toHaveLength(2);
  await expect(other.card(shifts[1])).toHaveAttribute("data-status", "published");
  await expect.poll(manager.rows).toEqual(await desk.rows(week));
});
