import type { LocationNeeds, Schedule } from "../api/types";
import { remembering } from "../time/remembering";
import { addDays, type Day } from "../time/week";
import { instantAt } from "../time/zone";

/** People who are missing: so many of a role, at a place, in these hours. Milliseconds since 1970. */
export interface Hole {
  readonly role: string;
  readonly location: string;
  readonly zone: string;
  readonly from: number;
  readonly to: number;
  readonly missing: number;
}

/** How many of the places that a day needs are filled. */
export interface DayCover {
  readonly day: Day;
  readonly needed: number;
  readonly filled: number;
  readonly holes: readonly Hole[];
}

/** A need on one date. */
interface Post {
  readonly day: Day;
  readonly role: string;
  readonly location: string;
  readonly zone: string;
  readonly from: number;
  readonly to: number;
  readonly least: number;
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** Of a day, a time and a zone with spaces between. An hour that the clocks leave out is the one after it. */
const moments = remembering((text) => {
  const [day = "", time = "", zone = ""] = text.split(" ");
  const hour = String(Math.min(23, Number(time.slice(0, 2)) + 1)).padStart(2, "0");
  return Date.parse(instantAt({ day, time }, zone) ?? instantAt({ day, time: `${hour}${time.slice(2)}` }, zone) ?? "");
});

const momentAt = (day: Day, time: string, zone: string) => moments(`${day} ${time} ${zone}`);

const weekdayOf = (day: Day) => new Date(`${day}T00:00:00Z`).getUTCDay() || 7;

function postsOf(day: Day, { location, needs }: LocationNeeds, zone: string): Post[] {
  return needs
    .filter(({ weekday }) => weekday === weekdayOf(day))
    .map(({ role, starts, ends, least }) => {
      const from = momentAt(day, starts, zone);
      const to = momentAt(ends > starts ? day : addDays(day, 1), ends, zone);
      return { day, role, location, zone, from, to, least };
    });
}

const covers = ({ from, to }: Span, moment: number) => from <= moment && moment < to;

/** From when to when how many are missing: what the posts ask for together, less who is there. */
function shortfalls(posts: readonly Post[], shifts: readonly Span[]): { from: number; to: number; missing: number }[] {
  const edges = [...new Set([...posts, ...shifts].flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b);
  return edges.slice(0, -1).flatMap((from, index) => {
    const asked = posts.filter((post) => covers(post, from)).reduce((sum, { least }) => sum + least, 0);
    const missing = asked - shifts.filter((shift) => covers(shift, from)).length;
    return missing > 0 ? [{ from, to: edges[index + 1] ?? from, missing }] : [];
  });
}

/**
 * To which posts the people are missing: the fewest that explain every shortfall. Going forward in time, each one that is
 * not explained yet XX.
 */
function vacancies(posts: readonly Post[], shifts: readonly Span[]): Map<Post, Hole> {
  const found = new Map<Post, Hole>();
  const short = shortfalls(posts, shifts);
  for (const { from, missing } of short) {
    const open = posts.filter((post) => covers(post, from)).sort((a, b) => b.to - a.to || b.from - a.from);
    let left = missing - open.reduce((sum, post) => sum + (found.get(post)?.missing ?? 0), 0);
    for (const post of open) {
      if (left <= 0) break;
      const held = found.get(post)?.missing ?? 0;
      const more = Math.min(left, post.least - held);
      if (more <= 0) continue;
      left -= more;
      const last = short.findLast((each) => covers(post, each.from))?.to ?? post.to;
      const { role, location, zone } = post;
      const hole = { role, location, zone, from: found.get(post)?.from ?? from, to: Math.min(last, post.to) };
      found.set(post, { ...hole, missing: held + more });
    }
  }
  return found;
}

const place = ({ role, location }: { role: string; location: string }) => `${location}\n${role}`;

function grouped<T extends { role: string; location: string }>(rows: Iterable<T>): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const key = place(row);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return groups;
}

/**
 * Each day's cover. A need belongs to the day on which it starts; who is planned counts, draft or published, for the hours
 * in which they are there, and an open shift does not. `shifts` may reach beyond the days: then nights at either end count.
 */
export function coverOf(
  days: readonly Day[],
  needs: readonly LocationNeeds[],
  shifts: Iterable<Schedule>,
  zoneOf: (location: string) => string,
): DayCover[] {
  const [first, last] = [days[0], days[days.length - 1]];
  if (!first || !last) return [];
  const around = [addDays(first, -1), ...days, addDays(last, 1)];
  const posts = needs.flatMap((each) => around.flatMap((day) => postsOf(day, each, zoneOf(each.location))));
  const taken = grouped([...shifts].filter(({ staff_id }) => staff_id !== null));
  const holes = new Map<Post, Hole>();
  for (const [key, group] of grouped(posts)) {
    const there = (taken.get(key) ?? []).map(({ starts_at, ends_at }) => ({
      from: Date.parse(starts_at),
      to: Date.parse(ends_at),
    }));
    for (const [post, hole] of vacancies(group, there)) holes.set(post, hole);
  }
  return days.map((day) => {
    const own = posts.filter((post) => post.day === day);
    const open = own.flatMap((post) => holes.get(post) ?? []).sort((a, b) => a.from - b.from);
    const needed = own.reduce((sum, { least }) => sum + least, 0);
    return { day, needed, filled: needed - open.reduce((sum, { missing }) => sum + missing, 0), holes: open };
  });
}
