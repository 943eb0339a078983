import type { ChannelStatus } from "@tidings/client";
import { useChannel } from "@tidings/react";
import { useEffect } from "react";
import { Drafts, Me, Schedules, Team, TimeOffRequests } from "../live.gen";
import { useSignedIn } from "../session/signed-in";
import { drafts, published, scheduleChange, staffChange, team, timeOff, timeOffChange } from "./collections";
import type { Collection, Feed } from "./live-rows";
import type { Row } from "./replica";
import { useLiveRows } from "./use-collection";

const FEEDS: Record<ChannelStatus["status"], Feed> = {
  idle: "waiting",
  connecting: "waiting",
  live: "subscribed",
  "catching-up": "subscribed",
  offline: "unavailable",
  refused: "unavailable",
};

function useFeed<R extends Row, P>(collection: Collection<R, P>, status: ChannelStatus["status"]): void {
  const live = useLiveRows();
  useEffect(() => live.setFeed(collection, FEEDS[status]), [live, collection, status]);
}

function Everyone() {
  const live = useLiveRows();
  const schedules = useChannel(Schedules(), {
    onEvent: (message) => live.hear(published, scheduleChange(message.payload)),
    onReset: () => void live.refetch(published),
  });
  const staff = useChannel(Team(), {
    onEvent: (message) => live.hear(team, staffChange(message.payload)),
    onReset: () => void live.refetch(team),
  });
  useFeed(published, schedules.status);
  useFeed(team, staff.status);
  return null;
}

function Manager() {
  const live = useLiveRows();
  const unpublished = useChannel(Drafts(), {
    onEvent: (message) => live.hear(drafts, scheduleChange(message.payload)),
    onReset: () => void live.refetch(drafts),
  });
  const requests = useChannel(TimeOffRequests(), {
    onEvent: (message) => live.hear(timeOff, timeOffChange(message.payload)),
    onReset: () => void live.refetch(timeOff),
  });
  useFeed(drafts, unpublished.status);
  useFeed(timeOff, requests.status);
  return null;
}

/** One's own channel also tells of one's own shifts; those are heard on `schedules` already. */
function Own({ id }: { id: number }) {
  const live = useLiveRows();
  const own = useChannel(Me({ user_id: String(id) }), {
    onEvent: ({ payload }) => {
      if ("timeoff" in payload) live.hear(timeOff, timeOffChange(payload));
    },
    onReset: () => void live.refetch(timeOff),
  });
  useFeed(timeOff, own.status);
  return null;
}

/** Listens to the channels that this person may see, for as long as they are signed in. */
export function Channels() {
  const { me, manager } = useSignedIn();
  return (
    <>
      <Everyone />
      {manager ? <Manager /> : <Own id={me.id} />}
    </>
  );
}
