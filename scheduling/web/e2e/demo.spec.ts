import { expectClean } from "./axe";
import { Cable } from "./cable";
import { test as base, expect, MANAGER, ownWeek, type Person, STAFF } from "./fixtures";
import { type Server, startServer } from "./server";

/** A server with what only the demo has. */
const test = base.extend<object, { demo: Server }>({
  demo: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright wants to see which fixtures it takes
    async ({}, use) => {
      const server = await startServer("native", undefined, { demo: true });
      await use(server);
      await server.stop();
    },
    { scope: "worker", timeout: 90_000 },
  ],
});

test("colleagues are simulated on every screen, in their own names, until somebody stops it", async ({
  person,
  demo,
}) => {
  const [manager, staff] = [await person(MANAGER, { url: demo.url }), await person(STAFF, { url: demo.url })];
  await manager.page.getByRole("button", { name: /: account$/ }).click();
  await manager.page.getByRole("menuitemradio", { name: "5 changes a second" }).click();
  const barOf = ({ page }: Person) => page.getByRole("complementary", { name: "Simulation" });
  const [stoppable, watched] = [barOf(manager), barOf(staff)];
  for (const bar of [stoppable, watched])
    await expect(bar).toContainText("Priya Raman, Marta Silva and Leo Martins are played");
  for (const { page } of [manager, staff]) {
    await expect(page.locator("[data-schedule] :is([data-by=PR], [data-by=MS], [data-by=LM])").first()).toBeVisible();
  }
  await expect(watched.getByRole("button")).toHaveCount(0);
  await stoppable.getByRole("button", { name: "Stop it" }).click();
  for (const bar of [stoppable, watched]) await expect(bar).toHaveCount(0);
});

test("a visitor comes in without an account, and a second window is somebody else's", async ({ page, demo }) => {
  await page.goto(demo.url);
  await page.getByRole("button", { name: "The manager" }).click();
  await expect(page.getByRole("button", { name: "Mona Reyes: account" })).toBeVisible();
  const second = await page.context().newPage();
  await second.goto(`${demo.url.replace("127.0.0.1", "localhost")}/#as-staff`);
  await expect(second.getByRole("button", { name: "Sam Okafor: account" })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("button", { name: "Mona Reyes: account" })).toBeVisible();
});

test("the tour ticks off what was really done, by keyboard too, and is remembered", async ({ person, demo }) => {
  const week = ownWeek();
  const { page } = await person(MANAGER, { url: demo.url, week });
  const tour = page.getByRole("complementary", { name: "Guided tour" });
  await expect(tour).toContainText("0 of 6");
  await page.getByRole("gridcell", { name: /^Sam Okafor, Tue .*nothing/ }).focus();
  await page.keyboard.type("9-17");
  await page.keyboard.press("Enter");
  await expect(tour.getByRole("button", { name: /^Plan a shift by typing.*done$/ })).toBeVisible();
  await page.keyboard.press("Control+Z");
  await expect(tour.getByRole("button", { name: /^Take it back.*done$/ })).toBeVisible();

  const popup = page.waitForEvent("popup");
  await tour.getByRole("button", { name: "Open Sam’s window" }).click();
  await expect((await popup).getByRole("button", { name: "Sam Okafor: account" })).toBeVisible();

  await tour.getByRole("button", { name: "Cut the network" }).click();
  await tour.getByRole("button", { name: "Cut this window’s network" }).click();
  await expect(page.getByText(/^Offline, as of \d\d:\d\d$/)).toBeVisible();
  await tour.getByRole("button", { name: "Connect again" }).click();
  await expect(tour).toContainText("4 of 6");
  await expect(page.getByText(/^Offline, as of \d\d:\d\d$/)).toHaveCount(0);

  await tour.getByRole("button", { name: "Close the tour" }).click();
  await page.reload();
  await page.getByRole("button", { name: /: account$/ }).click();
  await expect(tour).toHaveCount(0);
  await page.getByRole("menuitem", { name: "Guided tour" }).click();
  await expect(tour).toContainText("4 of 6");
});

test("the tour folds up out of the way, and notes an outage however it came", async ({ person, demo }) => {
  const cable = await Cable.to(demo.url);
  const { page } = await person(MANAGER, { url: cable.url, week: ownWeek() });
  const tour = page.getByRole("complementary", { name: "Guided tour" });
  await tour.getByRole("button", { name: "Fold the tour up" }).click();
  await expect(tour).toHaveText("Guided tour0 of 6");
  await page.context().setOffline(true);
  cable.pull();
  await expect(page.getByText(/^Offline, as of \d\d:\d\d$/)).toBeVisible();
  cable.plug();
  await page.context().setOffline(false);
  await expect(tour).toContainText("1 of 6", { timeout: 20_000 });
  await tour.getByRole("button").click();
  await expect(tour.getByRole("button", { name: /^Cut the network.*done$/ })).toBeVisible();
  await tour.getByRole("button", { name: "Open a second window" }).click();
  await tour.getByRole("button", { name: "It is open already" }).click();
  await expect(tour).toContainText("2 of 6");
  cable.close();
});

test("where real people work there is nothing of the demo", async ({ page, person, server }) => {
  await page.goto(server.url);
  await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
  await expect(page.getByText("This is the demo")).toHaveCount(0);
  const manager = await person(MANAGER);
  await manager.page.getByRole("button", { name: /: account$/ }).click();
  await expect(manager.page.getByRole("menuitem", { name: "Settings" })).toBeVisible();
  await expect(manager.page.getByText("Simulate colleagues")).toHaveCount(0);
});

test("what only the demo has is clean: the ways in, the tour, and the bar of the simulation", async ({
  page,
  demo,
}) => {
  await page.goto(demo.url);
  await expect(page.getByRole("button", { name: "The manager" })).toBeVisible();
  await expectClean(page);
  await page.getByRole("button", { name: "The manager" }).click();
  const tour = page.getByRole("complementary", { name: "Guided tour" });
  await tour.getByRole("button", { name: "Work with colleagues" }).click();
  await tour.getByRole("button", { name: "Simulate colleagues" }).click();
  const bar = page.getByRole("complementary", { name: "Simulation" });
  await expect(bar).toContainText("are played");
  await bar.getByRole("button", { name: "Stop it" }).hover();
  await expectClean(page, { within: "aside" });
  await bar.getByRole("button", { name: "Stop it" }).click();
  await expect(bar).toHaveCount(0);
});
