import { expect, STAFF, test } from "./fixtures";

const HOUR = 3_600_000;

/** An instant so many hours from now, on the hour. */
function from(hours: number): string {
  const now = Math.floor(Date.now() / HOUR) * HOUR;
  return new Date(now + hours * HOUR).toISOString().replace(".000", "");
}

test("a phone begins at my next shift, which follows what the manager does", async ({ person, desk }) => {
  const me = await desk.idOf("Sam Okafor");
  const { page } = await person(STAFF, { phone: true });
  await expect(page).toHaveURL(/\/me$/);
  await expect(page.getByRole("table")).toHaveCount(0);
  await expect(page.getByRole("heading", { level: 1, name: "My shifts" })).toBeVisible();

  // Four weeks from now: later than any that the demo has.
  const shift = await desk.add({ staff_id: me, starts_at: from(24 * 28), ends_at: from(24 * 28 + 8), note: "Keys" });
  for (let weeks = 0; weeks < 4; weeks += 1) await page.getByRole("button", { name: "Next week" }).click();
  await expect(page.locator(`[data-schedule="${shift.id}"]`)).toContainText("North Ward");
  await desk.change(shift, { location: "South Ward" });
  await expect(page.locator(`[data-schedule="${shift.id}"]`)).toContainText("South Ward");
  await desk.remove({ ...shift, version: shift.version + 1 });
  await expect(page.locator(`[data-schedule="${shift.id}"]`)).toHaveCount(0);
});

test("the next shift says when, where and with whom, and changes as it is changed", async ({
  person,
  deskOf,
  desk,
}) => {
  const sam = await deskOf(STAFF);
  const { page } = await person(STAFF, { phone: true });
  const card = page.getByRole("region", { name: /Next shift|On now/ });
  const own = (await sam.ahead()).filter((shift) => shift.staff_id === sam.me.id);
  const [next] = own.sort((left, right) => left.starts_at.localeCompare(right.starts_at));
  if (!next) throw new Error("The demo plans no shift for the member of staff");
  await expect(card).toContainText(next.location);
  await expect(card).toContainText(next.role);
  await expect(card).toContainText(/With |Nobody else/);
  await desk.change(next, { note: "Bring the keys" });
  await expect(card).toContainText("Bring the keys");
});

test("works at 320 pixels, with the pages at the foot", async ({ person }) => {
  const { page } = await person(STAFF, { phone: true });
  await page.setViewportSize({ width: 320, height: 640 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
  await page.getByRole("link", { name: "Request time off" }).click();
  await expect(page).toHaveURL(/time-off/);
  const box = await page.getByRole("navigation", { name: "Pages" }).boundingBox();
  expect((box?.y ?? 0) + (box?.height ?? 0)).toBe(640);
});

test("can be installed: a manifest, with icons of the sizes that it names", async ({ page, server }) => {
  await page.goto(server.url);
  const href = await page.locator('link[rel="manifest"]').getAttribute("href");
  const answer = await page.request.get(`${server.url}${href}`);
  expect(answer.headers()["content-type"]).toBe("application/manifest+json");
  const manifest = await answer.json();
  expect(manifest).toMatchObject({ display: "standalone", start_url: "/" });
  for (const { src, type, sizes } of manifest.icons) {
    const icon = await page.request.get(`${server.url}${src}`);
    expect(icon.headers()["content-type"]).toContain(type);
    if (type !== "image/png") continue;
    const bytes = await icon.body();
    // The width and height of a PNG stand in its first chunk.
    expect(`${bytes.readUInt32BE(16)}x${bytes.readUInt32BE(20)}`).toBe(sizes);
  }
});
