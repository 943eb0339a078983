/**
 * Draws the pictures of the README, from the real desk with the demo's team: `make pictures`. A colleague has just changed a
 * shift, and a few drafts wait to be published.
 */
import { type Browser, type BrowserContextOptions, chromium, type Page } from "@playwright/test";
import { startServer } from "./e2e/server.ts";

const IMAGES = `${import.meta.dirname}/../../docs/images`;
const LAPTOP: BrowserContextOptions = { viewport: { width: 1440, height: 860 } };
const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 800 }, hasTouch: true, isMobile: true };

interface Shift {
  readonly id: number;
  readonly version: number;
  readonly starts_at: string;
  readonly ends_at: string;
  readonly staff_id: number | null;
}

/** The REST API in somebody's name. */
async function api(url: string, email: string) {
  const call = async (path: string, method: string, body?: object, token = "") => {
    const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
    const answer = await fetch(`${url}/api${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${await answer.text()}`);
    return answer.json();
  };
  const { access_token } = await call("/auth/login", "POST", { email, password: "demo" });
  return (path: string, method = "GET", body?: object) => call(path, method, body, access_token);
}

const hoursAfter = (instant: string, hours: number) => new Date(Date.parse(instant) + hours * 3_600_000).toISOString();

async function signedIn(browser: Browser, url: string, email: string, options: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext({ locale: "en-GB", timezoneId: "Europe/Amsterdam", ...options });
  const page = await context.newPage();
  await page.goto(url);
  await page.getByLabel("E-mail").fill(email);
  await page.getByRole("textbox", { name: "Password" }).fill("demo");
  await page.getByRole("button", { name: "Sign in" }).click();
  return page;
}

const server = await startServer("native");
const browser = await chromium.launch(process.env.CHROMIUM ? { executablePath: process.env.CHROMIUM } : {});
try {
  const priya = await api(server.url, "priya@example.com");
  const shifts: Shift[] = await priya(`/schedules?from=${new Date().toISOString()}&status=published`);
  const team: { readonly id: number; readonly name: string }[] = await priya("/staff");
  const whose = (name: string) =>
    shifts.filter(({ staff_id }) => team.find(({ id }) => id === staff_id)?.name === name);
  for (const { starts_at, ends_at } of whose("Mona Reyes").slice(0, 3)) {
    const draft = { staff_id: null, role: "Nurse", location: "North Ward", status: "draft" };
    await priya("/schedules", "POST", { ...draft, starts_at, ends_at });
  }
  for (const [index, colorScheme] of (["light", "dark"] as const).entries()) {
    const page = await signedIn(browser, server.url, "manager@example.com", { ...LAPTOP, colorScheme });
    await page.locator("[data-schedule]").first().waitFor();
    await page.getByRole("button", { name: /^Connection: Live/ }).waitFor();
    const shift = whose("Alice Nguyen")[index + 1];
    if (!shift) throw new Error("The demo has no shifts ahead");
    await page.mouse.move(0, 0);
    const body = { version: shift.version, ends_at: hoursAfter(shift.ends_at, -1) };
    await priya(`/schedules/${shift.id}`, "PATCH", body);
    await page.locator("[data-by=PR]").first().waitFor();
    await page.screenshot({ path: `${IMAGES}/desk-${colorScheme}.png` });
  }
  const phone = await signedIn(browser, server.url, "staff@example.com", PHONE);
  await phone.getByText("Next shift").waitFor();
  await phone.getByText(/^With /).waitFor();
  await phone.screenshot({ path: `${IMAGES}/phone.png` });
} finally {
  await browser.close();
  await server.stop();
}
