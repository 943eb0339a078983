import { IconCloudOff } from "@tabler/icons-react";
import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { Problem, sentenceOf } from "../api/problem";
import { Notice } from "../ui/Notice";
import type { Translate } from "../words/language";

/** What is asked of the server now or not at all, because somebody else may be first or is waiting for the answer. */
type Urgent = "claim" | "step" | "decide" | "ask";

function listen(changed: () => void): () => void {
  for (const event of ["online", "offline"]) window.addEventListener(event, changed);
  return () => {
    for (const event of ["online", "offline"]) window.removeEventListener(event, changed);
  };
}

/** Whether the device has no network. Where it has one and no server can be reached, that is known only when one is asked. */
export function useNoNetwork(): boolean {
  return useSyncExternalStore(listen, () => !navigator.onLine);
}

/** Says while there is no network what cannot be done. */
export function NeedsConnection({ what }: { what: Urgent }) {
  const { t } = useTranslation();
  if (!useNoNetwork()) return null;
  return <Notice tone="warn" icon={IconCloudOff} title={t(`live.needs.${what}`)} />;
}

/** Why it was not done: where nobody answered, that it needs the connection. */
export function urgentSentence(t: Translate, what: Urgent, error: unknown): string {
  return error instanceof Problem && error.status === 0 ? t(`live.needs.${what}`) : sentenceOf(error);
}
