import { expect, it } from "vitest";
import { Problem } from "../api/problem";
import type { Schedule } from "../api/types";
import { type Unsaved, Unsent } from "./unsent";

const refused = (): Unsaved => ({ status: "refused", error: new Problem(422, "Refused", "") });

const shift = (id: number, note = "") => ({ id, note }) as Schedule;

it("lists what was not saved, until each is decided about", () => {
  const unsent = new Unsent();
  for (const id of [1, 2]) unsent.add([{ before: shift(id), after: shift(id, "mine") }], refused());
  const [first, second] = unsent.lost;
  const why = refused();
  unsent.again(2, why);
  expect(unsent.lost).toEqual([first, { ...second, outcome: why }]);
  unsent.drop(1);
  expect(unsent.lost.map(({ number }) => number)).toEqual([2]);
});

it("makes one of a change and those that went with it", () => {
  const unsent = new Unsent();
  const why = refused();
  unsent.add([{ before: null, after: shift(-1) }], why);
  unsent.add([{ before: shift(-1), after: shift(-1, "later") }], why);
  unsent.add([{ before: shift(7), after: null }], why);
  expect(unsent.lost).toEqual([
    {
      number: 1,
      outcome: why,
      rows: [
        { before: null, after: shift(-1, "later") },
        { before: shift(7), after: null },
      ],
    },
  ]);
});

it("forgets what was added and deleted again", () => {
  const unsent = new Unsent();
  const why = refused();
  unsent.add([{ before: null, after: shift(-1) }], why);
  unsent.add([{ before: shift(-1), after: null }], why);
  expect(unsent.lost).toEqual([]);
});
