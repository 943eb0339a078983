import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import type { Staff } from "../src/api/types";
import { at, expect, MANAGER, ownWeek, type Person, STAFF, test } from "./fixtures";
import { writeWard } from "./ward-files";

const ROOT = join(import.meta.dirname, "../../..");
/** The competition's; where it is not, one of our own takes its place. */
const WARD = join(process.env.TIDINGS_SHARED ?? join(ROOT, "../shared"), "data/inrc2/n021w4");

const SPANS = ["7-15", "15-23", "9-17", "23-7"];

/** Seconds of a key and of a thought, by the keystroke-level model: docs/planning.md says what that is worth. */
const [KEY, THOUGHT] = [0.28, 1.35];
const FIVE_MINUTES = 300;

interface Days {
  /** As it is typed. */
  readonly span: string;
  /** 0 is Monday. */
  readonly days: readonly number[];
}

/** Each person works at the same time on days in a row, as long as the contract's hours last. */
function daysOf({ contract }: Staff, index: number): Days {
  const length = Math.min(5, Math.floor((contract.hours_per_week ?? 40) / 8));
  const first = index % 2 === 0 ? 0 : 2;
  return { span: SPANS[index % SPANS.length] ?? "", days: Array.from({ length }, (_, day) => first + day) };
}

/** One person's keyboard, which counts. */
class Keys {
  readonly #person: Person;
  pressed = 0;

  constructor(person: Person) {
    this.#person = person;
  }

  async press(...keys: string[]): Promise<void> {
    for (const key of keys) {
      await this.#person.page.keyboard.press(key);
      this.pressed += 1;
    }
  }

  /** Presses a key until what has the focus is matched. */
  async until(key: string, selector: string): Promise<void> {
    const focus = this.#person.page.locator(`:focus:is(${selector})`);
    for (let tries = 0; tries < 40 && (await focus.count()) === 0; tries += 1) await this.press(key);
    await expect(focus).toBeVisible();
  }
}

test("a week of twelve people is planned and published by keyboard alone", async ({ alone, person, deskOf }) => {
  test.slow();
  const { url } = alone;
  const week = ownWeek();
  const day = (number: number) => at(week, number, 0).slice(0, 10);
  const desk = await deskOf(MANAGER, url);
  const order = (await desk.staff()).sort((a, b) => a.name.localeCompare(b.name)).slice(0, 12);
  expect(order).toHaveLength(12);
  const [manager, staff] = [await person(MANAGER, { url, week }), await person(STAFF, { url, week, phone: true })];
  const keys = new Keys(manager);
  await keys.until("Tab", '[role="grid"] td');
  await keys.press("Control+Home");
  await expect(manager.cell(null, week)).toBeFocused();

  for (const [index, each] of order.entries()) {
    const { span, days } = daysOf(each, index);
    const [first = 0] = days;
    // From the line before: past its first cell's card, if there is one.
    await keys.press("Home", "ArrowDown");
    await expect(manager.cell(each.id, week)).toBeFocused();
    await keys.press(...Array.from({ length: first }, () => "ArrowRight"));
    for (const number of days) {
      if (number === first) await keys.press(...span);
      // What is usual stands there already.
      else await keys.press("ArrowRight", "Enter");
      await keys.press("Enter");
      await expect(manager.cell(each.id, day(number)).locator("[data-schedule]")).toContainText("Draft");
      await expect(manager.cell(each.id, day(number))).toBeFocused();
    }
  }
  const planned = order.flatMap((each, index) => daysOf(each, index).days).length;
  await expect.poll(() => desk.rows(week, "draft")).toHaveLength(planned);
  await expect(staff.page.locator("[data-schedule]")).toHaveCount(0);

  await keys.until("Shift+Tab", `button:has-text("Publish ${planned} changes")`);
  await keys.press("Enter");
  const dialog = manager.page.getByRole("dialog", { name: `Publish ${planned} changes` });
  await expect(dialog.getByRole("list", { name: "Who is told what" }).locator(":scope > li")).toHaveCount(12);
  await expect(dialog.getByRole("button", { name: `Publish all ${planned}` })).toBeFocused();
  await keys.press("Enter");
  await expect(dialog).toHaveCount(0);
  await expect(staff.page.locator("[data-schedule]")).toHaveCount(planned);
  await expect(staff.page.getByText(/Week \d+ was published: 5 shifts for you\./).first()).toBeVisible();
  await expect.poll(staff.rows).toEqual(await desk.rows(week, "published"));
  expect(keys.pressed).toBeLessThan(6 * planned);
  // A thought before each shift and one over what is read back, one at each person, and three to publish.
  const thoughts = 2 * planned + order.length + 3;
  const estimate = keys.pressed * KEY + thoughts * THOUGHT;
  expect(estimate).toBeLessThan(FIVE_MINUTES);
  const description = `${keys.pressed} keys and ${thoughts} thoughts for ${planned} shifts: ${Math.round(estimate)} s`;
  test.info().annotations.push({ type: "estimate", description });
});

/** Copies the week of four weeks ago: whom the rules keep from a shift, for them it becomes an open one. */
async function copyFourWeeksOn({ page }: Person): Promise<void> {
  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("menuitem", { name: "Copy a week" }).click();
  const dialog = page.getByRole("dialog", { name: "Copy a week" });
  await dialog.getByRole("combobox", { name: "Copy from" }).click();
  await page.getByRole("option").nth(3).click();
  const [copy, objection] = [dialog.getByRole("button", { name: /^Copy \d/ }), dialog.getByRole("alert")];
  await copy.click();
  await expect(objection.or(page.getByRole("button", { name: /^Publish \d/ }))).toBeVisible();
  if ((await objection.count()) > 0) {
    await dialog.getByRole("radio", { name: "Plan as open shifts" }).check();
    await copy.click();
  }
  await expect(dialog).toHaveCount(0);
}

test("a ward of the competition is planned from the weeks before, and published", async ({
  alone,
  person,
  deskOf,
}, info) => {
  test.slow();
  const ward = existsSync(WARD) ? WARD : await writeWard(info.outputPath("ward"));
  info.annotations.push({ type: "ward", description: basename(ward) });
  const { url } = alone;
  const first = ownWeek();
  const args = ["import-inrc2", ward, "--url", url, "--first-monday", first, "--rate", "1000"];
  await promisify(execFile)(join(ROOT, ".venv/bin/scheduling"), args);
  const desk = await deskOf(MANAGER, url);
  const weeks = [0, 1, 2, 3].map((number) => at(first, number * 7, 0).slice(0, 10));
  const next = (week: string) => at(week, 28, 0).slice(0, 10);
  const [manager, staff] = await Promise.all([
    person(MANAGER, { url, week: next(first) }),
    person(STAFF, { url, week: next(first), phone: true }),
  ]);
  for (const week of weeks) {
    const shifts = (await desk.rows(week)).length;
    expect(shifts).toBeGreaterThan(60);
    await copyFourWeeksOn(manager);
    await expect.poll(() => desk.rows(next(week), "draft")).toHaveLength(shifts);
    await expect(staff.page.locator("[data-schedule]")).toHaveCount(0);

    await manager.page.getByRole("button", { name: `Publish ${shifts} changes` }).click();
    await manager.page.getByRole("button", { name: `Publish all ${shifts}` }).click();
    await expect.poll(() => desk.rows(next(week), "published")).toHaveLength(shifts);
    await expect.poll(staff.rows).toEqual(await desk.rows(next(week)));
    for (const { page } of [manager, staff]) await page.getByRole("button", { name: "Next week" }).click();
    await staff.isLive();
  }
});
