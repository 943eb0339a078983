import { defaultRangeExtractor, type Range, useVirtualizer } from "@tanstack/react-virtual";
import type { RefObject } from "react";
import { usePrinting } from "../shell/use-printing";
import type { Line } from "./grid";

/** Up to so many lines are all in the page: then the browser's own search and screen readers have all of them. */
const FEW = 40;
/** Lines drawn beyond each edge of what is seen. */
const BEYOND = 6;

/** The table's head, which stands above the first line. */
const HEAD = 54;
const LEAST = 70;
const CARD = 54;
const REST = 13;

/** How high a line will be, in pixels, until it is drawn and measured. */
function heightOf({ cells }: Line): number {
  const most = Math.max(0, ...cells.map(({ shifts, leave }) => shifts.length + leave.length));
  return Math.max(LEAST, REST + most * CARD);
}

/** Lines in the page, and the room of those that are not: pixels above each of them, and below the last one. */
export interface VirtualLines {
  readonly drawn: readonly { readonly line: Line; readonly index: number; readonly above: number }[];
  readonly below: number;
  /** A line's ref, with `data-index`: tells how high it is. */
  readonly measure: (element: HTMLElement | null) => void;
}

export const keyOf = ({ staffId }: Line) => staffId ?? "open";

/** Of many lines, only those near what is seen are drawn, the one that has the focus, and on paper all. */
export function useVirtualLines(
  lines: readonly Line[],
  scroller: RefObject<HTMLElement | null>,
  focused: number,
): VirtualLines {
  const printing = usePrinting();
  const all = printing || lines.length <= FEW;
  const rangeExtractor = (range: Range) => {
    if (all) return lines.map((_, index) => index);
    const near = defaultRangeExtractor(range);
    return near.includes(focused) ? near : [...near, focused].sort((a, b) => a - b);
  };
  const virtualizer = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    getItemKey: (index) => keyOf(lines[index] as Line),
    estimateSize: (index) => heightOf(lines[index] as Line),
    initialRect: { width: 0, height: window.innerHeight },
    scrollMargin: HEAD,
    overscan: BEYOND,
    rangeExtractor,
  });
  const items = virtualizer.getVirtualItems();
  const end = (position: number) => items[position]?.end ?? HEAD;
  const drawn = items.flatMap(({ index, start }, position) => {
    const line = lines[index];
    return line ? { line, index, above: Math.max(0, start - end(position - 1)) } : [];
  });
  return {
    drawn,
    below: Math.max(0, virtualizer.getTotalSize() + HEAD - end(items.length - 1)),
    measure: virtualizer.measureElement,
  };
}
