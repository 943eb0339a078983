import { expect, it } from "vitest";
import type { Reason } from "../api/problem";
import { verdictOf } from "./use-check";

const reason = (severity: Reason["severity"]): Reason => ({ field: "starts_at", code: "rest", severity, message: "" });

it("is as hard as the hardest reason", () => {
  expect(verdictOf([])).toBe("fine");
  expect(verdictOf([reason("soft")])).toBe("soft");
  expect(verdictOf([reason("soft"), reason("hard")])).toBe("hard");
});
