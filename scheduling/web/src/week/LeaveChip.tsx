import { VisuallyHidden } from "@mantine/core";
import { IconClockQuestion, IconPlaneDeparture } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useDesk } from "../grid/desk";
import type { Leave } from "../grid/grid";
import classes from "./LeaveChip.module.css";

interface Props {
  readonly leave: Leave;
  readonly name?: string;
  /** It goes on from the cell before, which has the words: here only screen readers get them. */
  readonly quiet?: boolean;
  /** A row of the phone's list. */
  readonly wide?: boolean;
  readonly tabIndex?: number;
}

/** Time off on one day: dotted while it is only asked for, solid once it is approved. */
export function LeaveChip({ leave, name, quiet = false, wide = false, tabIndex = 0 }: Props) {
  const { openRequest } = useDesk();
  const { t } = useTranslation();
  const { request, span, continues } = leave;
  const pending = request.status === "pending";
  const words = `${t(pending ? "week.legend.requested" : "week.legend.timeOff")}${span ? ` ${span.from}–${span.to}` : ""}`;
  const Icon = pending ? IconClockQuestion : IconPlaneDeparture;
  return (
    <button
      type="button"
      tabIndex={tabIndex}
      className={classes.chip}
      data-status={request.status}
      data-before={continues.before || undefined}
      data-after={continues.after || undefined}
      data-wide={wide || undefined}
      data-timeoff={request.id}
      aria-haspopup="dialog"
      onClick={() => openRequest(request.id)}
    >
      {!quiet && <Icon size={14} stroke={1.8} aria-hidden="true" />}
      {name && <span className={classes.name}>{name}</span>}
      {quiet ? <VisuallyHidden>{words}</VisuallyHidden> : <span className={classes.words}>{words}</span>}
    </button>
  );
}
