import { useCallback, useContext, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Problem, sentenceOf } from "../api/problem";
import type { Schedule } from "../api/types";
import { useAnnounce } from "../live/announcer";
import { useSignedIn } from "../session/signed-in";
import { type Batching, HistoryContext, useBatch, useRestore } from "../shift/mutations";
import type { Day } from "../time/week";
import type { Translate } from "../words/language";
import { copyOf, distance, shifted } from "./placing";
import { useToast } from "./toasts";

type Outcome = Awaited<ReturnType<ReturnType<typeof useBatch>["mutate"]>>;
type Unsaved = Exclude<Outcome, { readonly status: "saved" }>;

/** Why it was not done, in words. */
function why(t: Translate, outcome: Unsaved): string {
  if (outcome.status === "refused") return sentenceOf(outcome.error);
  const { by: name, current } = outcome;
  if (name === null) return t(current ? "plan.not.somebodyChanged" : "plan.not.somebodyDeleted");
  return t(current ? "plan.not.changedSince" : "plan.not.deletedSince", { name });
}

/** What a manager does in the grid itself: each change shows at once, can be undone, and says why when it is refused. */
export interface Planner {
  /** Changes shifts together. `done` is said when it is saved; with `undo` it stands on the screen with a way back. */
  readonly apply: (batching: Batching, done: string, options?: { readonly undo?: boolean }) => void;
  readonly remove: (shifts: readonly Schedule[]) => void;
  readonly copy: (shifts: readonly Schedule[]) => void;
  /** Puts what was copied there as drafts; the first of several on this day, the others as far from it as they were. */
  readonly paste: (staffId: number | null, day: Day) => void;
  readonly undo: () => void;
}

/** Takes back the newest change of this page, and says so. */
export function useUndo(): () => Promise<void> {
  const history = useContext(HistoryContext);
  const { mutate: restore } = useRestore();
  const { t } = useTranslation();
  const toast = useToast();
  return useCallback(
    () =>
      history.inTurn(async () => {
        const deed = history.pop();
        if (!deed) return toast({ sentence: t("plan.not.toUndo") });
        const rows = await history.rowsOf(deed);
        if (!rows) return;
        const outcome = await restore(rows);
        if (outcome.status === "saved") return toast({ sentence: t("plan.done.undone", { count: rows.length }) });
        toast({ sentence: t("plan.not.undone", { why: why(t, outcome) }), bad: true });
      }),
    [history, restore, toast, t],
  );
}

export function usePlan(): Planner {
  const { me } = useSignedIn();
  const { t } = useTranslation();
  const { mutate } = useBatch();
  const announce = useAnnounce();
  const toast = useToast();
  const undo = useUndo();
  const clipboard = useRef<readonly Schedule[]>([]);

  const apply = useCallback<Planner["apply"]>(
    async (batching, done, options = {}) => {
      const outcome = await mutate(batching);
      const back = { label: t("plan.toast.undo"), run: () => void undo() };
      if (outcome.status === "saved") return options.undo ? toast({ sentence: done, action: back }) : announce(done);
      const { error } = outcome;
      const codes = error instanceof Problem && error.overrulable ? error.codes : null;
      const anyway = () => apply({ ...batching, accept: codes ?? [] }, done, options);
      const action = codes ? { action: { label: t("plan.toast.anyway"), run: () => void anyway() } } : {};
      toast({ sentence: t("plan.not.saved", { why: why(t, outcome) }), bad: true, ...action });
    },
    [mutate, announce, toast, undo, t],
  );

  return useMemo(() => {
    const remove = (shifts: readonly Schedule[]) => {
      const rows = shifts.map((before) => ({ before, after: null }));
      const done = t("plan.done.deleted", { count: shifts.length });
      if (rows.length > 0) void apply({ kind: "delete", rows }, done, { undo: true });
    };
    const copy = (shifts: readonly Schedule[]) => {
      clipboard.current = shifts;
      if (shifts.length > 0) announce(t("plan.done.copied", { count: shifts.length }));
    };
    const paste = (staffId: number | null, day: Day) => {
      const [first] = clipboard.current;
      if (!first) return toast({ sentence: t("plan.not.copied") });
      const days = distance(first, day);
      const whose = (shift: Schedule) => (shift.staff_id === first.staff_id ? staffId : shift.staff_id);
      const moved = clipboard.current.map((shift) => shifted(shift, days, whose(shift)));
      const there = moved.filter((shift) => shift !== null);
      const never = { sentence: t("plan.not.saved", { why: t("plan.not.noSuchTime") }), bad: true };
      if (there.length < moved.length) return toast(never);
      const rows = there.map((shift) => ({ before: null, after: copyOf(shift, me) }));
      void apply({ kind: "copy", rows }, t("plan.done.pasted", { count: rows.length }), { undo: true });
    };
    return { apply, remove, copy, paste, undo: () => void undo() };
  }, [apply, announce, toast, undo, me, t]);
}
