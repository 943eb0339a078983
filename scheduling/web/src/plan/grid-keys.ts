import type { KeyboardEvent } from "react";
import type { Schedule } from "../api/types";
import type { Grid } from "../grid/grid";
import { STEP, stretched } from "../shift/placing";
import type { Translate } from "../words/language";
import type { CardActions } from "./cards/CardActions";
import { cardOf, type Spot } from "./use-grid-focus";
import type { Planner } from "./use-plan";
import type { Typing } from "./use-quick-entry";

interface Context {
  readonly grid: Grid;
  readonly spot: Spot;
  readonly planner: Planner;
  readonly actions: CardActions;
  readonly t: Translate;
  readonly type: (typing: Typing) => void;
  /** Takes up a shift, to be put elsewhere. */
  readonly lift: (id: number) => void;
  /** Asks on which other days the shift is planned again. */
  readonly repeat: (id: number) => void;
  /** Moves the focus to the cell itself. */
  readonly stay: () => void;
}

/** The shift that has the focus. */
function shiftAt(grid: Grid, { card }: Spot): Schedule | null {
  const found = grid.shifts.find(({ schedule }) => card === cardOf(schedule));
  return found?.schedule ?? null;
}

/** The shifts that a key is about: the one that has the focus with all that are selected with it, else those that are selected. */
function shiftsAt({ grid, spot, actions }: Context): readonly Schedule[] {
  const shift = shiftAt(grid, spot);
  return shift ? actions.chosen(shift) : actions.selection.shifts(grid);
}

function stretch({ grid, spot, planner, t }: Context, minutes: number): void {
  const before = shiftAt(grid, spot);
  if (!before) return;
  const after = stretched(before, "end", minutes);
  if (after.ends_at !== before.ends_at)
    void planner.apply({ kind: "change", rows: [{ before, after }] }, t("plan.done.times"));
}

function withControl(event: KeyboardEvent, context: Context): boolean {
  const { grid, spot, planner, actions } = context;
  const [shift, shifts] = [shiftAt(grid, spot), shiftsAt(context)];
  switch (event.key.toLowerCase()) {
    case "c":
      planner.copy(shifts);
      return shifts.length > 0;
    case " ":
      if (shift) actions.selection.toggle(shift.id, spot);
      return shift !== null;
    case "v":
      planner.paste(spot.staffId, spot.day);
      return true;
    default:
      return false;
  }
}

function plain(event: KeyboardEvent, context: Context): boolean {
  const { grid, spot, planner, actions, type, lift, repeat, stay } = context;
  const [shift, shifts] = [shiftAt(grid, spot), shiftsAt(context)];
  const { staffId, day } = spot;
  if (/^\d$/.test(event.key)) {
    type({ staffId, day, shift, text: event.key });
    return true;
  }
  switch (event.key) {
    case "Enter":
      // A key that is held down plans nothing.
      if (spot.card === null && !event.repeat) type({ staffId, day, shift: null, text: null });
      return spot.card === null;
    case "F2":
      type({ staffId, day, shift, text: null });
      return true;
    case "n":
      type({ staffId, day, shift: null, text: null });
      return true;
    case "r":
      if (shift) repeat(shift.id);
      return shift !== null;
    case " ":
      if (shift) lift(shift.id);
      return shift !== null;
    case "+":
    case "-":
      stretch(context, event.key === "+" ? STEP : -STEP);
      return shift !== null;
    case "Delete":
    case "Backspace":
      if (shift) stay();
      planner.remove(shifts);
      return shifts.length > 0;
    case "g":
      actions.move(shifts);
      return shifts.length > 0;
    case "Escape":
      if (actions.selection.clear()) return true;
      if (spot.card !== null) stay();
      return spot.card !== null;
    default:
      return false;
  }
}

/** Does what a key asks of the grid; whether it asked anything. */
export function answerKey(event: KeyboardEvent, context: Context): boolean {
  const control = event.ctrlKey || event.metaKey;
  const answered = control ? withControl(event, context) : !event.altKey && plain(event, context);
  if (answered) event.preventDefault();
  return answered;
}
