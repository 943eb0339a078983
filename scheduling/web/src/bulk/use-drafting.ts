import { useCallback, useState } from "react";
import { useTranslation } from "react-i18next";
import { Problem, sentenceOf } from "../api/problem";
import type { Schedule } from "../api/types";
import { useToast } from "../plan/toasts";
import { useUndo } from "../plan/use-plan";
import type { DeedKind } from "../shift/history";
import { useBatch } from "../shift/mutations";
import { type Objections, objectionsTo } from "../shift/objections";
import { type Remedy, remedied } from "./drafts";

/** What is said when so many are drafted. */
type Done = (count: number) => string;

/** What was sent and refused as it stood, so that what others do meanwhile does not change it under the reader's hands. */
export interface Refusal {
  readonly drafts: readonly Schedule[];
  readonly done: Done;
  readonly objections: Objections;
  /** Why nothing was drafted, where it is about no single shift. */
  readonly general: string | null;
}

export interface Drafting {
  readonly refusal: Refusal | null;
  /** How the objections are met. */
  readonly remedy: Remedy;
  readonly choose: (remedy: Remedy) => void;
  /** How many of the refused drafts the remedy leaves; null where no single draft was objected to. */
  readonly left: number | null;
  readonly busy: boolean;
  /** Drafts all of them, or none: then `refusal` says why. `done` is said when it is saved, with a way back. */
  readonly send: (drafts: readonly Schedule[], done: Done) => Promise<boolean>;
  /** As `send`, with what the remedy leaves. */
  readonly resend: () => Promise<boolean>;
  readonly forget: () => void;
}

/** Drafts many shifts together: one request, one change to undo. */
export function useDrafting(kind: DeedKind): Drafting {
  const { t } = useTranslation();
  const { mutate, pending } = useBatch();
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [remedy, choose] = useState<Remedy>({ overrule: false, others: "leave" });
  const toast = useToast();
  const undo = useUndo();

  const request = useCallback(
    async (drafts: readonly Schedule[], accept: readonly string[], done: Done) => {
      const rows = drafts.map((after) => ({ before: null, after }));
      const outcome = await mutate({ kind, rows, ...(accept.length > 0 ? { accept } : {}) });
      if (outcome.status === "saved" || outcome.status === "held") {
        const back = { label: t("plan.toast.undo"), run: () => void undo() };
        setRefusal(null);
        if (outcome.status === "saved") toast({ sentence: done(drafts.length), action: back });
        else toast({ sentence: t("live.unsent.held") });
        return true;
      }
      const { error } = outcome;
      const objections: Objections = error instanceof Problem ? objectionsTo(drafts, error) : new Map();
      setRefusal({ drafts, done, objections, general: objections.size > 0 ? null : sentenceOf(error) });
      return false;
    },
    [kind, mutate, toast, undo, t],
  );

  const rest = refusal && refusal.objections.size > 0 ? remedied(refusal.drafts, refusal.objections, remedy) : null;
  return {
    refusal,
    remedy,
    choose,
    left: rest?.drafts.length ?? null,
    busy: pending > 0,
    send: (drafts, done) => request(drafts, [], done),
    resend: async () =>
      refusal !== null && rest !== null && rest.drafts.length > 0 && request(rest.drafts, rest.accept, refusal.done),
    forget: () => setRefusal(null),
  };
}
