import { initials } from "../time/words";
import classes from "./Face.module.css";

/** A person's colour: one of those of roles. */
export const hueOf = (name: string) => [...name].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 8;

/** A person's initials, drawn and not written: the name itself stands beside them or in the label of what they are in. */
export function Face({ name, size = 32 }: { name: string; size?: number }) {
  const style = { width: size, height: size, fontSize: size * 0.37 };
  return (
    <span
      className={classes.face}
      data-role={hueOf(name)}
      data-initials={initials(name)}
      style={style}
      aria-hidden="true"
    />
  );
}
