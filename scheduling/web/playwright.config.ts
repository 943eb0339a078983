import { defineConfig } from "@playwright/test";
import type { Options } from "./e2e/fixtures";

/** Chromium as `make` finds it (CHROMIUM), else Playwright's own. */
const chromium = {
  ...(process.env.CHROMIUM ? { executablePath: process.env.CHROMIUM } : {}),
  args: [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
};

export default defineConfig<object, Options>({
  testDir: "e2e",
  forbidOnly: Boolean(process.env.CI),
  workers: 2,
  timeout: 90_000,
  expect: { timeout: 10_000 },
  reporter: [["list"]],
  use: {
    viewport: { width: 1440, height: 900 },
    locale: "en-GB",
    timezoneId: "Europe/Amsterdam",
    reducedMotion: "reduce",
    launchOptions: chromium,
  },
  projects: [
    { name: "native", use: { transport: "native" } },
    // What crosses the connection, once more on the other transport; forms and looks do not depend on it.
    { name: "asgi", use: { transport: "asgi" }, testMatch: ["live.spec.ts", "outage.spec.ts"] },
  ],
});
