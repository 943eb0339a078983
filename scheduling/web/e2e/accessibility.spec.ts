import type { Page } from "@playwright/test";
import { expectClean } from "./axe";
import { Cable } from "./cable";
import { ARRIVAL, at, expect, ownWeek, STAFF, test, weekAt } from "./fixtures";
import { ACTS, CATALOGUES, fill, like } from "./scenes";
import { MORE_ACTS } from "./scenes-plan";

// A scene's week is its own: they need not wait for one another.
test.describe.configure({ mode: "parallel" });

const SECOND = "jonas@example.com";

// Colours do not depend on the language: in dark they are read in one.
const LOOKS = (["en", "de"] as const).flatMap((language) =>
  [false, true].map((phone) => ({
    language,
    phone,
    dark: language === "en",
    name: `${phone ? "on a phone" : "wide"}, in ${language}`,
  })),
);

/** Goes to a page by way of one that there is not, so that nothing stays open, and without loading the dashboard again. */
async function turnTo(page: Page, path: string, noPage: string): Promise<void> {
  const go = (to: string) => page.evaluate((address) => history.pushState(null, "", address), to);
  const between = page.getByRole("heading", { name: noPage });
  // What the last scene pointed at shall not show its tooltip in this one.
  await page.mouse.move(0, 0);
  await go("/nowhere");
  await expect(between).toBeVisible();
  if (path === "/nowhere") return;
  await go(path);
  await expect(between).toHaveCount(0);
}

for (const { language, phone, dark, name } of LOOKS) {
  // The views and what is done in them are read in one language, too: each is drawn of what the others have.
  const acts = language === "en" ? { ...ACTS, ...MORE_ACTS } : ACTS;
  for (const [title, { email, wideOnly, scenes }] of Object.entries(acts)) {
    if (wideOnly && phone) continue;
    test(`${title}: clean, ${name}`, async ({ person, server, desk, deskOf }) => {
      // Axe reads every element of every page.
      test.slow();
      const plan = await fill(ownWeek(), desk, await deskOf(STAFF), await deskOf(SECOND));
      const { page } = await person(email, { phone, language });
      const words = CATALOGUES[language];
      const load = async (path: string) => void (await page.goto(`${server.url}${path}`));
      const visit = (path: string) => turnTo(page, path, words.shell.noPage.title);
      for (const [scene, open] of Object.entries(scenes)) {
        await test.step(scene, async () => {
          const within = await open({ ...plan, page, words, visit, load });
          await expectClean(page, { within, dark });
        });
      }
    });
  }

  test(`the banner of an outage and the list of what was missed: clean, ${name}`, async ({ person, server, desk }) => {
    const week = ownWeek();
    const { live } = CATALOGUES[language];
    const shift = await desk.add({ starts_at: at(week, 0, 8), ends_at: at(week, 0, 16) });
    const cable = await Cable.to(server.url);
    const { page } = await person(STAFF, { phone, language, url: weekAt(cable.url, week) });
    await expect(page.locator(`[data-schedule="${shift.id}"]`)).toBeVisible(ARRIVAL);
    await expect(
      page.getByRole("button", { name: like(live.connection.replace("{{title}}", live.connected.title)) }),
    ).toBeVisible();
    await page.context().setOffline(true);
    cable.pull();
    await expect(page.getByText(new RegExp(`^${like(live.banner.asOf).source}\\d$`))).toBeVisible();
    await expectClean(page, { dark });
    await desk.remove(shift);
    cable.plug();
    await page.context().setOffline(false);
    await page.getByRole("button", { name: like(live.missed.caughtUp_one) }).click();
    await expect(page.getByRole("dialog").getByRole("listitem")).toHaveCount(1);
    await expectClean(page, { dark });
    cable.close();
  });
}
