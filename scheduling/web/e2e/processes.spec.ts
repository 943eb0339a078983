import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Locator } from "@playwright/test";
import { Cable } from "./cable";
import { ARRIVAL, at, Desk, expect, MANAGER, ownWeek, PASSWORD, type Person, test } from "./fixtures";
import { startServer } from "./server";
import { startStores } from "./stores";

const company = ({ page }: Person, names: string) =>
  page.getByRole("button", { name: `${names} looking at this week, too` });

/** The channels of which the page was told, from now on, that it had missed something. */
function watchResets({ page }: Person): string[] {
  const resets: string[] = [];
  page.on("websocket", (socket) =>
    socket.on("framereceived", ({ payload }) => {
      const { type, payload: said } = JSON.parse(String(payload));
      if (type === "channel:reset") resets.push(said.channel);
    }),
  );
  return resets;
}

/** Types a shift of these times into a cell. */
async function plan(cell: Locator, times: string): Promise<void> {
  await cell.focus();
  await cell.page().keyboard.type(`${times} nurse`);
  await cell.page().keyboard.press("Enter");
}

test("two people on two processes plan together, and one goes on at the other's when their own is killed", async ({
  person,
}) => {
  test.slow();
  const stores = await startStores();
  const folder = await mkdtemp(join(tmpdir(), "scheduling-"));
  const env = { ...stores.env, SCHEDULING_PRESENCE_GRACE: "PT1S" };
  const first = await startServer("native", folder, { env });
  const second = await startServer("native", folder, { env });
  const cable = await Cable.to(first.url);
  try {
    const week = ownWeek();
    const day = (number: number) => at(week, number, 0).slice(0, 10);
    const desk = await Desk.open(second.url, MANAGER);
    const email = `vera-${week}@example.com`;
    const { id } = await desk.hire({ name: "Vera Lind", email, role: "manager", password: PASSWORD });
    const mona = await person(MANAGER, { week, url: cable.url });
    const vera = await person(email, { week, url: second.url });
    await expect(company(mona, "Vera Lind is")).toBeVisible(ARRIVAL);
    await expect(company(vera, "Mona Reyes is")).toBeVisible(ARRIVAL);

    await plan(mona.cell(id, day(0)), "9-17");
    const early = vera.cell(id, day(0)).locator("[data-schedule]");
    await expect(early).toContainText("09:00–17:00");
    await early.click();
    await expect(mona.cell(id, day(0)).locator("[data-editors]")).toHaveAttribute("data-editors", "VL");
    await vera.page.keyboard.press("Escape");

    const resets = watchResets(mona);
    await first.kill();
    await expect(mona.dot("Offline")).toBeVisible(ARRIVAL);
    await plan(mona.cell(id, day(1)), "10-18");
    await expect(mona.cell(id, day(1)).getByText("Not sent yet", { exact: true })).toBeVisible();
    await plan(vera.cell(id, day(2)), "11-19");
    await expect(vera.cell(id, day(2)).locator("[data-schedule]")).toContainText("11:00–19:00");
    cable.plug(second.url);

    await expect(vera.cell(id, day(1)).locator("[data-schedule]")).toContainText("10:00–18:00", ARRIVAL);
    await expect(mona.cell(id, day(2)).locator("[data-schedule]")).toContainText("11:00–19:00", ARRIVAL);
    await expect(mona.page.getByText("Not sent yet")).toHaveCount(0);
    const rows = await desk.rows(week);
    expect(rows).toHaveLength(3);
    await expect.poll(mona.rows).toEqual(rows);
    await expect.poll(vera.rows).toEqual(rows);
    expect(resets).toEqual([]);
    await expect(company(mona, "Vera Lind is")).toBeVisible();
    await expect(company(vera, "Mona Reyes is")).toBeVisible();

    await mona.page.close();
    await expect(company(vera, "Mona Reyes is")).toHaveCount(0, ARRIVAL);
    const { shifts, keys } = await stores.held();
    expect(shifts).toBeGreaterThanOrEqual(rows.length);
    expect(keys).toBeGreaterThan(0);
    await desk.close();
  } finally {
    cable.close();
    await Promise.all([first.kill(), second.stop()]);
    await stores.stop();
    await rm(folder, { recursive: true });
  }
});
