// @vitest-environment happy-dom

import { MantineProvider } from "@mantine/core";
import { cleanup, render } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import { locale, setLocale, type Weekday } from "../time/locale";
import "../words/language";
import { RowTotal } from "./RowTotal";

const before = locale();
afterEach(() => {
  cleanup();
  setLocale(before);
});

function told(firstDay: Weekday): string {
  setLocale({ ...before, firstDay });
  cleanup();
  const { container } = render(
    <MantineProvider>
      <RowTotal minutes={42 * 60} most={40} />
    </MantineProvider>,
  );
  return container.querySelector("[data-over]")?.textContent ?? "";
}

it("says of a week that does not begin on Monday that the contract's does", () => {
  expect(told(1)).toBe("42 / 40 h, 2 h too many");
  expect(told(7)).toContain("the contract counts from Monday to Sunday");
});
