/** Dragging by mouse, pen and finger. Fetched when the page has nothing else to do. */
import {
  AutoScroller,
  Cursor,
  DragDropManager,
  Draggable,
  PointerActivationConstraints,
  PointerSensor,
  PreventSelection,
} from "@dnd-kit/dom";
import type { Point } from "./drag";

/** CSS pixels that a mouse goes, and milliseconds that a finger stays, before it drags. */
const DISTANCE = 5;
/** Shares of what scrolls, at its edges, in which a pointer makes it scroll. */
const SCROLLING = { x: 0.05, y: 0.1 };
const LONG_PRESS = { value: 250, tolerance: 8 };

/** What a pointer does; `take` is asked first, and says whether there is something to drag. */
interface PointerDrag {
  readonly take: (pressed: Element) => boolean;
  readonly start: (at: Point) => void;
  /** `by`: from where it started. */
  readonly move: (at: Point, by: Point, copying: boolean) => void;
  readonly end: (canceled: boolean) => void;
}

type Keys = Pick<MouseEvent, "altKey" | "ctrlKey" | "metaKey">;

const isCopying = ({ altKey, ctrlKey, metaKey }: Keys) => altKey || ctrlKey || metaKey;

function sensor(take: PointerDrag["take"]) {
  return PointerSensor.configure({
    activationConstraints: ({ pointerType }) =>
      pointerType === "touch"
        ? [new PointerActivationConstraints.Delay(LONG_PRESS)]
        : [new PointerActivationConstraints.Distance({ value: DISTANCE })],
    preventActivation: ({ target }) => !(target instanceof Element && take(target)),
  });
}

/** The click that ends a drag opens nothing. It comes at once, or not at all. */
function swallowClick(): void {
  const swallow = (event: MouseEvent) => event.stopPropagation();
  window.addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => window.removeEventListener("click", swallow, { capture: true }));
}

/**
 * Lets what stands in an element be dragged, until the function that it returns is called. One draggable for all of it: its rows
 * come and go while they are scrolled.
 */
export function attachPointer(element: HTMLElement, { take, start, move, end }: PointerDrag): () => void {
  const manager = new DragDropManager({
    sensors: [sensor(take)],
    plugins: [AutoScroller.configure({ threshold: SCROLLING }), Cursor, PreventSelection],
  });
  const draggable = new Draggable({ id: "shift", element }, manager);
  let from: Point = { x: 0, y: 0 };
  let last: { readonly at: Point; readonly copying: boolean } | null = null;

  const follow = () => {
    if (last) move(last.at, { x: last.at.x - from.x, y: last.at.y - from.y }, last.copying);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "Alt") event.preventDefault();
    if (last) last = { ...last, copying: isCopying(event) };
    follow();
  };
  const watch = [
    ["keydown", onKey],
    ["keyup", onKey],
    // What is under a pointer that rests changes, too.
    ["scroll", follow],
  ] as const;

  manager.monitor.addEventListener("dragstart", ({ operation }) => {
    from = operation.position.initial;
    last = { at: from, copying: false };
    start(from);
    for (const [type, listener] of watch) window.addEventListener(type, listener as EventListener, true);
  });
  manager.monitor.addEventListener("dragmove", ({ to, nativeEvent }) => {
    if (!to) return;
    last = { at: to, copying: nativeEvent instanceof MouseEvent && isCopying(nativeEvent) };
    follow();
  });
  manager.monitor.addEventListener("dragend", ({ canceled }) => {
    for (const [type, listener] of watch) window.removeEventListener(type, listener as EventListener, true);
    last = null;
    swallowClick();
    end(canceled);
  });
  return () => {
    draggable.destroy();
    manager.destroy();
  };
}
