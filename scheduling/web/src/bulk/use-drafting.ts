import { useCallback, useState } from "react";
import { useTranslation } from "react-i18next";
import { Problem, sentenceOf } from "../api/problem";
import type { Schedule } from "../api/types";
import { useToast } from "../plan/toasts";
import { useUndo } from "../plan/use-plan";
import type { DeedKind } from "../shift/history";
import { useBatch } from "../shift/mutations";
import { type Objections, objectionsIn, type Remedy, remedied } from "./drafts";

/** What was sent and refused as it stood, so that what others do meanwhile does not change it under the reader's hands. */
export interface Refusal {
  readonly drafts: readonly Schedule[];
  readonly objections: Objections;
  /** Why nothing was drafted, where it is about no single shift. */
  readonly general: string | null;
}

interface Drafting {
  readonly refusal: Refusal | null;
  readonly busy: boolean;
  /** Drafts all of them, or none: then `refusal` says why. `done` is said when it is saved, with a way back. */
  readonly send: (drafts: readonly Schedule[], done: (count: number) => string) => Promise<boolean>;
  /** As `send`, with what was refused, where the objections are met as `remedy` says. */
  readonly resend: (remedy: Remedy, done: (count: number) => string) => Promise<boolean>;
  readonly forget: () => void;
}

/** Drafts many shifts together: one request, one change to undo. */
export function useDrafting(kind: DeedKind): Drafting {
  const { t } = useTranslation();
  const { mutate, pending } = useBatch();
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const toast = useToast();
  const undo = useUndo();

  const request = useCallback(
    async (drafts: readonly Schedule[], accept: readonly string[], done: (count: number) => string) => {
      const rows = drafts.map((after) => ({ before: null, after }));
      const outcome = await mutate({ kind, rows, ...(accept.length > 0 ? { accept } : {}) });
      if (outcome.status === "saved") {
        setRefusal(null);
        toast({ sentence: done(drafts.length), action: { label: t("plan.toast.undo"), run: () => void undo() } });
        return true;
      }
      if (outcome.status === "held") {
        setRefusal(null);
        toast({ sentence: t("live.unsent.held") });
        return true;
      }
      const { error } = outcome;
      const objections: Objections = error instanceof Problem ? objectionsIn(error, drafts) : new Map();
      setRefusal({ drafts, objections, general: objections.size > 0 ? null : sentenceOf(error) });
      return false;
    },
    [kind, mutate, toast, undo, t],
  );

  const resend: Drafting["resend"] = async (remedy, done) => {
    if (!refusal) return false;
    const { drafts, accept } = remedied(refusal.drafts, refusal.objections, remedy);
    return drafts.length > 0 && request(drafts, accept, done);
  };
  const send: Drafting["send"] = (drafts, done) => request(drafts, [], done);
  return { refusal, busy: pending > 0, send, resend, forget: () => setRefusal(null) };
}
