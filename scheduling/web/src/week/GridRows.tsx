import { Fragment, type ReactNode } from "react";
import { Arriving } from "../ui/Arriving";
import { soon } from "../ui/soon";
import { usePrinting } from "../ui/use-printing";
import type { Row } from "./rows";

/** Up to so many rows are all in the page: then the browser's own search and screen readers have all of them. */
const FEW = 60;

/** How many stand there while the module for more is fetched. */
const AT_FIRST = 20;

export interface GridRowsProps {
  readonly rows: readonly Row[];
  readonly columns: number;
  /** What scrolls them, once it is there. */
  readonly scroller: HTMLElement | null;
  /** The row that has the focus, or would get it. */
  readonly focused: number;
  /** `measure`: the row's ref, where it has to tell how high it is. */
  readonly draw: (row: Row, index: number, measure?: (element: HTMLElement | null) => void) => ReactNode;
}

// Small teams do without.
const NearRows = soon(() => import("./NearRows").then((module) => module.NearRows));

/** The table's rows: all of few, and of many those near what is seen. On paper all. */
export function GridRows(props: GridRowsProps) {
  const { rows, draw } = props;
  const printing = usePrinting();
  const some = (most: number) => (
    <tbody>
      {rows.slice(0, most).map((row, index) => (
        <Fragment key={row.key}>{draw(row, index)}</Fragment>
      ))}
    </tbody>
  );
  if (printing || rows.length <= FEW) return some(rows.length);
  return (
    <Arriving fallback={some(AT_FIRST)}>
      <NearRows {...props} />
    </Arriving>
  );
}
