import { Skeleton } from "@mantine/core";
import classes from "./WeekSkeleton.module.css";

const LINES = ["-x-x-xx", "xx--xx-", "-xxx--x", "x--xx-x", "xx-x--x", "--xx-xx", "x-x-xx-", "-xx-x-x"];

/** The week's outline while it is fetched. */
export function WeekSkeleton({ phone }: { phone: boolean }) {
  if (phone) {
    return (
      <div className={classes.list} aria-hidden="true">
        {LINES.map((line) => (
          <Skeleton key={line} height={62} radius={10} />
        ))}
      </div>
    );
  }
  return (
    <div className={classes.grid} aria-hidden="true">
      {LINES.map((line) => (
        <div key={line} className={classes.line}>
          <Skeleton height={34} circle />
          <Skeleton height={14} width={120} radius="sm" />
          {[...line].map((mark, day) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a fixed pattern, never reordered
            <div key={day}>{mark === "x" && <Skeleton height={46} radius={8} />}</div>
          ))}
        </div>
      ))}
    </div>
  );
}
