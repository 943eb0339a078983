import { defaultRangeExtractor, type Range, useVirtualizer } from "@tanstack/react-virtual";
import { Fragment } from "react";
import type { GridRowsProps } from "./GridRows";
import { heightOf, type Row } from "./rows";
import classes from "./WeekGrid.module.css";

/** Rows drawn beyond each edge of what is seen. */
const BEYOND = 3;
/** The table's head, which stands above the first row, in pixels. */
const HEAD = 54;

/** The room of rows that are not drawn. */
function Gap({ height, columns }: { height: number; columns: number }) {
  return (
    height > 0 && (
      // biome-ignore lint/a11y/noAriaHiddenOnFocusable: a row of nothing, which no focus reaches
      <tr aria-hidden="true" className={classes.gap} style={{ height }}>
        <td colSpan={columns + 1} />
      </tr>
    )
  );
}

/** Of many rows, those near what is seen and the one that has the focus. */
export function NearRows({ rows, columns, scroller, focused, draw }: GridRowsProps) {
  const rangeExtractor = (range: Range) => {
    const near = defaultRangeExtractor(range);
    return near.includes(focused) || focused < 0 ? near : [...near, focused].sort((a, b) => a - b);
  };
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller,
    getItemKey: (index) => (rows[index] as Row).key,
    estimateSize: (index) => heightOf(rows[index] as Row),
    initialRect: { width: 0, height: window.innerHeight },
    scrollMargin: HEAD,
    overscan: BEYOND,
    rangeExtractor,
  });
  const items = virtualizer.getVirtualItems();
  const end = (position: number) => items[position]?.end ?? HEAD;
  return (
    <tbody>
      {items.map(({ index, start }, position) => {
        const row = rows[index];
        if (!row) return null;
        return (
          <Fragment key={row.key}>
            <Gap height={start - end(position - 1)} columns={columns} />
            {draw(row, index, virtualizer.measureElement)}
          </Fragment>
        );
      })}
      <Gap height={virtualizer.getTotalSize() + HEAD - end(items.length - 1)} columns={columns} />
    </tbody>
  );
}
