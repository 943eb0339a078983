import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Problem, sentenceOf } from "../api/problem";
import type { Imported } from "../api/types";
import { useToast } from "../plan/toasts";
import { useUndo } from "../plan/use-plan";
import { useSignedIn } from "../session/signed-in";
import type { Translate } from "../words/language";
import { faultsIn, type LineFault } from "./lines";
import { useImport } from "./queries";

/** A file on its way into the plan. */
export type Stage =
  | { readonly at: "nothing" }
  | { readonly at: "checking"; readonly name: string }
  /** What it would do, as a dry run has shown. */
  | { readonly at: "ready"; readonly file: Blob; readonly preview: Imported; readonly accept: readonly string[] }
  /** `overrule` are the rules that one may overrule to import it all the same; null: its lines must be put right. */
  | {
      readonly at: "faulty";
      readonly file: Blob;
      readonly faults: readonly LineFault[];
      readonly overrule: readonly string[] | null;
    }
  /** Refused for a reason that is no line's. */
  | { readonly at: "refused"; readonly why: string };

function faulty(t: Translate, file: Blob, error: unknown): Stage {
  const faults = error instanceof Problem ? faultsIn(t, error) : [];
  if (!(error instanceof Problem) || faults.length === 0) return { at: "refused", why: sentenceOf(error) };
  return { at: "faulty", file, faults, overrule: error.overrulable ? error.codes : null };
}

export interface Importing {
  readonly stage: Stage;
  readonly busy: boolean;
  /** Asks what the file would do; nothing is changed. */
  readonly check: (file: File | null) => Promise<void>;
  /** Asks again, with soft rules overruled. */
  readonly overrule: (file: Blob, accept: readonly string[]) => Promise<void>;
  /** Imports what was checked. */
  readonly run: (file: Blob, accept: readonly string[]) => Promise<void>;
}

/** Takes a file into the plan: a dry run first, then all of it with one change to undo. */
export function useImporting(close: () => void): Importing {
  const { t } = useTranslation();
  const { api } = useSignedIn();
  const [stage, setStage] = useState<Stage>({ at: "nothing" });
  const [asking, setAsking] = useState(false);
  const importing = useImport();
  const toast = useToast();
  const undo = useUndo();

  const dryRun = async (file: Blob, accept: readonly string[]) => {
    setAsking(true);
    try {
      const preview = await api.importShifts(file, true, accept);
      setStage({ at: "ready", file, preview, accept });
    } catch (error) {
      setStage(faulty(t, file, error));
    }
    setAsking(false);
  };
  const check = async (chosen: File | null) => {
    if (!chosen) return;
    setStage({ at: "checking", name: chosen.name });
    // A type of our own: browsers take it from the name, and on some machines CSV is Excel's.
    await dryRun(new Blob([chosen], { type: "text/csv" }), []);
  };
  const run = async (file: Blob, accept: readonly string[]) => {
    const outcome = await importing.mutate({ file, accept });
    if (outcome.status !== "saved") return setStage(faulty(t, file, outcome.error));
    const count = (outcome.answer?.created.length ?? 0) + (outcome.answer?.changed.length ?? 0);
    const action = { label: t("plan.toast.undo"), run: () => void undo() };
    toast({ sentence: t("calendar.import.done", { count }), action });
    close();
  };
  return { stage, busy: asking || importing.pending > 0, check, overrule: dryRun, run };
}
