import type { Person } from "../api/types";
import { initials } from "../time/words";
import classes from "./Glow.module.css";

/**
 * Lies over a card that somebody else changed a moment ago and shows once who it was; it takes no room and no clicks. The live
 * region has said it in words. Give it a new `key` for the next change.
 */
export function Glow({ by }: { by: Person | null }) {
  return <span className={classes.glow} data-by={by ? initials(by.name) : ""} aria-hidden="true" />;
}
