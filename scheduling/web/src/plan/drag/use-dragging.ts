import { type RefObject, useEffect, useEffectEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Schedule } from "../../api/types";
import { useDesk } from "../../grid/desk";
import type { Grid } from "../../grid/grid";
import { useAnnounce } from "../../live/announcer";
import { STEP } from "../../shift/placing";
import { timeSpan } from "../../time/words";
import { useCardActions } from "../cards/CardActions";
import { cardOf, type Spot } from "../use-grid-focus";
import type { Planner } from "../use-plan";
import { Drag, type Dragged, draggedTo, type Grip, isHome, type Point, type Target, targetOf } from "./drag";
import { targetWords } from "./words";

/** CSS pixels of an edge's step of 15 minutes, where no line of hours says how wide they are on it. */
const STEP_WIDTH = 8;

/** Waits until the page has nothing else to do. Returns the undo. */
function whenIdle(run: () => void): () => void {
  if (!("requestIdleCallback" in window)) {
    const timer = setTimeout(run, 200);
    return () => clearTimeout(timer);
  }
  const handle = requestIdleCallback(run);
  return () => cancelIdleCallback(handle);
}

function targetAt({ x, y }: Point): Target | null {
  const cell = document.elementFromPoint(x, y)?.closest<HTMLElement>("[data-day]");
  const staff = cell?.closest<HTMLElement>("[data-staff]")?.dataset.staff;
  if (!cell || staff === undefined) return null;
  return { staffId: staff === "open" ? null : Number(staff), day: cell.dataset.day ?? "" };
}

/** `data-quarter` of the line of hours around an element: how many pixels 15 minutes are. */
function quarterOf(element: Element | null): number | null {
  const line = element?.closest<HTMLElement>("[data-quarter]");
  return line ? Number(line.dataset.quarter) : null;
}

interface Held {
  readonly id: number;
  readonly grip: Grip;
  readonly quarter: number | null;
}

function heldBy(pressed: Element): Held | null {
  const card = pressed.closest<HTMLElement>("[data-schedule]");
  if (!card) return null;
  const edge = pressed.closest<HTMLElement>("[data-edge]")?.dataset.edge;
  const grip = edge === "start" || edge === "end" ? edge : "move";
  return { id: Number(card.dataset.schedule), grip, quarter: quarterOf(card) };
}

/** Minutes that a pointer's way along a line means: none for what is moved from cell to cell. */
function minutesBy({ grip, quarter }: Held, by: Point): number {
  if (grip === "move" && quarter === null) return 0;
  const way = document.dir === "rtl" ? -by.x : by.x;
  return Math.round(way / (quarter ?? STEP_WIDTH)) * STEP;
}

interface Options {
  readonly grid: Grid;
  readonly table: RefObject<HTMLElement | null>;
  readonly planner: Planner;
  readonly go: (spot: Spot) => void;
}

export interface Dragging {
  readonly drag: Drag;
  readonly lift: (id: number, grip: Grip, at: Point | null) => void;
  readonly drop: () => void;
  readonly cancel: () => void;
}

/** What is done with a shift when it is let go. */
function useDrop({ planner, go }: Options, drag: Drag) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const actions = useCardActions();
  const chosen = (shift: Schedule) => actions?.chosen(shift) ?? [shift];
  const put = (dragged: Dragged) => {
    const there = draggedTo(dragged);
    if (!dragged.target || isHome(dragged)) return announce(t("plan.drag.left"));
    const { shift, grip, copying, at, warned } = dragged;
    const kind = grip !== "move" ? "change" : copying ? "copy" : "move";
    planner.place(kind === "change" ? [shift] : chosen(shift), there, { kind, check: drag.check, accepted: warned });
    if (at === null && kind === "move") go({ ...dragged.target, card: cardOf(shift) });
  };
  return () => {
    const dragged = drag.snapshot();
    if (!dragged) return;
    if (dragged.at === null && !dragged.warned && drag.check?.verdict === "soft") {
      drag.warn();
      return announce(t("plan.drag.again"));
    }
    put(dragged);
    drag.release();
  };
}

/** Dragging in a grid whose cells are `[data-staff] [data-day]` and whose cards are `[data-schedule]`, by pointer and by keys. */
export function useDragging(options: Options): Dragging {
  const { grid, table } = options;
  const { manager, nameOf } = useDesk();
  const { t } = useTranslation();
  const announce = useAnnounce();
  const actions = useCardActions();
  const [drag] = useState(() => new Drag());
  const drop = useDrop(options, drag);
  const cancel = () => {
    if (drag.release()) announce(t("plan.drag.left"));
  };
  const lift = (id: number, grip: Grip, at: Point | null) => {
    const shift = grid.shifts.find(({ schedule }) => schedule.id === id)?.schedule;
    if (!shift) return;
    drag.lift(shift, grip, at, grip === "move" ? (actions?.chosen(shift).length ?? 1) - 1 : 0);
    const what = `${targetWords(targetOf(shift), nameOf)}, ${timeSpan(shift, shift.timezone)}`;
    if (!at) announce(t("plan.drag.lifted", { what }));
  };
  const gone = () => {
    const dragged = drag.snapshot();
    if (!dragged || grid.shifts.some(({ schedule }) => schedule.id === dragged.shift.id)) return;
    drag.release();
    announce(t("plan.drag.gone"));
  };
  useEffect(gone);
  const held = useRef<Held | null>(null);
  const take = useEffectEvent((pressed: Element) => {
    held.current = heldBy(pressed);
    return held.current !== null;
  });
  const start = useEffectEvent((at: Point) => {
    if (held.current) lift(held.current.id, held.current.grip, at);
  });
  const move = useEffectEvent((at: Point, by: Point, copying: boolean) => {
    if (!held.current) return;
    const minutes = minutesBy(held.current, by);
    const moved = held.current.grip === "move";
    drag.aim({ minutes, ...(moved ? { target: targetAt(at), copying } : {}) }, at);
  });
  const end = useEffectEvent((canceled: boolean) => (canceled ? cancel() : drop()));

  useEffect(() => {
    const element = table.current;
    if (!manager || !element) return;
    let detach = () => {};
    const stop = whenIdle(() => {
      import("./pointer").then(({ attachPointer }) => {
        detach = attachPointer(element, { take, start, move, end });
        element.dataset.dragging = "ready";
      }, reportError);
    });
    return () => {
      stop();
      detach();
    };
  }, [manager, table]);

  return { drag, lift, drop, cancel };
}
