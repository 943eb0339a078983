import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect } from "./fixtures";

export const DIALOG = '[role="dialog"]';

/** What depends on the colours. */
const COLOUR_RULES = ["color-contrast", "link-in-text-block"];

/** Every rule that is on, and the one of WCAG 2.2 AA that axe leaves off; what passes need not be listed. */
const ALL_RULES = { rules: { "target-size": { enabled: true } }, resultTypes: ["violations" as const] };

interface Reading {
  /** A part of the page, where the rest was read before. */
  readonly within?: string | undefined;
  /** Read the colours in dark, too. */
  readonly dark?: boolean;
}

/**
 * A page without frames, so that axe needs no second page to put its parts together ("legacy"): a third of the time. Its
 * half a megabyte is brought into a document once.
 */
async function axeOn(page: Page, within: string): Promise<AxeBuilder> {
  const there = await page.evaluate(() => "axe" in window);
  return new AxeBuilder({ page, ...(there ? { axeSource: ";" } : {}) }).setLegacyMode(true).include(within);
}

/** Hides what lies under a dialog while that is read: the page was read by itself, and axe looks at each of its elements. */
async function hideUnder(page: Page, within: string, hide: boolean): Promise<void> {
  if (within !== DIALOG) return;
  await page.evaluate((hide) => document.getElementById("root")?.toggleAttribute("hidden", hide), hide);
}

async function expectNone(axe: AxeBuilder, colorScheme: string): Promise<void> {
  const { violations } = await axe.analyze();
  const told = violations.map(
    ({ id, help, nodes }) => `${colorScheme}, ${id}: ${help}\n  ${nodes.map((node) => node.html).join("\n  ")}`,
  );
  expect(told).toEqual([]);
}

async function show(page: Page, colorScheme: "light" | "dark"): Promise<void> {
  await page.emulateMedia({ colorScheme });
  await expect(page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`)).toBeAttached();
  // A colour that is still fading in is not the colour that is read. An animation that was called off has finished, too.
  await page.evaluate(() => Promise.allSettled(document.getAnimations().map((animation) => animation.finished)));
}

/** No violation of WCAG 2.2 A and AA or of axe's best practices in light, and none of the rules about colours in dark. */
export async function expectClean(page: Page, { within = "html", dark = true }: Reading = {}): Promise<void> {
  await hideUnder(page, within, true);
  await show(page, "light");
  await expectNone((await axeOn(page, within)).options(ALL_RULES), "light");
  if (dark) {
    await show(page, "dark");
    const inDark = (await axeOn(page, within)).options({ resultTypes: ["violations"] });
    await expectNone(inDark.withRules(COLOUR_RULES), "dark");
  }
  await hideUnder(page, within, false);
}
