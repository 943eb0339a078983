import { at, expect, MANAGER, ownWeek, type Person, STAFF, test } from "./fixtures";

const newShift = (manager: Person) => manager.page.getByRole("dialog", { name: "New shift" });
const editShift = (manager: Person) => manager.page.getByRole("dialog", { name: "Edit shift" });

/** What stands beside an input, as a screen reader is told: through aria-describedby. */
async function expectBeside(input: ReturnType<Person["page"]["getByLabel"]>, reason: RegExp) {
  await expect(input).toHaveAccessibleDescription(reason);
}

test("the server's hard reason stands beside the field it is about", async ({ person, desk }) => {
  const week = ownWeek();
  const sam = await desk.idOf("Sam Okafor");
  await desk.add({ staff_id: sam, starts_at: at(week, 0, 6), ends_at: at(week, 0, 14) });
  const manager = await person(MANAGER, { week });
  await manager.page.getByRole("button", { name: "New shift" }).click();
  const form = newShift(manager);
  await form.getByLabel("Who", { exact: true }).click();
  await manager.page.getByRole("option", { name: "Sam Okafor" }).click();
  await form.getByRole("button", { name: "Publish" }).click();

  await expectBeside(
    form.getByLabel("Who", { exact: true }),
    /Sam Okafor: Already works 07:00–15:00 .* at North Ward\./,
  );
  await expect(form.getByRole("alert")).toContainText("not possible");
  await expect(form.getByRole("button", { name: /anyway/ })).toHaveCount(0);
  expect(await desk.rows(week)).toHaveLength(1);
});

test("a soft rule may be overruled: Save anyway", async ({ person, desk }) => {
  const week = ownWeek();
  const sam = await desk.idOf("Sam Okafor");
  await desk.add({ staff_id: sam, starts_at: at(week, 0, 14), ends_at: at(week, 0, 22) });
  const day = at(week, 1, 0).slice(0, 10);
  const manager = await person(MANAGER, { page: `/week?week=${week}&shift=new&staff=${sam}&day=${day}` });
  const form = newShift(manager);
  // What came up since the rules were asked: here they cannot be.
  await manager.page.route("**/api/schedules/check", (route) => route.abort());
  await manager.page.reload();
  await form.getByRole("button", { name: "Publish" }).click();

  await expectBeside(form.getByLabel("Starts: hours"), /Sam Okafor: 11 h rest between shifts; this leaves 8/);
  expect(await desk.rows(week)).toHaveLength(1);
  await form.getByRole("button", { name: "Save anyway" }).click();
  await expect(form).toHaveCount(0);
  await expect.poll(() => desk.rows(week)).toHaveLength(2);
});

test("what is missing is said before anything is sent", async ({ person, desk }) => {
  const week = ownWeek();
  const manager = await person(MANAGER, { week });
  await manager.page.getByRole("button", { name: "New shift" }).click();
  await newShift(manager).getByRole("button", { name: "Save draft" }).click();
  await expectBeside(newShift(manager).getByRole("combobox", { name: "Role" }), /Enter the role/);
  expect(await desk.rows(week)).toEqual([]);
});

test("a conflict says who was faster, and mine can be kept over theirs", async ({ person, desk }) => {
  const week = ownWeek();
  const shift = await desk.add({ starts_at: at(week, 2, 8), ends_at: at(week, 2, 16), note: "As it was" });
  const manager = await person(MANAGER, { week });
  await manager.card(shift).click();
  await editShift(manager).getByLabel("Note").fill("Mine");
  const theirs = await desk.change(shift, { note: "Theirs", role: "Head nurse" });

  // It is told at once, before anything was lost.
  const conflict = editShift(manager).getByRole("alert");
  await expect(conflict).toContainText("Mona Reyes changed the note to “Theirs”");
  await expect(editShift(manager).getByRole("combobox", { name: "Role" })).toHaveValue("Head nurse");
  await editShift(manager).getByRole("button", { name: "Save", exact: true }).click();
  await expectBeside(editShift(manager).getByRole("textbox", { name: "Note" }), /take their change or keep yours/);
  await conflict.getByRole("button", { name: "Keep mine" }).click();
  await editShift(manager).getByRole("button", { name: "Save", exact: true }).click();
  await expect(editShift(manager)).toHaveCount(0);
  await expect
    .poll(() => desk.get(week, shift.id))
    .toMatchObject({
      note: "Mine",
      role: "Head nurse",
      version: theirs.version + 1,
    });
});

test("a conflict that only the server knew of is settled by taking theirs", async ({ person, server, desk }) => {
  const week = ownWeek();
  const shift = await desk.add({ starts_at: at(week, 2, 8), ends_at: at(week, 2, 16) });
  const manager = await person(MANAGER);
  // Without events the page learns of it from the 409 alone.
  await manager.page.routeWebSocket(/\/ws$/, (socket) => socket.close({ code: 4403, reason: "test" }));
  await manager.page.goto(`${server.url}/week?week=${week}&shift=${shift.id}`);
  await editShift(manager).getByLabel("Note").fill("Mine");
  await desk.change(shift, { note: "Theirs" });
  await editShift(manager).getByRole("button", { name: "Save", exact: true }).click();

  const conflict = editShift(manager).getByRole("alert");
  await expect(conflict).toContainText("Mona Reyes changed the note to “Theirs”");
  await conflict.getByRole("button", { name: "Take it" }).click();
  await expect(editShift(manager).getByLabel("Note")).toHaveValue("Theirs");
  await expect(conflict).toContainText("Mona Reyes changed this shift");
  await editShift(manager).getByRole("button", { name: "Save", exact: true }).click();
  await expect(editShift(manager)).toHaveCount(0);
});

test("a shift is edited, withdrawn and deleted", async ({ person, desk }) => {
  const week = ownWeek();
  const shift = await desk.add({ starts_at: at(week, 3, 8), ends_at: at(week, 3, 16) });
  const manager = await person(MANAGER, { week });
  await manager.card(shift).click();
  await editShift(manager).getByLabel("Ends: hours").fill("18");
  await editShift(manager).getByRole("button", { name: "Save", exact: true }).click();
  await expect(manager.card(shift)).toContainText("09:00–18:00");

  await manager.card(shift).click();
  await editShift(manager).getByRole("button", { name: "More ways to save" }).click();
  await manager.page.getByRole("menuitem", { name: /Withdraw/ }).click();
  await expect(manager.card(shift)).toContainText("Draft");

  await manager.card(shift).click();
  await editShift(manager).getByRole("button", { name: "Delete this shift" }).click();
  await manager.page.getByRole("button", { name: "Delete", exact: true }).click();
  await expect(manager.card(shift)).toHaveCount(0);
  // The screen has it before the database.
  await expect.poll(() => desk.rows(week)).toEqual([]);
});

test("drafts are published together, or not at all and why", async ({ person, desk }) => {
  const week = ownWeek();
  const sam = await desk.idOf("Sam Okafor");
  await desk.add({ starts_at: at(week, 0, 8), ends_at: at(week, 0, 16), status: "draft" });
  await desk.add({ staff_id: sam, starts_at: at(week, 1, 8), ends_at: at(week, 1, 16), status: "draft" });
  const late = { staff_id: sam, starts_at: at(week, 2, 0), ends_at: at(week, 2, 8), status: "draft" as const };
  await desk.add({ ...late, accept: ["rest", "succession"] });
  const manager = await person(MANAGER, { week });
  await manager.page.getByRole("button", { name: "Publish 3 changes" }).click();
  const dialog = manager.page.getByRole("dialog", { name: "Publish 3 changes" });
  await dialog.getByRole("button", { name: "Publish all 3" }).click();
  await expect(dialog.getByRole("alert")).toContainText("A rule objects");
  await expect(dialog.getByRole("listitem").filter({ hasText: "Sam Okafor" })).toContainText(
    "11 h rest between shifts",
  );
  expect(await desk.rows(week, "published")).toEqual([]);

  await dialog.getByRole("button", { name: "Publish anyway" }).click();
  await expect(dialog).toHaveCount(0);
  await expect.poll(() => desk.rows(week, "published")).toHaveLength(3);
  await expect(manager.page.getByRole("button", { name: /^Publish/ })).toHaveCount(0);
});

test("staff read and change nothing", async ({ person, server, desk }) => {
  const week = ownWeek();
  const shift = await desk.add({ starts_at: at(week, 0, 8), ends_at: at(week, 0, 16), note: "Bring the key" });
  const staff = await person(STAFF, { week });
  await expect(staff.page.getByRole("rowheader").nth(1)).toContainText("Sam Okafor");
  await expect(staff.page.getByRole("button", { name: /New shift|Add a shift|Publish/ })).toHaveCount(0);
  await staff.card(shift).click();
  const details = staff.page.getByRole("dialog", { name: "Shift" });
  await expect(details).toContainText("Bring the key");
  await expect(details.getByRole("textbox")).toHaveCount(0);
  await staff.page.goto(`${server.url}/week?week=${week}&shift=new`);
  await expect(staff.page.getByRole("dialog")).toHaveCount(0);
});
