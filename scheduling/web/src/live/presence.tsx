/** Who else is looking at the plan, and editing what of it. Managers are told it of one another, and nobody else is. */
import { useOwnPresence, usePresence } from "@tidings/react/presence";
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useState,
  useSyncExternalStore,
} from "react";
import { Drafts } from "../live.gen";
import { useSignedIn } from "../session/signed-in";
import type { Day } from "../time/week";
import { Editing, editorsOf } from "./editing";
import { useOutage } from "./outage";

const DRAFTS = Drafts();

const LookingContext = createContext<readonly number[]>([]);
const EditingContext = createContext(new Editing());

/** The managers who look at the same week, but for the reader, as numbers of staff. */
export const useLooking = () => useContext(LookingContext);

/** Says that the reader is looking at this week, and watches who else is, for everything inside. */
export function PresenceWatch({ week, children }: { week: Day; children: ReactNode }) {
  const { me, manager } = useSignedIn();
  const { gone } = useOutage();
  const [editing] = useState(() => new Editing());
  const { users } = usePresence(manager ? DRAFTS : null, { week });
  // While there is no connection nobody knows.
  const others = useMemo(() => (gone ? [] : users.filter((user) => user.user_id !== String(me.id))), [gone, users, me]);
  const looking = useMemo(
    () =>
      others.filter(({ metadata }) => metadata.some((said) => said.week === week)).map((user) => Number(user.user_id)),
    [others, week],
  );
  useEffect(() => editing.take(editorsOf(others)), [editing, others]);
  return (
    <LookingContext value={looking}>
      <EditingContext value={editing}>{children}</EditingContext>
    </LookingContext>
  );
}

/** Who else edits a shift, as numbers of staff. */
export function useEditors(shift: number): readonly number[] {
  const editing = useContext(EditingContext);
  const listen = useCallback((changed: () => void) => editing.listen(shift, changed), [editing, shift]);
  return useSyncExternalStore(listen, () => editing.of(shift));
}

/** Says that the reader is editing this shift, for as long as the component is mounted; null, or one without a number yet: none. */
export function useEditing(shift: number | null): void {
  const { manager } = useSignedIn();
  useOwnPresence(manager && shift !== null && shift > 0 ? DRAFTS : null, { editing: shift });
}
