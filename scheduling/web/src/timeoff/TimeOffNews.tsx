import { useTranslation } from "react-i18next";
import type { TimeOff } from "../api/types";
import { useAnnounce } from "../live/announcer";
import { useNews } from "../live/news";
import { useLocations, useTeam, useTimeOff } from "../live/queries";
import { useSignedIn } from "../session/signed-in";
import { zonesOf } from "../time/zone";
import { decided, requested } from "./announcements";
import { usePendingRequests } from "./queries";

function useAudience() {
  const { me } = useSignedIn();
  const { t } = useTranslation();
  const team = useTeam().data;
  const nameOf = (id: number) => team?.get(id)?.name ?? t("shell.staffNumber", { id });
  return { t, me: me.id, nameOf, zones: zonesOf(useLocations().data) };
}

function ToManagers() {
  const audience = useAudience();
  const announce = useAnnounce();
  useNews(usePendingRequests().data, "pending", {
    ignores: ({ before, after }) => !after || before !== null || after.staff_id === audience.me,
    tell: (changes) => announce(requested(changes, audience)),
  });
  return null;
}

const ALL = {};

function ToStaff() {
  const audience = useAudience();
  const announce = useAnnounce();
  const byAnother = (request: TimeOff | null) => request?.decided_by && request.decided_by.id !== audience.me;
  useNews(useTimeOff(ALL).data, "own", {
    ignores: ({ after }) => !byAnother(after),
    tell: (changes) => announce(decided(changes, audience)),
  });
  return null;
}

/** Tells screen readers, on every page, what happened to requests for time off. */
export function TimeOffNews() {
  const { manager } = useSignedIn();
  return manager ? <ToManagers /> : <ToStaff />;
}
