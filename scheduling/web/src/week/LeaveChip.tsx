import { VisuallyHidden } from "@mantine/core";
import { IconClockQuestion, IconPlaneDeparture } from "@tabler/icons-react";
import { useDesk } from "./desk";
import type { Leave } from "./grid";
import classes from "./LeaveChip.module.css";

/** Time off on one day: dotted while it is only asked for, solid once it is approved. */
export function LeaveChip({ leave, name, wide = false }: { leave: Leave; name?: string; wide?: boolean }) {
  const { openRequest } = useDesk();
  const { request, span, continues } = leave;
  const pending = request.status === "pending";
  const Icon = pending ? IconClockQuestion : IconPlaneDeparture;
  return (
    <button
      type="button"
      className={classes.chip}
      data-status={request.status}
      data-before={continues.before || undefined}
      data-after={continues.after || undefined}
      data-wide={wide || undefined}
      data-timeoff={request.id}
      aria-haspopup="dialog"
      onClick={() => openRequest(request.id)}
    >
      <Icon size={14} stroke={1.8} aria-hidden="true" />
      {name && <span className={classes.name}>{name}</span>}
      <span className={classes.words}>
        {pending ? "Asked for" : "Time off"}
        {pending && <VisuallyHidden> time off, not decided</VisuallyHidden>}
        {span && ` ${span.from}–${span.to}`}
      </span>
    </button>
  );
}
