import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Location, Schedule, Staff, TimeOff } from "../api/types";
import { useLocations, usePlanned, useTeam, useTimeOff } from "../live/queries";
import { useSignedIn } from "../session/signed-in";
import { roleColours } from "../theme/roles";
import type { Day } from "../time/week";
import { weekWindow, zonesOf } from "../time/zone";
import { buildGrid, type Grid } from "./grid";
import { sharing } from "./sharing";

const NOBODY: ReadonlyMap<number, Staff> = new Map();
const NOTHING: ReadonlyMap<number, TimeOff> = new Map();

export interface Week {
  readonly grid: Grid | null;
  /** The week's shifts by id; undefined until they are there. */
  readonly shifts: ReadonlyMap<number, Schedule> | undefined;
  readonly staff: ReadonlyMap<number, Staff>;
  readonly timeOff: ReadonlyMap<number, TimeOff>;
  readonly locations: readonly Location[];
  readonly zones: readonly [string, ...string[]];
  readonly colourOf: (role: string) => number;
  /** All of it is what the database holds now. */
  readonly current: boolean;
  /** Why there is nothing to show. */
  readonly error: Error | null;
  /** Why what is shown may be old, though there is a connection. */
  readonly trouble: Error | null;
  readonly retry: () => void;
}

/** What every dialog about a whole week is given. */
export interface WeekDialogProps {
  readonly week: Week;
  readonly monday: Day;
  readonly opened: boolean;
  readonly close: () => void;
}

/** Everything that the week's screens show, current from moment to moment. */
export function useWeek(monday: Day): Week {
  const { me, manager } = useSignedIn();
  const { t } = useTranslation();
  const between = useMemo(() => weekWindow(monday), [monday]);
  const places = useLocations();
  const lists = {
    team: useTeam(),
    planned: usePlanned(between),
    timeOff: useTimeOff(between),
  };
  const [staff, locations] = [lists.team.data, places.data];
  const [shifts, away] = [lists.planned.data, lists.timeOff.data];
  const zones = useMemo(() => zonesOf(locations), [locations]);
  const [share] = useState(sharing);

  const grid = useMemo(() => {
    if (!staff || !locations || !shifts || !away) return null;
    const first = manager ? null : me.id;
    const people = { staff: [...staff.values()], first, me: me.id };
    return share(buildGrid({ t, monday, zones, schedules: shifts.values(), timeOff: away.values(), ...people }));
  }, [staff, locations, shifts, away, monday, zones, manager, me.id, t, share]);

  const colourOf = useMemo(() => roleColours([...(staff ?? NOBODY).values()].flatMap((each) => each.skills)), [staff]);
  const all = [
    ...Object.values(lists).map(({ data, live, refetch }) => ({ data, error: live.error, refetch })),
    { data: places.data, error: places.error ?? places.failureReason, refetch: places.refetch },
  ];
  const failed = all.filter((list) => list.error && !list.data);
  const behind = Object.values(lists).find(({ live }) => live.error && live.status === "catching-up");
  return {
    grid,
    shifts,
    staff: staff ?? NOBODY,
    timeOff: away ?? NOTHING,
    locations: locations ?? [],
    zones,
    colourOf,
    current: lists.planned.live.status === "live",
    error: failed[0]?.error ?? null,
    trouble: behind?.live.error ?? null,
    retry: () => {
      for (const list of failed) void list.refetch();
    },
  };
}
