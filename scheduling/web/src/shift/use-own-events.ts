import { useChannel } from "@tidings/react";
import { useContext } from "react";
import { Drafts, Schedules } from "../live.gen";
import { useSignedIn } from "../session/signed-in";
import { HistoryContext } from "./history";

/** Lets the history of this page hear what the events of its changes say. */
export function useOwnEvents(): void {
  const { manager } = useSignedIn();
  const { events } = useContext(HistoryContext);
  useChannel(Schedules(), { onEvent: events.hear });
  useChannel(manager ? Drafts() : null, { onEvent: events.hear });
}
