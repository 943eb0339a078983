import type { Icon } from "@tabler/icons-react";
import classes from "./CardHead.module.css";
import { Face } from "./Face";

interface Props {
  /** Whose it is. */
  readonly name: string;
  /** How they are called here, where not by their name. */
  readonly called?: string;
  readonly line: string;
  readonly status: {
    readonly words: string;
    readonly icon: Icon;
    /** `asked`: nobody has answered yet; `waits`: the answer of one more is missing; `good`: it is so. */
    readonly tone?: "asked" | "waits" | "good" | undefined;
  };
}

/** The head of something that somebody asks of others: who, what, and how it stands. */
export function CardHead({ name, called = name, line, status: { words, icon: Mark, tone } }: Props) {
  return (
    <div className={classes.head}>
      <Face name={name} size={38} />
      <div className={classes.text}>
        <h3 className={classes.name}>{called}</h3>
        <p className={classes.line}>{line}</p>
      </div>
      <span className={classes.status} data-tone={tone}>
        <Mark size={14} stroke={2} aria-hidden="true" />
        {words}
      </span>
    </div>
  );
}
