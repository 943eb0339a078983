import { initials } from "../time/words";
import classes from "./Face.module.css";

/** A person's initials; the name stands beside it or in the label of what it is in. */
export function Face({ name, size = 32 }: { name: string; size?: number }) {
  const hue = [...name].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 8;
  const style = { width: size, height: size, fontSize: size * 0.37 };
  return (
    <span className={classes.face} data-role={hue} style={style} aria-hidden="true">
      {initials(name)}
    </span>
  );
}
