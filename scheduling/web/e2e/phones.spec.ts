import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { Cable } from "./cable";
import { at, type Desk, expect, MANAGER, ownWeek, PASSWORD, type Person, STAFF, test } from "./fixtures";

const PYTHON = join(import.meta.dirname, "../../../.venv/bin/python");
const SECOND = "jonas@example.com";

const dayOf = (week: string, day: number) => at(week, day, 0).slice(0, 10);
const idOf = async (desk: Desk, email: string) => (await desk.staff()).find((each) => each.email === email)?.id ?? 0;

/** Somebody whom no other test plans, with a phone of their own. */
function hire(desk: Desk, week: string, contract?: object) {
  const who = { name: `Vera ${week}`, email: `phone-${week}@example.com`, password: PASSWORD };
  return desk.hire({ ...who, ...(contract ? { contract } : {}) });
}

/** Nothing of a page stands outside the screen. */
async function fits({ page }: Person): Promise<void> {
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
}

async function choose({ page }: Person, entry: string): Promise<void> {
  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("menuitem", { name: entry }).click();
}

test("phones: a shift is planned while the rules speak, moved without dragging, taken back, and published to the other's", async ({
  person,
  desk,
}) => {
  const week = ownWeek();
  const vera = await hire(desk, week);
  const late = await desk.add({ staff_id: vera.id, starts_at: at(week, 0, 14), ends_at: at(week, 0, 22) });
  await desk.add({ staff_id: await idOf(desk, STAFF), starts_at: at(week, 1, 6), ends_at: at(week, 1, 14) });
  const [manager, staff] = [
    await person(MANAGER, { phone: true, page: `/week?week=${week}&shift=new&staff=${vera.id}&day=${dayOf(week, 1)}` }),
    await person(vera.email ?? "", { week, phone: true }),
  ];
  const { page } = manager;
  const form = page.getByRole("dialog", { name: "New shift" });
  const verdict = form.getByRole("status");
  await expect(verdict).toContainText("you may overrule it");
  await expect(verdict).toContainText("11 h rest between shifts; this leaves 8");
  await form.getByLabel("Who", { exact: true }).tap();
  await page.getByRole("option", { name: "Sam Okafor" }).tap();
  await expect(verdict).toContainText("This is not possible");
  await expect(verdict).toContainText("Already works 07:00–15:00");
  await form.getByLabel("Who", { exact: true }).tap();
  await page.getByRole("option", { name: vera.name }).tap();
  await form.getByLabel("Starts: hours").fill("12");
  await form.getByLabel("Ends: hours").fill("20");
  await expect(verdict).toBeEmpty();
  await fits(manager);
  await form.getByRole("button", { name: "Save draft" }).tap();
  await expect(form).toHaveCount(0);

  const tuesday = page.getByRole("region", { name: /^Tuesday/ });
  const draft = tuesday.locator("[data-schedule][data-status=draft]");
  await expect(draft).toContainText(vera.name);
  await expect(draft).toHaveAttribute("data-version", "1");
  await expect.poll(() => desk.rows(week, "draft")).toHaveLength(1);
  await tuesday.getByRole("button", { name: "More for 12:00–20:00" }).tap();
  await page.getByRole("menuitem", { name: "Move…" }).tap();
  const moving = page.getByRole("dialog", { name: "Move a shift" });
  await moving.getByLabel("Starts: hours").fill("13");
  await moving.getByLabel("Ends: hours").fill("21");
  await moving.getByRole("button", { name: "Move", exact: true }).tap();
  await expect(draft).toContainText("13:00–21:00");
  await page.getByRole("group", { name: "What was done last" }).getByRole("button", { name: "Undo" }).tap();
  await expect(draft).toContainText("12:00–20:00");
  await expect.poll(() => desk.rows(week, "draft")).toEqual([expect.stringMatching(/\/3$/)]);
  await expect.poll(staff.rows).toHaveLength(2);

  await page.getByRole("button", { name: "Publish 1 change" }).tap();
  await page.getByRole("dialog").getByRole("button", { name: "Publish it" }).tap();
  await expect(staff.page.getByText(/Week \d+ was published: 1 shift for you\./).first()).toBeVisible();
  await expect.poll(staff.rows).toEqual(await desk.rows(week, "published"));
  await expect(staff.card(late)).toBeVisible();
  await fits(staff);
});

test("phones: time off is asked for, denied with a note, and taken back; each sees it of the other at once", async ({
  person,
  desk,
  deskOf,
}) => {
  const week = ownWeek();
  const vera = await hire(desk, week);
  const api = await deskOf(vera.email ?? "");
  const [manager, staff] = [await person(MANAGER, { phone: true }), await person(vera.email ?? "", { phone: true })];
  await manager.page.getByRole("link", { name: /^Time off/ }).tap();
  await staff.page.getByRole("link", { name: "Time off", exact: true }).tap();
  await staff.page.getByRole("button", { name: "Request time off" }).first().tap();
  const form = staff.page.getByRole("dialog", { name: "Request time off" });
  await form.getByLabel("First and last day").tap();
  await staff.page.getByRole("button", { name: "Next month" }).tap();
  const day = staff.page.locator("table button:not([data-outside])", { hasText: /^15$/ });
  await day.tap();
  await day.tap();
  await form.getByLabel("Note").fill(`A move, ${week}`);
  await form.getByRole("button", { name: "Request time off" }).tap();
  await expect(form).toHaveCount(0);
  const own = staff.page.getByRole("article").filter({ hasText: `A move, ${week}` });
  await expect(own).toContainText("Not decided");

  const asked = manager.page.getByRole("article").filter({ hasText: `A move, ${week}` });
  await asked.getByLabel(`Note to ${vera.name}`).fill("Too many are away then");
  await asked.getByRole("button", { name: "Deny" }).tap();
  for (const each of [asked, own]) {
    await expect(each).toContainText("Denied by Mona Reyes");
    await expect(each).toContainText("“Too many are away then”");
  }
  await expect(own.getByRole("button")).toHaveCount(0);

  // The list goes a year ahead.
  const soon = new Date(Date.now() + 45 * 86_400_000).toISOString().slice(0, 10);
  const second = await api.askOff({ starts_at: at(soon, 0, 8), ends_at: at(soon, 0, 16), note: "Perhaps" });
  const pending = manager.page.locator(`[data-request="${second.id}"]`);
  await expect(pending.getByRole("button", { name: "Approve" })).toBeVisible();
  await staff.page.locator(`[data-request="${second.id}"]`).getByRole("button", { name: "Take it back" }).tap();
  await expect(pending).toContainText(`Cancelled by ${vera.name}`);
  await expect(pending.getByRole("button")).toHaveCount(0);
  for (const each of [manager, staff]) await fits(each);
});

test("phones: an offer is taken back before it is answered, and another one declined", async ({
  person,
  desk,
  deskOf,
}) => {
  const week = ownWeek();
  const [sam, jonas] = [await deskOf(STAFF), await idOf(desk, SECOND)];
  const add = (day: number, staff_id: number) =>
    desk.add({ staff_id, starts_at: at(week, day, 8), ends_at: at(week, day, 16) });
  const [first, second, wanted] = [await add(0, sam.me.id), await add(2, sam.me.id), await add(4, jonas)];
  const swaps = { phone: true, page: "/swaps" };
  const [here, there] = [await person(STAFF, swaps), await person(SECOND, swaps)];
  const offerOn = ({ page }: Person, { id }: { id: number }) => page.locator(`[data-offer][data-shift="${id}"]`);
  await sam.offer(first, { note: "Anybody?" });
  await expect(offerOn(there, first).getByRole("button", { name: /^Accept/ })).toBeVisible();
  await offerOn(here, first)
    .getByRole("button", { name: /^Take it back/ })
    .tap();
  await expect(offerOn(there, first).getByRole("button")).toHaveCount(0);
  await expect(offerOn(here, first)).toHaveAttribute("data-status", "withdrawn");

  await sam.offer(second, { wanted, note: "" });
  await offerOn(there, second)
    .getByRole("button", { name: /^Decline/ })
    .tap();
  await expect(offerOn(here, second)).toHaveAttribute("data-status", "declined");
  await expect(offerOn(here, second)).toContainText("Jonas Weber declined");
  await expect.poll(() => desk.get(week, second.id)).toMatchObject({ staff_id: sam.me.id, version: 1 });
  for (const each of [here, there]) await fits(each);
});

test("phones: a colleague's change glows, an open form is asked, and what an outage hid is listed after it", async ({
  person,
  server,
  desk,
  deskOf,
}) => {
  const week = ownWeek();
  const email = `vera-${week}@example.com`;
  await desk.hire({ name: "Vera Lind", email, role: "manager", password: PASSWORD });
  const vera = await deskOf(email);
  const shift = await desk.add({ starts_at: at(week, 2, 8), ends_at: at(week, 2, 16), note: "As it was" });
  const cable = await Cable.to(server.url);
  const [manager, staff] = [
    await person(MANAGER, { week, phone: true }),
    await person(STAFF, { week, phone: true, url: cable.url }),
  ];
  await manager.card(shift).tap();
  const form = manager.page.getByRole("dialog", { name: "Edit shift" });
  const note = form.getByRole("textbox", { name: "Note" });
  await note.fill("Mine");
  await vera.change(shift, { ends_at: at(week, 2, 17), note: "Theirs" });
  await expect(staff.card(shift).locator("[data-by=VL]")).toBeVisible();
  await expect(form.getByRole("alert")).toContainText("Vera Lind changed the note to “Theirs”");
  await expect(note).toHaveValue("Mine");
  await form.getByRole("alert").getByRole("button", { name: "Keep mine" }).tap();
  await form.getByRole("button", { name: "Save", exact: true }).tap();
  await expect.poll(() => desk.get(week, shift.id)).toMatchObject({ note: "Mine", ends_at: at(week, 2, 17) });

  await staff.page.context().setOffline(true);
  cable.pull();
  await expect(staff.page.getByText(/^Offline, as of \d\d:\d\d$/)).toBeVisible();
  await fits(staff);
  const added = await vera.add({ starts_at: at(week, 4, 8), ends_at: at(week, 4, 16) });
  cable.plug();
  await staff.page.context().setOffline(false);
  await staff.page.getByRole("button", { name: "Caught up: 1 change" }).tap();
  const list = staff.page.getByRole("dialog", { name: "Caught up: 1 change" });
  await list.getByRole("button", { name: /^Vera Lind added an open shift/ }).tap();
  await expect(staff.page).toHaveURL(new RegExp(`shift=${added.id}\\b`));
  cable.close();
});

/** The events of a calendar, as another library than the one that wrote it reads them. */
async function eventsIn(file: string): Promise<readonly string[]> {
  const program = [
    "import sys; from ical.calendar_stream import IcsCalendarStream",
    "text = open(sys.argv[1], newline='').read()",
    "for event in sorted(IcsCalendarStream.calendar_from_ics(text).events, key=lambda each: each.dtstart):",
    "    print(event.dtstart.isoformat(), event.dtend.isoformat(), event.summary, sep=' | ')",
  ];
  const { stdout } = await promisify(execFile)(PYTHON, ["-c", program.join("\n"), file]);
  return stdout.trimEnd().split("\n");
}

test("phones: a week is taken along as a calendar and as a spreadsheet, which brings a change back to the other's", async ({
  person,
  desk,
}) => {
  const week = ownWeek();
  const vera = await hire(desk, week);
  const shift = await desk.add({ staff_id: vera.id, starts_at: at(week, 0, 8), ends_at: at(week, 0, 16) });
  await desk.add({ starts_at: at(week, 2, 22), ends_at: at(week, 3, 6), role: "Head nurse" });
  await desk.add({ starts_at: at(week, 4, 8), ends_at: at(week, 4, 16), status: "draft" });
  const [manager, staff] = [
    await person(MANAGER, { week, phone: true }),
    await person(vera.email ?? "", { week, phone: true }),
  ];
  const save = async ({ page }: Person, name: string) => {
    const saved = page.waitForEvent("download");
    await page.getByRole("button", { name }).tap();
    return saved;
  };
  await choose(staff, "Export");
  const calendar = await save(staff, "Save as Calendar (.ics)");
  expect(calendar.suggestedFilename()).toBe(`shifts-${week}.ics`);
  expect(await eventsIn(await calendar.path())).toEqual([
    `${week}T08:00:00+00:00 | ${week}T16:00:00+00:00 | Nurse`,
    `${dayOf(week, 2)}T22:00:00+00:00 | ${dayOf(week, 3)}T06:00:00+00:00 | Head nurse (open)`,
  ]);

  await choose(manager, "Export");
  const sheet = await save(manager, "Save as Spreadsheet (CSV)");
  const lines = (await readFile(await sheet.path(), "utf8")).trimEnd().split("\r\n");
  expect(lines).toHaveLength(4);
  await manager.page.keyboard.press("Escape");
  await choose(manager, "Import");
  const chooser = manager.page.waitForEvent("filechooser");
  const dialog = manager.page.getByRole("dialog", { name: "Import shifts" });
  await dialog.getByRole("button", { name: /^Choose/ }).tap();
  const buffer = Buffer.from(lines.map((line) => line.replace(`${week},09:00`, `${week},10:30`)).join("\r\n"));
  await (await chooser).setFiles({ name: "shifts.csv", mimeType: "text/csv", buffer });
  await dialog.getByRole("button", { name: "Import 1 shift" }).tap();
  await expect(staff.card(shift)).toContainText("10:30–17:00");
  await expect.poll(() => desk.get(week, shift.id)).toMatchObject({ version: 2 });
});
