import { at, expect, MANAGER, ownWeek, STAFF, test } from "./fixtures";

test("a week is printed whole, light, with its drafts marked, and for staff without them", async ({ person, desk }) => {
  const week = ownWeek();
  const sam = await desk.idOf("Sam Okafor");
  const span = { starts_at: at(week, 2, 8), ends_at: at(week, 2, 16) };
  await desk.add({ staff_id: sam, ...span });
  await desk.add({ ...span, role: "Care assistant", status: "draft" });
  const [manager, staff] = [await person(MANAGER, { week }), await person(STAFF, { week })];
  await manager.page.emulateMedia({ media: "print", colorScheme: "dark" });
  await staff.page.emulateMedia({ media: "print" });

  const paper = manager.page.locator("[data-sheet]");
  await expect(paper.getByRole("rowheader")).toHaveCount((await desk.staff()).length + 1);
  await expect(paper.getByRole("row", { name: /^Open shifts/ })).toContainText(/09:00–17:00\s*Draft\s*Care assistant/);
  await expect(paper.getByRole("row", { name: /^Sam Okafor/ })).toContainText("09:00–17:00");
  await expect(paper).toContainText(/Printed .* by Mona Reyes/);
  await expect(manager.page.getByRole("banner")).toBeHidden();
  await expect(manager.page.locator("html")).toHaveCSS("background-color", "rgb(255, 255, 255)");

  await expect(staff.page.locator("[data-sheet]").getByRole("row", { name: /^Sam Okafor/ })).toContainText(
    "09:00–17:00",
  );
  await expect(staff.page.locator("[data-sheet]")).not.toContainText("Draft");

  await manager.page.emulateMedia({ media: "screen" });
  await expect(paper).toHaveCount(0);
  await expect(manager.page.getByRole("grid")).toBeVisible();
});
