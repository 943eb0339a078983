import { readFile } from "node:fs/promises";
import { addDays } from "../src/time/week";
import { at, type Desk, expect, MANAGER, ownWeek, type Person, STAFF, test } from "./fixtures";

const dialog = ({ page }: Person, name: string) => page.getByRole("dialog", { name });

/** Chooses a file of these lines in the dialog. */
async function take(person: Person, lines: readonly string[]): Promise<void> {
  const chooser = person.page.waitForEvent("filechooser");
  await dialog(person, "Import shifts")
    .getByRole("button", { name: /^Choose/ })
    .click();
  const buffer = Buffer.from(lines.join("\r\n"));
  await (await chooser).setFiles({ name: "shifts.csv", mimeType: "text/csv", buffer });
}

/** Somebody whom no other test plans. */
const hire = (desk: Desk, week: string) =>
  desk.hire({ name: `Ines ${week}`, email: `calendar-${week}@example.com`, password: "demo" });

test("a link made on one screen is read by a calendar, seen to be read, revoked on another and then refused in words", async ({
  person,
  tab,
  request,
}) => {
  const staff = await person(STAFF);
  const other = await tab(staff);
  await other.page.goto(staff.page.url());
  for (const each of [staff, other]) {
    await each.page.getByRole("button", { name: /: account$/ }).click();
    await each.page.getByRole("menuitem", { name: "Calendar link" }).click();
  }
  const [here, there] = [dialog(staff, "Calendar link"), dialog(other, "Calendar link")];
  await expect(there).toContainText("You have no calendar link yet");
  await here.getByRole("button", { name: "Make a link" }).click();
  const address = await here.getByLabel("Address").inputValue();
  const link = there.getByRole("list", { name: "Your links" }).getByRole("listitem");
  await expect(link).toContainText("not read yet");
  await expect(there.getByLabel("Address")).toHaveCount(0);

  const feed = await request.get(address);
  expect(feed.headers()["content-type"]).toContain("text/calendar");
  expect(await feed.text()).toContain("X-WR-CALNAME:Shifts: Sam Okafor");
  await expect(link).not.toContainText("not read yet");

  await link.getByRole("button", { name: "Revoke the link to My shifts" }).click();
  await link.getByRole("button", { name: "Revoke", exact: true }).click();
  await expect(here).toContainText("You have no calendar link yet");
  await expect.poll(async () => (await request.get(address)).status()).toBe(410);
  expect((await (await request.get(address)).json()).detail).toContain("was revoked");
});

test("a file with bad dates is told by line; put right, it is shown before it is imported, and undone as one", async ({
  person,
  desk,
}) => {
  const week = ownWeek();
  const ines = await hire(desk, week);
  const [manager, other] = [await person(MANAGER, { week }), await person(MANAGER, { week })];
  await manager.choose("Import");
  const heading = "date,starts,ends,person,role,location,status";
  const line = (day: string, starts: string) => `${day},${starts},15:00,${ines.name},Nurse,North Ward,published`;
  await take(manager, [heading, line("31.2.2031", "07:00"), line(addDays(week, 1), "25:00"), line(week, "07:00")]);
  const faults = dialog(manager, "Import shifts").getByRole("row");
  await expect(faults).toContainText([
    /Line/,
    /2\s*date\s*31\.2\.2031 is no date: write it as/,
    /3\s*starts\s*25:00 is no time: write it as 07:30/,
  ]);
  expect(await desk.rows(week)).toEqual([]);

  await take(manager, [heading, line(week, "07:00"), line(addDays(week, 1), "07:00")]);
  await expect(dialog(manager, "Import shifts").getByRole("alert")).toContainText("2 shifts will be added");
  expect(await desk.rows(week)).toEqual([]);
  await dialog(manager, "Import shifts").getByRole("button", { name: "Import 2 shifts" }).click();
  await expect(other.cell(ines.id, week).locator("[data-schedule]")).toContainText("07:00–15:00");
  await expect(other.cell(ines.id, addDays(week, 1)).locator("[data-schedule]")).toBeVisible();
  await expect.poll(manager.rows).toEqual(await desk.rows(week));

  await manager.page.getByRole("group", { name: "What was done last" }).getByRole("button", { name: "Undo" }).click();
  await expect(other.page.locator("[data-schedule]")).toHaveCount(0);
  await expect.poll(() => desk.rows(week)).toEqual([]);
});

test("an exported week is imported again: what was changed in the file changes on the second person's screen", async ({
  person,
  desk,
}) => {
  const week = ownWeek();
  const ines = await hire(desk, week);
  const shift = await desk.add({ staff_id: ines.id, starts_at: at(week, 0, 8), ends_at: at(week, 0, 16) });
  await desk.add({ staff_id: ines.id, starts_at: at(week, 1, 8), ends_at: at(week, 1, 16), status: "draft" });
  const [manager, staff] = [await person(MANAGER, { week }), await person(STAFF, { week })];
  await manager.choose("Export");
  const saved = manager.page.waitForEvent("download");
  await manager.page.getByRole("button", { name: "Save as Spreadsheet (CSV)" }).click();
  const download = await saved;
  expect(download.suggestedFilename()).toBe(`shifts-${week}.csv`);
  const lines = (await readFile(await download.path(), "utf8")).trimEnd().split("\r\n");
  expect(lines).toHaveLength(3);
  await manager.page.keyboard.press("Escape");

  await manager.choose("Import");
  await take(
    manager,
    lines.map((each) => each.replace(`${week},09:00`, `${week},10:30`)),
  );
  const preview = dialog(manager, "Import shifts");
  await expect(preview.getByRole("alert")).toContainText("1 shift will be changed");
  await expect(preview.getByRole("alert")).toContainText("1 line is already as planned");
  await preview.getByRole("button", { name: "Import 1 shift" }).click();
  await expect(staff.card(shift)).toContainText("10:30–17:00");
  await expect.poll(async () => (await desk.get(week, shift.id))?.version).toBe(2);
});
