import { useContext } from "react";
import { useTranslation } from "react-i18next";
import type { Schedule } from "../api/types";
import { useDesk } from "../grid/desk";
import type { Week } from "../grid/use-week";
import { useAnnounce } from "../live/announcer";
import { CaughtUp, type Happening } from "../live/CaughtUp";
import type { Changes } from "../live/changes";
import { FreshContext } from "../live/fresh";
import { useMissed } from "../live/missed";
import { type Listener, useNews } from "../live/news";
import { useOutage } from "../live/outage";
import { type Audience, sentence } from "../shift/announcements";
import { OwnDeletesContext } from "../shift/mutations";
import { useOwnEvents } from "../shift/use-own-events";

/** What this page did itself: edits that wait for the server, and changes that bear the reader's own name. */
function useOwnDoing(me: number): Listener<Schedule>["ignores"] {
  const ownDeletes = useContext(OwnDeletesContext);
  return ({ before, after }, id) =>
    id < 0 || after?.updated_by?.id === me || ((!before || !after) && ownDeletes.has(id));
}

function happeningsOf(changes: Changes<Schedule>, audience: Audience, open: (id: number) => void): Happening[] {
  return [...changes].map(([id, change]) => ({
    id,
    sentence: sentence(new Map([[id, change]]), audience),
    by: change.after?.updated_by?.name ?? null,
    open: change.after ? () => open(id) : null,
  }));
}

interface Props {
  readonly week: Pick<Week, "shifts" | "current">;
  /** Of which days they are: the week's first, or the month. */
  readonly first: string;
}

/** Tells what others change in what is on the screen: to screen readers, on the cards, and after an outage as a list. */
export function WeekNews({ week, first }: Props) {
  const { me, nameOf, openShift } = useDesk();
  useOwnEvents();
  const announce = useAnnounce();
  const fresh = useContext(FreshContext);
  const ignores = useOwnDoing(me);
  const { t } = useTranslation();
  const audience = { t, me, nameOf };
  useNews(week.shifts, first, {
    ignores,
    mark: (ids) => fresh.mark(ids),
    tell: (changes) => announce(sentence(changes, audience)),
  });
  const { missed, dismiss } = useMissed(week.shifts, first, useOutage(), week.current, ignores);
  return <CaughtUp happenings={happeningsOf(missed ?? new Map(), audience, openShift)} dismiss={dismiss} />;
}
