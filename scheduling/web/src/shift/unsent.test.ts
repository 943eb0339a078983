import { expect, it } from "vitest";
import { Problem } from "../api/problem";
import { Unsent } from "./unsent";

const ROWS = [{ before: null, after: null }];

it("lists what was not saved, and says what went with another", () => {
  const unsent = new Unsent();
  const [first, second] = [new Problem(409, "Stale", ""), new Problem(422, "Refused", "")];
  for (const error of [first, second, first]) unsent.add(ROWS, { status: "refused", error });
  expect(unsent.lost.map(({ number, follows }) => [number, follows])).toEqual([
    [1, false],
    [2, false],
    [3, true],
  ]);
  unsent.dismiss();
  expect(unsent.lost).toEqual([]);
});
