import { useContext, useEffect } from "react";
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
import { why } from "../plan/use-plan";
import { type Audience, sentence, whose } from "../shift/announcements";
import { OwnDeletesContext } from "../shift/mutations";
import { type Lost, useLost } from "../shift/unsent";
import { whenOf } from "../time/words";

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

/** What was to be done, and why it was not: of several shifts the first. */
function lossOf({ number, rows, outcome, follows }: Lost, audience: Audience, open: (id: number) => void): Happening {
  const { t } = audience;
  const [row] = rows;
  const shift = row?.before ?? row?.after;
  const kind = !row?.before ? "added" : row.after ? "changed" : "removed";
  const told = shift ? { what: whose(shift, audience), when: whenOf(shift) } : { what: "", when: "" };
  const current = outcome.status === "conflict" ? outcome.current : (row?.before ?? null);
  return {
    id: number,
    sentence: t(`live.unsent.${kind}`, { ...told, why: follows ? t("live.unsent.follows") : why(t, outcome) }),
    by: outcome.status === "conflict" && !follows ? outcome.by : null,
    open: current && current.id > 0 ? () => open(current.id) : null,
  };
}

interface Props {
  readonly week: Pick<Week, "shifts" | "current">;
  /** Of which days they are: the week's first, or the month. */
  readonly first: string;
}

/** Tells what others change in what is on the screen: to screen readers, on the cards, and after an outage as a list. */
export function WeekNews({ week, first }: Props) {
  const { me, nameOf, openShift } = useDesk();
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
  const { lost, dismiss: dismissLost } = useLost();
  const count = lost.length;

  useEffect(() => {
    if (count > 0) announce(`${t("live.unsent.lost", { count })}.`, { shown: true });
  }, [count, announce, t]);

  return (
    <CaughtUp
      happenings={happeningsOf(missed ?? new Map(), audience, openShift)}
      lost={lost.map((each) => lossOf(each, audience, openShift))}
      dismiss={() => {
        dismiss();
        dismissLost();
      }}
    />
  );
}
