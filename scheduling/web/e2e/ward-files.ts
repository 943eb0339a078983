/** A ward of our own in the files of the competition INRC-II: 21 nurses for four weeks, for where the competition's are not. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

const NAME = "s021w4";
const WEEKS = [0, 1, 2, 3];
const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const SHIFTS = { E: "Early", D: "Day", L: "Late", N: "Night" } as const;

/** Two weeks of each contract, over and over: forward, with no early shift after a late one. */
const CYCLES = { FullTime: "EELL...DDDNN..", PartTime: "EE...LL...DD.." } as const;

interface Nurse {
  readonly name: string;
  readonly contract: keyof typeof CYCLES;
  readonly skill: string;
  readonly number: number;
}

const NURSES = Array.from({ length: 21 }, (_, number): Nurse => {
  const skill = number < 3 ? "HeadNurse" : number < 16 ? "Nurse" : "Trainee";
  return {
    name: `${skill.slice(0, 2)}_${number}`,
    contract: number % 3 === 0 ? "PartTime" : "FullTime",
    skill,
    number,
  };
});

/** What somebody works on the n-th day; nobody begins the cycle on the same day as the next. */
function shiftOn({ contract, number }: Nurse, day: number): string | undefined {
  const letter = CYCLES[contract][(day + number * 3) % 14] as keyof typeof SHIFTS | ".";
  return letter === "." ? undefined : SHIFTS[letter];
}

const SCENARIO = [
  `SCENARIO = ${NAME}`,
  `WEEKS = ${WEEKS.length}`,
  "SKILLS = 3\nHeadNurse\nNurse\nTrainee",
  "SHIFT_TYPES = 4\nEarly (2,5)\nDay (2,28)\nLate (2,5)\nNight (2,5)",
  "FORBIDDEN_SHIFT_TYPES_SUCCESSIONS\nEarly 0\nDay 0\nLate 2 Early Day\nNight 3 Early Day Late",
  "CONTRACTS = 2\nFullTime (15,22) (2,5) (2,5) 4 0\nPartTime (7,15) (2,5) (2,5) 4 0",
  `NURSES = ${NURSES.length}\n${NURSES.map(({ name, contract, skill }) => `${name} ${contract} 1 ${skill}`).join("\n")}`,
].join("\n\n");

/** Who works what on each day of a week. */
function rosterOf(week: number) {
  return NURSES.flatMap((nurse) =>
    DAYS.flatMap((day, index) => {
      const shift = shiftOn(nurse, week * 7 + index);
      return shift ? [{ nurse, day, shift }] : [];
    }),
  );
}

/** As many are needed as there are; two ask for a day off that they have. */
function needsOf(week: number): string {
  const roster = rosterOf(week);
  const line = (shift: string, skill: string) => {
    const on = (day: string) =>
      roster.filter((each) => each.shift === shift && each.day === day && each.nurse.skill === skill).length;
    return `${shift} ${skill} ${DAYS.map((day) => `(${on(day)},${on(day)})`).join(" ")}`;
  };
  const needs = Object.values(SHIFTS).flatMap((shift) =>
    ["HeadNurse", "Nurse", "Trainee"].map((skill) => line(shift, skill)),
  );
  const wishes = NURSES.slice(5, 7).map((nurse) => {
    const free = DAYS.find((_, index) => !shiftOn(nurse, week * 7 + index));
    return `${nurse.name} Any ${free}`;
  });
  return `WEEK_DATA\n${NAME}\n\nREQUIREMENTS\n${needs.join("\n")}\n\nSHIFT_OFF_REQUESTS = ${wishes.length}\n${wishes.join("\n")}\n`;
}

function solutionOf(week: number): string {
  const lines = rosterOf(week).map(({ nurse, day, shift }) => `${nurse.name} ${day} ${shift} ${nurse.skill}`);
  return `SOLUTION\n${week} ${NAME}\n\nASSIGNMENTS = ${lines.length}\n${lines.join("\n")}\n`;
}

/** Writes the ward's files into a new folder; returns it. */
export async function writeWard(folder: string): Promise<string> {
  const solution = join(folder, `Solution_H_0-WD_${WEEKS.join("-")}`);
  await mkdir(solution, { recursive: true });
  await writeFile(join(folder, `Sc-${NAME}.txt`), `${SCENARIO}\n`);
  for (const week of WEEKS) {
    await writeFile(join(folder, `WD-${NAME}-${week}.txt`), needsOf(week));
    await writeFile(join(solution, `Sol-${NAME}-${week}-${week}.txt`), solutionOf(week));
  }
  return folder;
}
