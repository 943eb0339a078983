import type { Schedule } from "../src/api/types";
import { Cable } from "./cable";
import { at, type Desk, expect, MANAGER, ownWeek, type Person, test } from "./fixtures";
import { type Server, startServer } from "./server";

/** A manager's window with a cable of its own. */
interface Window {
  readonly person: Person;
  readonly cable: Cable;
}

const form = ({ person }: Window) => person.page.getByRole("dialog", { name: "Edit shift" });

/** Opens and closes the form, so that its code is here before the network is cut. */
async function metForm({ page }: Person): Promise<void> {
  const form = page.getByRole("dialog", { name: "New shift" });
  await page.getByRole("button", { name: "New shift" }).click();
  await expect(form).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(form).toHaveCount(0);
}

async function open(window: Window, shift: Schedule, note: string): Promise<void> {
  await window.person.card(shift).click();
  await form(window).getByLabel("Note").fill(note);
}

/**
 * Saves what is in the form, again and again while there is no answer, and over what the other window changed meanwhile. After
 * an answer that was lost, one's own earlier try shows as such a change.
 */
async function save(window: Window): Promise<void> {
  const button = (name: string) => form(window).getByRole("button", { name, exact: true });
  await expect(async () => {
    const mine = button("Keep mine");
    if (await mine.isVisible()) await mine.click({ timeout: 2_000 });
    if (await form(window).isVisible()) await button("Save").click({ timeout: 2_000 });
    await expect(form(window)).toHaveCount(0, { timeout: 3_000 });
  }).toPass({ timeout: 60_000 });
}

async function edit(window: Window, shift: Schedule, note: string): Promise<void> {
  await open(window, shift, note);
  await save(window);
}

const testRestarts = test.extend<{ restartable: { server: Server; restart: () => Promise<Server> } }>({
  restartable: async ({ transport }, use, info) => {
    const folder = info.outputPath("data");
    const started = [await startServer(transport, folder)];
    const last = () => started.at(-1) as Server;
    const restart = async () => {
      await last().kill();
      started.push(await startServer(transport, folder));
      return last();
    };
    await use({ server: last(), restart });
    await last().stop();
  },
});

async function threeShifts(desk: Desk, week: string): Promise<[Schedule, Schedule, Schedule]> {
  const add = (day: number) => desk.add({ starts_at: at(week, day, 8), ends_at: at(week, day, 16) });
  return [await add(0), await add(1), await add(2)];
}

testRestarts(
  "two windows edit while the network is cut and slowed and the server is killed, and both end with the database",
  async ({ restartable, person, deskOf }) => {
    test.slow();
    const week = ownWeek();
    const [first, second, third] = await threeShifts(await deskOf(MANAGER, restartable.server.url), week);
    const arrive = async (): Promise<Window> => {
      const cable = await Cable.to(restartable.server.url);
      const window = { cable, person: await person(MANAGER, { week, url: cable.url }) };
      await metForm(window.person);
      return window;
    };
    const [left, right] = [await arrive(), await arrive()];

    left.cable.pull();
    await edit(right, first, "while the other was cut off");
    await open(left, second, "while cut off");
    left.cable.plug();
    await save(left);
    await expect(right.person.card(second)).toHaveAttribute("data-version", "2", { timeout: 40_000 });
    await expect(left.person.card(first)).toHaveAttribute("data-version", "2", { timeout: 40_000 });

    left.cable.slow(150);
    right.cable.slow(60);
    await Promise.all([edit(left, first, "slowly"), edit(right, third, "slowly, too")]);

    await open(left, second, "while the server died");
    await open(right, third, "while the server died, too");
    const saved = Promise.all([save(left), save(right)]);
    const server = await restartable.restart();
    left.cable.plug(server.url);
    right.cable.plug(server.url);
    await saved;

    const desk = await deskOf(MANAGER, server.url);
    for (const { person } of [left, right]) await expect(person.dot("Live")).toBeVisible({ timeout: 60_000 });
    // What was saved while nobody answered is held by its window, and sent after it is back: the rows change until then.
    for (const { person } of [left, right]) {
      await expect(async () => expect(await person.rows()).toEqual(await desk.rows(week))).toPass({ timeout: 40_000 });
    }
    expect((await desk.rows(week)).length).toBe(3);
    const added = await desk.add({ starts_at: at(week, 4, 8), ends_at: at(week, 4, 16) });
    for (const window of [left, right]) {
      await expect(window.person.card(added)).toBeVisible();
      window.cable.close();
    }
  },
);
