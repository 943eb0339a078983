import { gzipSync } from "node:zlib";
import type { Response } from "@playwright/test";
import { expect, MANAGER, test } from "./fixtures";

/** Bytes of JavaScript, gzipped, that the first page may take. */
const BUDGET = 350_000;

test("the first page is light, and takes nothing from elsewhere", async ({ page, server }) => {
  const origins = new Set<string>();
  const scripts: Response[] = [];
  page.on("response", (answer) => {
    origins.add(new URL(answer.url()).origin);
    if (answer.request().resourceType() === "script") scripts.push(answer);
  });
  await page.goto(server.url);
  await page.getByLabel("E-mail").fill(MANAGER);
  await page.getByRole("textbox", { name: "Password" }).fill("demo");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.locator("[data-schedule]").first()).toBeVisible();

  const bytes = (await Promise.all(scripts.map((each) => each.body()))).reduce(
    (sum, script) => sum + gzipSync(script).length,
    0,
  );
  expect(bytes).toBeGreaterThan(0);
  expect(bytes).toBeLessThanOrEqual(BUDGET);
  expect([...origins]).toEqual([server.url]);
});
