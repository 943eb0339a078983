import type { Locator } from "@playwright/test";
import { Cable } from "./cable";
import { at, type Desk, dayOf, expect, MANAGER, ownWeek, PASSWORD, type Person, test } from "./fixtures";

/** Two who work late on Monday, and so may not begin early on Tuesday: the contract of the second lets nobody overrule that. */
async function lateOnMonday(desk: Desk, week: string) {
  const contract = { name: "Strict", hours_per_week: 40, rest_hours: 11, hard_rules: ["rest"] };
  const soft = await desk.hire({ name: `Noor ${week}`, email: `noor-${week}@example.com` });
  const hard = await desk.hire({ name: `Otto ${week}`, email: `otto-${week}@example.com`, contract });
  for (const { id } of [soft, hard]) {
    await desk.add({ staff_id: id, starts_at: at(week, 0, 14), ends_at: at(week, 0, 22) });
  }
  return { soft, hard };
}

const entry = ({ page }: Person) => page.getByRole("textbox", { name: /^Times of/ });

async function planOffline(person: Person, cell: Locator, times: string): Promise<void> {
  await cell.focus();
  await person.page.keyboard.type(times);
  await expect(entry(person)).toHaveAccessibleDescription(/the rules are checked when the connection is back/);
  await person.page.keyboard.press("Enter");
  await expect(cell.locator("[data-schedule]")).toContainText("Not sent yet");
}

test("what the rules refuse after an outage is decided one by one, and nothing has to be typed again", async ({
  alone: { url },
  person,
  deskOf,
}) => {
  test.slow();
  const week = ownWeek();
  const tuesday = dayOf(week, 1);
  const desk = await deskOf(MANAGER, url);
  const vera = `vera-${week}@example.com`;
  await desk.hire({ name: "Vera Lind", email: vera, role: "manager", password: PASSWORD });
  const { soft, hard } = await lateOnMonday(desk, week);
  const cable = await Cable.to(url);
  const [manager, other] = await Promise.all([person(MANAGER, { week, url: cable.url }), person(vera, { week, url })]);
  const { page } = manager;
  const { keyboard } = page;
  const cards = (who: Person, { id }: { id: number }) => who.cell(id, tuesday).locator("[data-schedule]");

  await page.context().setOffline(true);
  cable.pull();
  await expect(page.getByText(/^Offline, as of \d\d:\d\d$/)).toBeVisible();
  await planOffline(manager, manager.cell(soft.id, tuesday), "7-15 nurse");
  await cards(manager, soft).focus();
  await keyboard.press("F2");
  await entry(manager).fill("8-16");
  await keyboard.press("Enter");
  await expect(cards(manager, soft)).toContainText("08:00–16:00");
  await planOffline(manager, manager.cell(hard.id, tuesday), "7-15 nurse");
  await page.getByRole("button", { name: "Next week" }).click();

  cable.plug();
  await page.context().setOffline(false);
  const lost = page.getByRole("region", { name: /not saved$/ });
  const [first, second] = [lost.getByRole("listitem").first(), lost.getByRole("listitem").nth(1)];
  await expect(lost).toHaveAccessibleName("2 changes not saved");
  await expect(first).toContainText(/^Not added: Noor .* on Tue .* 08:00–16:00\. 11 h rest between shifts/);
  await expect(second).toContainText(/^Not added: Otto .* on Tue .* 07:00–15:00\. 11 h rest between shifts/);
  await expect(second.getByRole("button", { name: "Save anyway" })).toHaveCount(0);
  await expect(page.locator("footer")).not.toContainText("again");

  await second.getByRole("button", { name: "Show" }).click();
  await expect(manager.cell(hard.id, tuesday)).toBeFocused();
  await first.getByRole("button", { name: "Save anyway" }).click();
  await expect(cards(other, soft)).toContainText("08:00–16:00");
  await expect(lost).toHaveAccessibleName("1 change not saved");

  const form = page.getByRole("dialog", { name: "New shift" });
  await lost.getByRole("button", { name: "Edit" }).click();
  await expect(form.getByLabel("Who", { exact: true })).toHaveValue(hard.name);
  await expect(form.getByRole("status")).toContainText("This is not possible");
  await keyboard.press("Escape");
  await expect(form).toHaveCount(0);
  await lost.getByRole("button", { name: "Edit" }).click();
  await form.getByLabel("Starts: hours").fill("12");
  await form.getByLabel("Ends: hours").fill("20");
  await form.getByRole("button", { name: "Save draft" }).click();
  await expect(lost).toHaveCount(0);
  await expect(cards(other, hard)).toContainText("12:00–20:00");
  await expect.poll(() => desk.rows(week)).toHaveLength(4);
  await expect.poll(async () => JSON.stringify(await manager.rows())).toBe(JSON.stringify(await desk.rows(week)));
  cable.close();
});
