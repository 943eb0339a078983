import type { KeyboardEvent } from "react";
import type { Grid } from "../../grid/grid";
import { walk } from "../walk";
import type { Drag } from "./drag";

const STEPS = { ArrowUp: "up", ArrowDown: "down", Home: "home", End: "end" } as const;

interface Lifted {
  readonly drag: Drag;
  readonly grid: Grid;
  readonly drop: () => void;
  readonly cancel: () => void;
}

function stepOf(key: string, rightToLeft: boolean) {
  if (key === "ArrowLeft" || key === "ArrowRight") return (key === "ArrowRight") === rightToLeft ? "before" : "after";
  return STEPS[key as keyof typeof STEPS] ?? null;
}

/** Takes the lifted shift one cell on; whether the key says so. */
function go(key: string, { drag, grid }: Lifted): boolean {
  const step = stepOf(key, document.dir === "rtl");
  const target = drag.snapshot()?.target;
  if (!step || !target) return false;
  const lines = [grid.open, ...grid.people];
  const line = lines.findIndex(({ staffId }) => staffId === target.staffId);
  const from = { line: Math.max(0, line), column: Math.max(0, grid.days.indexOf(target.day)), item: null };
  const extent = { lines: lines.length, columns: grid.days.length, items: () => 0, page: 1 };
  const to = walk(from, step, extent);
  drag.aim({ target: { staffId: lines[to.line]?.staffId ?? null, day: grid.days[to.column] ?? target.day } });
  return true;
}

/** What keys do while they hold a shift; whether this one did anything. All others have to wait until it is dropped. */
export function answerLifted(event: KeyboardEvent, lifted: Lifted): boolean {
  const { drag, drop, cancel } = lifted;
  const dragged = drag.snapshot();
  if (!dragged || event.ctrlKey || event.metaKey || event.altKey) return false;
  if (event.key === "Escape" || event.key === "Tab") cancel();
  else if (dragged.at) return true;
  else if (event.key === " " || event.key === "Enter") drop();
  else if (event.key.toLowerCase() === "c") drag.aim({ copying: !dragged.copying });
  else go(event.key, lifted);
  if (event.key !== "Tab") event.preventDefault();
  return true;
}
