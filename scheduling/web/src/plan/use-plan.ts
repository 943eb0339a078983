import { useCallback, useContext, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import { isUnreachable, Problem, sentenceOf } from "../api/problem";
import { reasonSentences } from "../api/reasons";
import type { Schedule } from "../api/types";
import { useAnnounce } from "../live/announcer";
import type { Check } from "../rules/use-check";
import { useSignedIn } from "../session/signed-in";
import { type DeedKind, HistoryContext } from "../shift/history";
import { type Batching, useBatch, useRestore } from "../shift/mutations";
import { copyOf, distance, shifted, together } from "../shift/placing";
import type { Unsaved } from "../shift/unsent";
import type { Day } from "../time/week";
import type { Translate } from "../words/language";
import { useToast } from "./toasts";

/** Why it was not done, in words. */
export function why(t: Translate, outcome: Unsaved): string {
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
  /**
   * Puts shifts elsewhere, or copies of them as drafts: the first of them `there` (null: a place that does not exist), the others as
   * far from it as they were. What is known to be against the rules is not sent: hard ones refuse, soft ones ask.
   */
  readonly place: (shifts: readonly Schedule[], there: Schedule | null, placing: Placing) => void;
  readonly undo: () => void;
}

export interface Placing {
  readonly kind: "move" | "copy" | "change";
  /** What the rules say of the first one there; null: not known. */
  readonly check: Check | null;
  /** Whoever places them was told of the soft rules that object. */
  readonly accepted?: boolean;
}

const ANYWAY = { move: "plan.toast.moveAnyway", copy: "plan.toast.copyAnyway" } as const;
const NOT = { move: "plan.not.moved", copy: "plan.not.pasted" } as const;

const failed = (t: Translate, kind: DeedKind, why: string) =>
  t(NOT[kind as keyof typeof NOT] ?? "plan.not.saved", { why });
const anyway = (t: Translate, kind: DeedKind) => t(ANYWAY[kind as keyof typeof ANYWAY] ?? "plan.toast.anyway");

function doneWords(t: Translate, kind: Placing["kind"], count: number): string {
  if (kind === "change") return t("plan.done.times");
  return kind === "move" ? t("plan.done.moved", { count }) : t("plan.done.pasted", { count });
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
        const dropped = history.dropUnsent(deed);
        if (dropped === "waits") {
          history.putBack(deed);
          return toast({ sentence: t("plan.not.undoUnsent"), bad: true });
        }
        if (dropped !== "sent") return toast({ sentence: t("plan.done.undone", { count: dropped.length }) });
        const rows = await history.rowsOf(deed);
        if (!rows) return;
        const outcome = await restore(rows);
        if (outcome.status === "saved") return toast({ sentence: t("plan.done.undone", { count: rows.length }) });
        if (outcome.status === "held") return toast({ sentence: t("plan.done.undoneUnsent", { count: rows.length }) });
        if (outcome.status === "refused" && isUnreachable(outcome.error)) history.putBack(deed);
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
      if (outcome.status === "held") return announce(t("live.unsent.held"), { shown: true });
      const { error } = outcome;
      const codes = error instanceof Problem && error.overrulable ? error.codes : null;
      const run = () => void apply({ ...batching, accept: codes ?? [] }, done, options);
      const action = codes ? { action: { label: anyway(t, batching.kind), run } } : {};
      toast({ sentence: failed(t, batching.kind, why(t, outcome)), bad: true, ...action });
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
    const place: Planner["place"] = (shifts, there, { kind, check, accepted = false }) => {
      const moved = there && together(shifts, there);
      if (!moved) return toast({ sentence: failed(t, kind, t("plan.not.noSuchTime")), bad: true });
      const rows = moved.map((after, index) =>
        kind === "copy" ? { before: null, after: copyOf(after, me) } : { before: shifts[index] ?? null, after },
      );
      const send = (accept?: readonly string[]) =>
        void apply({ kind, rows, accept }, doneWords(t, kind, rows.length), { undo: true });
      const { verdict = "unknown", codes = [], reasons = [] } = check ?? {};
      if (verdict === "soft" && accepted) return send(codes);
      if (verdict !== "soft" && verdict !== "hard") return send();
      const sentence = failed(t, kind, reasonSentences(t, reasons));
      const action = verdict === "soft" ? { action: { label: anyway(t, kind), run: () => send(codes) } } : {};
      toast({ sentence, bad: true, ...action });
    };
    const paste = (staffId: number | null, day: Day) => {
      const [first] = clipboard.current;
      if (!first) return toast({ sentence: t("plan.not.copied") });
      place(clipboard.current, shifted(first, distance(first, day), staffId), { kind: "copy", check: null });
    };
    return { apply, remove, copy, paste, place, undo: () => void undo() };
  }, [apply, announce, toast, undo, me, t]);
}
