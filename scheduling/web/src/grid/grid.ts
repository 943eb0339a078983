import type { Schedule, Staff, TimeOff } from "../api/types";
import { addDays, type Day, daysBetween, daysOfWeek } from "../time/week";
import { byFrequency, minutesBetween, wallTime, zoneOfSpan } from "../time/zone";
import type { Translate } from "../words/language";

/** A shift and the cell it belongs to: the date on its location's wall clock at which it starts. */
export interface Shift {
  readonly schedule: Schedule;
  readonly day: Day;
  readonly minutes: number;
  /** It ends on a later date than it starts. */
  readonly overnight: boolean;
}

/** A person's time off as one day shows it. */
export interface Leave {
  readonly request: TimeOff;
  /** The part of the day that it takes: null for all of it. */
  readonly span: { readonly from: string; readonly to: string } | null;
  readonly continues: { readonly before: boolean; readonly after: boolean };
}

export interface Cell {
  readonly day: Day;
  readonly shifts: readonly Shift[];
  readonly leave: readonly Leave[];
}

export interface Line {
  /** Null: the open shifts. */
  readonly staffId: number | null;
  readonly name: string;
  readonly staff: Staff | null;
  readonly self: boolean;
  readonly cells: readonly Cell[];
  readonly minutes: number;
  /** Where most of its shifts are; null for the open shifts, which have no place in common. */
  readonly home: string | null;
}

export interface Grid {
  readonly days: readonly Day[];
  readonly open: Line;
  readonly people: readonly Line[];
  readonly shifts: readonly Shift[];
  readonly minutes: number;
}

export interface GridInput {
  readonly t: Translate;
  readonly monday: Day;
  /** The locations' zones, the commonest first: in one of them leave is whole days. */
  readonly zones: readonly string[];
  readonly staff: readonly Staff[];
  readonly schedules: Iterable<Schedule>;
  readonly timeOff: Iterable<TimeOff>;
  /** Whose line comes first, if anybody's. */
  readonly first: number | null;
  readonly me: number;
}

/** Rows keep their identity until they change, and reading their clocks is the dearest part of drawing a week. */
const known = new WeakMap<Schedule, Shift>();

export function shiftOf(schedule: Schedule): Shift {
  const found = known.get(schedule) ?? readShift(schedule);
  known.set(schedule, found);
  return found;
}

function readShift(schedule: Schedule): Shift {
  const start = wallTime(schedule.starts_at, schedule.timezone);
  const end = wallTime(schedule.ends_at, schedule.timezone);
  const endDay = end.time === "00:00" ? addDays(end.day, -1) : end.day;
  const minutes = minutesBetween(schedule.starts_at, schedule.ends_at);
  return { schedule, day: start.day, minutes, overnight: endDay > start.day };
}

/** The days of a request with what each of them shows. `ends_at` is exclusive: until midnight ends the day before. */
export function leaveDays(request: TimeOff, zone: string): Map<Day, Leave> {
  const [start, end] = [wallTime(request.starts_at, zone), wallTime(request.ends_at, zone)];
  const last = end.time === "00:00" ? addDays(end.day, -1) : end.day;
  const days = new Map<Day, Leave>();
  for (let offset = 0; offset <= daysBetween(start.day, last); offset += 1) {
    const day = addDays(start.day, offset);
    const from = day === start.day ? start.time : "00:00";
    const to = day === end.day ? end.time : "24:00";
    const whole = from === "00:00" && to === "24:00";
    const continues = { before: day > start.day, after: day < last };
    days.set(day, { request, span: whole ? null : { from, to }, continues });
  }
  return days;
}

/** Instants are written so that their order is that of their letters. */
const inTime = (a: string, b: string) => (a < b ? -1 : Number(a > b));

/** Earlier first, then shorter first. */
export function byStart(left: Shift, right: Shift): number {
  const [a, b] = [left.schedule, right.schedule];
  return inTime(a.starts_at, b.starts_at) || inTime(a.ends_at, b.ends_at) || a.id - b.id;
}

interface Placed {
  readonly days: readonly Day[];
  readonly shifts: Map<string, Shift[]>;
  readonly leave: Map<string, Leave[]>;
}

const place = (staffId: number | null, day: Day) => `${staffId ?? "open"}/${day}`;

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const values = map.get(key);
  if (values) values.push(value);
  else map.set(key, [value]);
}

function placed(input: GridInput, days: readonly Day[], shifts: readonly Shift[]): Placed {
  const result: Placed = { days, shifts: new Map(), leave: new Map() };
  for (const shift of shifts) push(result.shifts, place(shift.schedule.staff_id, shift.day), shift);
  for (const request of input.timeOff) {
    if (request.status !== "pending" && request.status !== "approved") continue;
    const zone = zoneOfSpan(request, input.zones);
    for (const [day, leave] of leaveDays(request, zone)) push(result.leave, place(request.staff_id, day), leave);
  }
  return result;
}

function total(shifts: readonly Shift[]): number {
  return shifts.reduce((sum, shift) => sum + shift.minutes, 0);
}

function line(staffId: number | null, staff: Staff | null, input: GridInput, { days, shifts, leave }: Placed): Line {
  const cells = days.map((day) => ({
    day,
    shifts: shifts.get(place(staffId, day)) ?? [],
    leave: leave.get(place(staffId, day)) ?? [],
  }));
  const stranger = () => input.t("week.stranger", { id: staffId });
  const name = staffId === null ? input.t("week.openShifts") : (staff?.name ?? stranger());
  const all = cells.flatMap((cell) => cell.shifts);
  const [home] = staffId === null ? [] : byFrequency(all.map((shift) => shift.schedule.location));
  return { staffId, name, staff, self: staffId === input.me, cells, minutes: total(all), home: home ?? null };
}

/** Ids that shifts name but the team list does not have (yet): their shifts must not be invisible. */
function strangers(input: GridInput, shifts: readonly Shift[]): number[] {
  const known = new Set(input.staff.map((person) => person.id));
  const ids = shifts.map((shift) => shift.schedule.staff_id).filter((id) => id !== null && !known.has(id));
  return [...new Set(ids as number[])].sort((a, b) => a - b);
}

/** Who has left stays on the screen where something of theirs does. */
function shown(input: GridInput, { shifts, leave }: Placed): Staff[] {
  const places = [...shifts.keys(), ...leave.keys()];
  const busy = new Set(places.map((each) => each.split("/")[0]));
  return input.staff.filter(({ id, active }) => active || busy.has(String(id)));
}

function inOrder(staff: readonly Staff[], first: number | null): Staff[] {
  const rank = (person: Staff) => (person.id === first ? 0 : 1);
  return [...staff].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name) || a.id - b.id);
}

/** The week as staff rows × day columns. Shifts that start outside the week's seven dates are not in it. */
export function buildGrid(input: GridInput): Grid {
  const days = daysOfWeek(input.monday);
  const shifts = [...input.schedules]
    .map(shiftOf)
    .filter((shift) => days.includes(shift.day))
    .sort(byStart);
  const cells = placed(input, days, shifts);
  const people = [
    ...inOrder(shown(input, cells), input.first).map((person) => line(person.id, person, input, cells)),
    ...strangers(input, shifts).map((id) => line(id, null, input, cells)),
  ];
  return { days, open: line(null, null, input, cells), people, shifts, minutes: total(shifts) };
}

/** A name as it is looked for: without case and accents. */
const plain = (name: string) => name.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** The grid with those people only whose names have these letters. */
export function withNames(grid: Grid, find: string): Grid {
  const letters = plain(find.trim());
  return letters ? { ...grid, people: grid.people.filter(({ name }) => plain(name).includes(letters)) } : grid;
}
