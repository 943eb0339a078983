import { describe, expect, it } from "vitest";
import type { Schedule } from "../../api/types";
import { together } from "../../shift/placing";
import { Drag, type Dragged, draggedTo, isHome, toConsider } from "./drag";

/** Nine to five in London on the n-th of November. */
function shift(id: number, staff_id: number, date: number): Schedule {
  const at = (hour: string) => `2026-11-${date}T${hour}:00:00Z`;
  const about = { role: "Nurse", location: "East wing", note: "", status: "draft" as const, timezone: "Europe/London" };
  const times = { starts_at: at("09"), ends_at: at("17") };
  return { id, staff_id, ...times, ...about, version: 1, updated_by: null, updated_at: times.starts_at };
}

const lifted = (drag: Drag) => drag.snapshot() as Dragged;

describe("a shift that is dragged", () => {
  it("goes to its target, and is at home until then", () => {
    const drag = new Drag();
    drag.lift(shift(7, 1, 23), "move", null);
    expect([isHome(lifted(drag)), toConsider(lifted(drag))]).toEqual([true, null]);
    drag.aim({ target: { staffId: 2, day: "2026-11-25" } });
    expect(draggedTo(lifted(drag))).toMatchObject({ staff_id: 2, starts_at: "2026-11-25T09:00:00Z" });
    expect(toConsider(lifted(drag))).toMatchObject({ id: 7, staff_id: 2 });
    drag.aim({ copying: true });
    expect(toConsider(lifted(drag))).not.toHaveProperty("id");
  });

  it("by an edge gets other times, and over nothing goes nowhere", () => {
    const drag = new Drag();
    drag.lift(shift(7, 1, 23), "end", { x: 0, y: 0 });
    drag.aim({ minutes: 45 });
    expect(draggedTo(lifted(drag))?.ends_at).toBe("2026-11-23T17:45:00Z");
    drag.lift(shift(7, 1, 23), "move", { x: 0, y: 0 });
    drag.aim({ target: null });
    expect([draggedTo(lifted(drag)), isHome(lifted(drag))]).toEqual([null, false]);
  });

  it("forgets a warning and a verdict where it goes on, not where the pointer only trembles", () => {
    const drag = new Drag();
    drag.lift(shift(7, 1, 23), "move", { x: 0, y: 0 });
    drag.judge({ verdict: "soft", reasons: [], codes: ["rest"], pending: false, away: false });
    drag.aim({}, { x: 1, y: 1 });
    expect(drag.check?.codes).toEqual(["rest"]);
    drag.warn();
    drag.aim({ target: { staffId: 2, day: "2026-11-23" } }, { x: 9, y: 9 });
    expect([drag.check, lifted(drag).warned]).toEqual([null, false]);
    expect([drag.release()?.shift.id, drag.release()]).toEqual([7, null]);
  });
});

describe("shifts that go along", () => {
  it("stay as far from the first as they were, and with its person where it was theirs", () => {
    const shifts = [shift(1, 1, 23), shift(2, 1, 24), shift(3, 2, 23)];
    const moved = together(shifts, { ...shift(1, 5, 25) });
    expect(moved?.map(({ staff_id, starts_at }) => [staff_id, starts_at.slice(8, 10)])).toEqual([
      [5, "25"],
      [5, "26"],
      [2, "25"],
    ]);
  });
});
