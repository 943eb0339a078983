import { useCallback, useState } from "react";

/** A dialog that was opened, and perhaps closed since: it stays, so that it can go with grace. */
export interface Opening<About> {
  readonly about: About;
  readonly opened: boolean;
  /** The dialog's key: each opening begins anew. */
  readonly number: number;
}

/**
 * How the page opens a dialog that its address does not name. `opening` is null until the first time; draw the dialog from
 * then on, with `opening.number` for its key.
 */
export function useOpening<About>() {
  const [opening, setOpening] = useState<Opening<About> | null>(null);
  const open = useCallback(
    (about: About) => setOpening((last) => ({ about, opened: true, number: (last?.number ?? 0) + 1 })),
    [],
  );
  const close = useCallback(() => setOpening((last) => last && { ...last, opened: false }), []);
  return { opening, open, close };
}
