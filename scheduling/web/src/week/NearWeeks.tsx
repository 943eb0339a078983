import { useEffect, useMemo, useState } from "react";
import { shiftOf } from "../grid/grid";
import { usePlanned, useTimeOff } from "../live/queries";
import { addDays, type Day } from "../time/week";
import { weekWindow } from "../time/zone";

/** Milliseconds after which it is fetched also by a browser that is never idle, or does not say when it is. */
const LATEST = 2_000;

/** Calls back when the browser has nothing to do. Returns the undo. */
function whenIdle(call: () => void): () => void {
  // Safari has learnt it late.
  if (!("requestIdleCallback" in window)) {
    const timer = setTimeout(call, LATEST);
    return () => clearTimeout(timer);
  }
  const request = window.requestIdleCallback(call, { timeout: LATEST });
  return () => window.cancelIdleCallback(request);
}

/** Holds one week's lists, current like those on the screen, with the clocks of its shifts read. */
function NearWeek({ monday }: { monday: Day }) {
  const between = useMemo(() => weekWindow(monday), [monday]);
  const shifts = usePlanned(between).data;
  useTimeOff(between);
  useEffect(() => {
    for (const schedule of shifts?.values() ?? []) shiftOf(schedule);
  }, [shifts]);
  return null;
}

interface Props {
  readonly monday: Day;
  /** What is on the screen is there. */
  readonly ready: boolean;
}

/** Fetches the weeks before and after the one on the screen when that is there and the browser idle: they are a key press away. */
export function NearWeeks({ monday, ready }: Props) {
  // The neighbours of the week before stay until then: one of them may be on the screen now, and still be fetched.
  const [middle, setMiddle] = useState<Day | null>(null);
  useEffect(() => (ready ? whenIdle(() => setMiddle(monday)) : undefined), [monday, ready]);
  if (middle === null) return null;
  return [addDays(middle, -7), addDays(middle, 7)].map((each) => <NearWeek key={each} monday={each} />);
}
