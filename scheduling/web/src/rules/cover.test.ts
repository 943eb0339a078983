import { describe, expect, it } from "vitest";
import type { LocationNeeds, Need, Schedule } from "../api/types";
import { coverOf } from "./cover";

const MONDAY = "2026-11-23";
const ZONE = "Europe/London";

const need = (starts: string, ends: string, least = 1, change: Partial<Need> = {}): Need => {
  return { role: "Nurse", weekday: 1, starts, ends, least, ...change };
};

const ward = (...needs: Need[]): LocationNeeds => {
  return { location: "North Ward", needs, version: 1, updated_by: null, updated_at: null };
};

/** A shift on days from Monday on, by the hour. */
function shift(from: number, to: number, change: Partial<Schedule> = {}): Schedule {
  const at = (hour: number) => new Date(Date.parse(`${MONDAY}T00:00:00Z`) + hour * 3_600_000).toISOString();
  const words = { role: "Nurse", location: "North Ward", note: "", status: "published" as const, timezone: ZONE };
  const stamp = { id: 1, version: 1, updated_by: null, updated_at: at(0) };
  return { staff_id: 1, starts_at: at(from), ends_at: at(to), ...words, ...stamp, ...change };
}

function monday(needs: Need[], shifts: Schedule[]) {
  const [day] = coverOf([MONDAY], [ward(...needs)], shifts, () => ZONE);
  const hour = (moment: number) => (moment - Date.parse(`${MONDAY}T00:00:00Z`)) / 3_600_000;
  return {
    told: `${day?.filled} / ${day?.needed}`,
    holes: day?.holes.map(({ from, to, missing }) => [hour(from), hour(to), missing]),
  };
}

describe("coverOf", () => {
  it("counts who is there against who is needed, and says when somebody is missing", () => {
    const needs = [need("07:00", "15:00", 2), need("15:00", "23:00")];
    expect(monday(needs, [shift(7, 15), shift(7, 15), shift(15, 23)])).toEqual({ told: "3 / 3", holes: [] });
    expect(monday(needs, [shift(7, 15), shift(15, 23)])).toEqual({ told: "2 / 3", holes: [[7, 15, 1]] });
    expect(monday(needs, [])).toEqual({
      told: "0 / 3",
      holes: [
        [7, 15, 2],
        [15, 23, 1],
      ],
    });
  });

  it("tells only the hours that are missing", () => {
    expect(monday([need("07:00", "15:00")], [shift(9, 15)])).toEqual({ told: "0 / 1", holes: [[7, 9, 1]] });
  });

  it("lets two halves make a whole, and one long shift two", () => {
    expect(monday([need("07:00", "15:00")], [shift(7, 11), shift(11, 15)]).told).toBe("1 / 1");
    expect(monday([need("07:00", "15:00"), need("15:00", "23:00")], [shift(7, 23)]).told).toBe("2 / 2");
  });

  it("counts one person once where needs overlap", () => {
    const needs = [need("07:00", "15:00"), need("09:00", "17:00")];
    expect(monday(needs, [shift(9, 17)])).toEqual({ told: "1 / 2", holes: [[7, 15, 1]] });
    expect(monday(needs, [shift(7, 15)])).toEqual({ told: "1 / 2", holes: [[9, 17, 1]] });
    expect(monday(needs, []).told).toBe("0 / 2");
  });

  it("takes nobody of another role or place, and no open shift", () => {
    const others = [
      shift(7, 15, { role: "Cook" }),
      shift(7, 15, { location: "South Ward" }),
      shift(7, 15, { staff_id: null }),
    ];
    expect(monday([need("07:00", "15:00")], others).told).toBe("0 / 1");
  });

  it("gives a night to the day on which it starts, and takes who came the evening before", () => {
    expect(monday([need("23:00", "07:00")], [shift(23, 31)]).told).toBe("1 / 1");
    const early = need("00:00", "06:00");
    expect(monday([early], [shift(-2, 6)])).toEqual({ told: "1 / 1", holes: [] });
    const nights = [need("22:00", "06:00", 1, { weekday: 7 }), early];
    expect(monday(nights, [shift(-2, 6)])).toEqual({ told: "0 / 1", holes: [[0, 6, 1]] });
  });

  it("is of the weekday", () => {
    const tuesday = need("07:00", "15:00", 1, { weekday: 2 });
    const days = coverOf([MONDAY, "2026-11-24"], [ward(tuesday)], [], () => ZONE);
    expect(days.map(({ needed }) => needed)).toEqual([0, 1]);
  });

  it("goes by the clocks of the place, in a night when they change too", () => {
    const march = ward(need("22:00", "06:00", 1, { weekday: 6 }), need("01:30", "05:00", 1, { weekday: 7 }));
    const [saturday, sunday] = coverOf(["2026-03-28", "2026-03-29"], [march], [], () => ZONE);
    expect(saturday?.holes.map(({ from, to }) => (to - from) / 3_600_000)).toEqual([7]);
    expect(sunday?.holes.map(({ from, to }) => (to - from) / 3_600_000)).toEqual([2.5]);
  });
});
