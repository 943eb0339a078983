import type { Icon } from "@tabler/icons-react";
import type { ReactNode } from "react";
import classes from "./Notice.module.css";

interface Props {
  readonly tone: "bad" | "warn" | "quiet";
  readonly icon: Icon;
  readonly title: string;
  /** Told to screen readers at once: it answers something that the reader has just done. */
  readonly urgent?: boolean;
  readonly children?: ReactNode;
}

/** Something the reader should know here and now, with what can be done about it. */
export function Notice({ tone, icon: Mark, title, urgent = false, children }: Props) {
  return (
    <div className={classes.notice} data-tone={tone} {...(urgent ? { role: "alert" } : {})}>
      <Mark className={classes.icon} size={18} stroke={1.8} aria-hidden="true" />
      <div className={classes.body}>
        <p className={classes.title}>{title}</p>
        {children}
      </div>
    </div>
  );
}
