/**
 * One run in Chromium: `browser.ts URL FIRST_MONDAY`, against `bench.desk.server`. Prints what it measured as JSON: times in
 * milliseconds, the JavaScript of the first load in bytes, gzipped.
 */
import { gzipSync } from "node:zlib";
import { type APIRequestContext, type BrowserContext, chromium, type Page, request } from "@playwright/test";

const VIEWER = "manager@example.com";
const EDITOR = "planner@example.com";
const PASSWORD = "demo";

const FIRST_PAINTS = 7;
const EDITS = 50;
const STORM = { perSecond: 100, seconds: 10 };
const PATIENCE = 30_000;

interface Row {
  readonly id: number;
  readonly version: number;
}

const [url = "", firstMonday = ""] = process.argv.slice(2);
const monday = (week: number) => dayAfter(firstMonday, 7 * week);
const weekAt = (week: number) => `${url}/week?week=${monday(week)}`;

function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

/** In the page: the time of its clock when what is there now has been painted. */
function installClock(): void {
  const painted = (clock: () => number) =>
    new Promise<number>((resolve) => requestAnimationFrame(() => setTimeout(() => resolve(clock()))));
  const when = (selector: string, clock: () => number) =>
    new Promise<number>((resolve) => {
      const look = () => {
        if (!document.querySelector(selector)) return false;
        observer.disconnect();
        void painted(clock).then(resolve);
        return true;
      };
      const observer = new MutationObserver(look);
      if (!look()) observer.observe(document, { subtree: true, childList: true, attributes: true });
    });
  Object.assign(window, { when, first: when("[data-schedule]", () => performance.now()) });
}

interface Clock {
  readonly when: (selector: string, clock: () => number) => Promise<number>;
  readonly first: Promise<number>;
}

async function signIn(page: Page): Promise<void> {
  await page.goto(weekAt(0));
  await page.getByLabel("E-mail").fill(VIEWER);
  await page.getByRole("textbox", { name: "Password" }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.locator("[data-schedule]").first().waitFor();
}

async function editor(): Promise<APIRequestContext> {
  const login = await request.newContext({ baseURL: url });
  const answer = await login.post("/api/auth/login", { data: { email: EDITOR, password: PASSWORD } });
  const { access_token } = await answer.json();
  return await request.newContext({ baseURL: url, extraHTTPHeaders: { authorization: `Bearer ${access_token}` } });
}

async function change(api: APIRequestContext, { id, version }: Row, note: string): Promise<Row> {
  const answer = await api.patch(`/api/schedules/${id}`, { data: { version, note } });
  if (!answer.ok()) throw new Error(`PATCH of ${id}: ${answer.status()} ${await answer.text()}`);
  return (await answer.json()) as Row;
}

/** The published shifts that start in a week. */
async function rowsOf(api: APIRequestContext, week: number): Promise<Row[]> {
  const params = { from: `${monday(week)}T12:00:00Z`, to: `${monday(week + 1)}T00:00:00Z`, status: "published" };
  return (await (await api.get("/api/schedules", { params })).json()) as Row[];
}

/** From the navigation to the week's first painted card; nothing of it is in the browser's cache. */
async function firstPaints(context: BrowserContext): Promise<{ first: number[]; javascript: number }> {
  const first: number[] = [];
  let javascript = 0;
  for (let run = 0; run < FIRST_PAINTS; run += 1) {
    const page = await context.newPage();
    await (await context.newCDPSession(page)).send("Network.setCacheDisabled", { cacheDisabled: true });
    const scripts: Promise<Buffer>[] = [];
    page.on("response", (answer) => {
      if (answer.request().resourceType() === "script") scripts.push(answer.body());
    });
    await page.goto(weekAt(0));
    first.push(await page.evaluate(() => (window as unknown as Clock).first));
    javascript = (await Promise.all(scripts)).reduce((sum, script) => sum + gzipSync(script).length, 0);
    await page.close();
  }
  return { first, javascript };
}

/** The week's lists, as they are asked for, have all been answered. */
async function isFetched(page: Page, week: number): Promise<void> {
  const day = dayAfter(monday(week), -1);
  await page.waitForFunction(
    (from) => {
      const answered = performance.getEntriesByType("resource").filter(({ name }) => name.includes(`from=${from}`));
      return answered.length >= 3;
    },
    day,
    { timeout: PATIENCE },
  );
}

/** From the click to the painted week, which was fetched ahead. */
async function switches(page: Page): Promise<number[]> {
  const taken: number[] = [];
  for (const week of [1, 2, 1, 0, 1, 2, 1, 0]) {
    await isFetched(page, week);
    await page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve, { timeout: 5_000 })));
    const selector = `td[data-day="${monday(week)}"] [data-schedule]`;
    const done = page.evaluate((selector) => {
      const { when } = window as unknown as Clock;
      return new Promise<number>((resolve) => {
        const clicked = ({ timeStamp }: Event) =>
          void when(selector, () => performance.now() - timeStamp).then((time) => resolve(time));
        document.addEventListener("click", clicked, { capture: true, once: true });
      });
    }, selector);
    const shown = await page.locator("td[data-day]").first().getAttribute("data-day");
    const name = (shown ?? "") < monday(week) ? "Next week" : "Previous week";
    await page.getByRole("button", { name }).click();
    taken.push(await done);
  }
  return taken;
}

/** From the answer that says that a change is saved to its card, painted, on somebody else's screen. */
async function remoteChanges(page: Page, api: APIRequestContext): Promise<number[]> {
  const delays: number[] = [];
  const seen = await page
    .locator("tr[data-staff] [data-schedule]")
    .evaluateAll((cards) =>
      cards
        .filter((card) => card.getBoundingClientRect().bottom < innerHeight - 120)
        .map((card) => Number((card as HTMLElement).dataset.schedule)),
    );
  const rows = new Map((await rowsOf(api, 0)).map((row) => [row.id, row]));
  const ids = seen.filter((id) => rows.has(id));
  for (let edit = 0; edit < EDITS; edit += 1) {
    const row = rows.get(ids[edit % ids.length] ?? 0);
    if (!row) throw new Error("No published shift is on the screen");
    const selector = `[data-schedule="${row.id}"][data-version="${row.version + 1}"]`;
    const shown = page.evaluate((selector) => (window as unknown as Clock).when(selector, () => Date.now()), selector);
    rows.set(row.id, await change(api, row, `Edit ${edit}`));
    const saved = Date.now();
    delays.push((await shown) - saved);
  }
  return delays;
}

/** Changes at an even pace, whatever the answers take; of one row one after the other. */
async function pour(api: APIRequestContext, rows: readonly Row[]): Promise<number> {
  const newest = new Map(rows.map((row) => [row.id, Promise.resolve(row)]));
  const began = performance.now();
  for (let edit = 0; edit < STORM.perSecond * STORM.seconds; edit += 1) {
    const due = began + (edit * 1_000) / STORM.perSecond;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
    const { id } = rows[edit % rows.length] as Row;
    newest.set(
      id,
      (newest.get(id) as Promise<Row>).then((row) => change(api, row, `Storm ${edit}`)),
    );
  }
  await Promise.all(newest.values());
  return (performance.now() - began) / 1_000;
}

/** On paper all rows are drawn. */
async function lost(page: Page, api: APIRequestContext): Promise<number> {
  await page.emulateMedia({ media: "print" });
  const expected = (await rowsOf(api, 0)).map(({ id, version }) => `${id}/${version}`);
  const missing = async () => {
    const shown = new Set(
      await page
        .locator("[data-schedule]")
        .evaluateAll((cards) => cards.map(({ dataset }) => `${dataset.schedule}/${dataset.version}`)),
    );
    return expected.filter((row) => !shown.has(row)).length;
  };
  const deadline = Date.now() + PATIENCE;
  let left = await missing();
  while (left > 0 && Date.now() < deadline) left = await missing();
  await page.emulateMedia({ media: "screen" });
  return left;
}

async function storm(page: Page, api: APIRequestContext) {
  const rows = await rowsOf(api, 0);
  await page.evaluate(() => {
    const frames: number[] = [];
    let last = performance.now();
    const next = (now: number) => {
      frames.push(now - last);
      last = now;
      requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
    Object.assign(window, { frames });
  });
  const seconds = await pour(api, rows);
  const frames = await page.evaluate(() => (window as unknown as { frames: number[] }).frames.slice(1));
  const changes = STORM.perSecond * STORM.seconds;
  return { changes, seconds, frames: frames.length, longest: Math.max(...frames), lost: await lost(page, api) };
}

const browser = await chromium.launch({
  ...(process.env.CHROMIUM ? { executablePath: process.env.CHROMIUM } : {}),
  args: ["--no-sandbox", "--disable-gpu"],
});
const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en-GB" });
await context.addInitScript(installClock);
const api = await editor();
const page = await context.newPage();
await signIn(page);
const { first, javascript } = await firstPaints(context);
await page.bringToFront();
const result = {
  first,
  javascript,
  switches: await switches(page),
  remote: await remoteChanges(page, api),
  storm: await storm(page, api),
  chromium: browser.version(),
};
await api.dispose();
await browser.close();
process.stdout.write(JSON.stringify(result));
