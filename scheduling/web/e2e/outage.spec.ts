import { Cable } from "./cable";
import { at, type Desk, expect, MANAGER, ownWeek, type Person, STAFF, test } from "./fixtures";
import { startServer } from "./server";

/** Three shifts, of which one will be changed and one deleted while nobody listens. */
async function prepare(desk: Desk, week: string) {
  const shifts = [];
  for (const day of [0, 1, 2]) shifts.push(await desk.add({ starts_at: at(week, day, 8), ends_at: at(week, day, 16) }));
  const [kept, changed, deleted] = shifts;
  if (!kept || !changed || !deleted) throw new Error("three shifts were added");
  return {
    kept,
    changed,
    deleted,
    happen: async () => {
      await desk.change(changed, { note: "Changed meanwhile", starts_at: at(week, 1, 9) });
      await desk.remove(deleted);
      return desk.add({ starts_at: at(week, 4, 8), ends_at: at(week, 4, 16) });
    },
  };
}

async function showsTheDatabase(person: Person, desk: Desk, week: string) {
  await expect.poll(person.rows).toEqual(await desk.rows(week));
}

test("the state catches up after the network was cut", async ({ person, server, desk }) => {
  const week = ownWeek();
  const { deleted, happen } = await prepare(desk, week);
  const cable = await Cable.to(server.url);
  const staff = await person(STAFF, { week, url: cable.url });
  await expect(staff.card(deleted)).toBeVisible();

  // Chromium's own switch stops requests and tells the page; it leaves open WebSockets alone, so the cable goes, too.
  await staff.page.context().setOffline(true);
  cable.pull();
  await expect(staff.dot("Offline")).toBeVisible();
  const added = await happen();
  await expect(staff.card(added)).toHaveCount(0);
  await expect(staff.card(deleted)).toBeVisible();

  cable.plug();
  await staff.page.context().setOffline(false);
  await expect(staff.dot("Live")).toBeVisible();
  await expect(staff.card(added)).toBeVisible();
  await showsTheDatabase(staff, desk, week);
  cable.close();
});

test("the state catches up after the connections broke, and broke again", async ({ person, server, desk }) => {
  const week = ownWeek();
  const { deleted, happen } = await prepare(desk, week);
  const cable = await Cable.to(server.url);
  const manager = await person(MANAGER, { week, url: cable.url });
  await expect(manager.card(deleted)).toBeVisible();

  cable.pull();
  cable.plug();
  await expect(manager.dot("Live")).toBeVisible({ timeout: 40_000 });
  cable.pull();
  await expect(manager.page.getByRole("button", { name: /^Connection: (Offline|Connecting)/ })).toBeVisible();
  const added = await happen();
  cable.plug();
  await expect(manager.dot("Live")).toBeVisible({ timeout: 40_000 });
  await expect(manager.card(added)).toBeVisible();
  await showsTheDatabase(manager, desk, week);
  cable.close();
});

test("the state catches up, with nothing fetched anew, after the server was restarted", async ({
  person,
  deskOf,
  transport,
}, info) => {
  const week = ownWeek();
  const folder = info.outputPath("data");
  const before = await startServer(transport, folder);
  const { deleted } = await prepare(await deskOf(MANAGER, before.url), week);
  const cable = await Cable.to(before.url);
  const staff = await person(STAFF, { week, url: cable.url });
  await expect(staff.card(deleted)).toBeVisible();

  await staff.page.context().setOffline(true);
  cable.pull();
  await before.stop();
  // Its log is in the database: the page goes on from where it was.
  const after = await startServer(transport, folder);
  const desk = await deskOf(MANAGER, after.url);
  await desk.change(await desk.add({ starts_at: at(week, 5, 8), ends_at: at(week, 5, 16) }), { note: "After" });
  const fetched: string[] = [];
  // What is asked for the week on the screen; its neighbours are fetched ahead whenever the browser is idle.
  const own = `/api/schedules?from=${at(week, -1, 0).slice(0, 10)}`;
  staff.page.on("request", (request) => request.url().includes(own) && fetched.push(request.url()));
  cable.plug(after.url);
  await staff.page.context().setOffline(false);
  await expect(staff.dot("Live")).toBeVisible();
  await expect.poll(staff.rows).toHaveLength(4);
  expect(fetched).toEqual([]);
  await showsTheDatabase(staff, desk, week);

  const live = await desk.add({ starts_at: at(week, 6, 8), ends_at: at(week, 6, 16) });
  await expect(staff.card(live)).toBeVisible();
  cable.close();
  await after.stop();
});

test("a page that is opened while shifts pour in ends with the rows of the database", async ({
  person,
  server,
  desk,
}) => {
  const week = ownWeek();
  const [first, second] = await Promise.all([person(STAFF, { week }), person(MANAGER)]);
  const pouring = (async () => {
    for (let number = 0; number < 60; number += 1) {
      const start = { starts_at: at(week, number % 7, 8), ends_at: at(week, number % 7, 9 + (number % 8)) };
      const shift = await desk.add({ ...start, status: number % 3 === 0 ? "draft" : "published" });
      if (number % 4 === 0) await desk.change(shift, { note: "changed", status: "published" });
      if (number % 5 === 0) await desk.remove({ ...shift, version: shift.version + (number % 4 === 0 ? 1 : 0) });
    }
  })();
  await second.openWeek(server.url, week);
  await pouring;
  await expect.poll(second.rows).toEqual(await desk.rows(week));
  const published = (await desk.rows(week, "published")).sort();
  await expect.poll(first.rows).toEqual(published);
});

test("pages that were never opened open without network, and one whose part is missing says so until it comes", async ({
  person,
  server,
}) => {
  const cable = await Cable.to(server.url);
  const manager = await person(MANAGER, { url: cable.url });
  const { page } = manager;
  const context = page.context();
  const missing = context.route(/TimeOffPage/, (route) => route.abort());
  await Promise.all([
    missing,
    ...[/OffersPage.*\.js$/, /TeamPage.*\.js$/].map((part) =>
      page.waitForEvent("requestfinished", (request) => part.test(request.url())),
    ),
    page.waitForEvent("requestfailed", (request) => request.url().includes("TimeOffPage")),
  ]);
  await context.setOffline(true);
  cable.pull();
  await expect(page.getByText(/^Offline, as of \d\d:\d\d$/)).toBeVisible();
  const open = (name: string) => page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name }).click();
  await open("Swaps");
  await expect(page.getByRole("heading", { name: "Swaps", level: 1 })).toBeVisible();
  await open("Team");
  await expect(page.getByRole("heading", { name: "Team", level: 1 })).toBeVisible();
  await open("Time off");
  await expect(page.getByText("Not here while you are offline")).toBeVisible();

  await context.unroute(/TimeOffPage/);
  cable.plug();
  await context.setOffline(false);
  await expect(page.getByRole("heading", { name: "Time off", level: 1 })).toBeVisible();
  await expect(manager.dot("Live")).toBeVisible();
  cable.close();
});
