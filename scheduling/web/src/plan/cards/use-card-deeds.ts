import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Schedule } from "../../api/types";
import type { Planner } from "../use-plan";

/** What can be done with shifts beside putting them elsewhere. */
export interface CardDeeds {
  readonly copy: (shifts: readonly Schedule[]) => void;
  readonly remove: (shifts: readonly Schedule[]) => void;
  readonly publish: (shifts: readonly Schedule[]) => void;
  readonly withdraw: (shifts: readonly Schedule[]) => void;
}

export const draftsOf = (shifts: readonly Schedule[]) => shifts.filter(({ status }) => status === "draft");
export const publishedOf = (shifts: readonly Schedule[]) => shifts.filter(({ status }) => status === "published");

export function useCardDeeds({ apply, copy, remove }: Planner): CardDeeds {
  const { t } = useTranslation();
  return useMemo(() => {
    const become = (shifts: readonly Schedule[], status: Schedule["status"], done: string) => {
      const rows = shifts.map((before) => ({ before, after: { ...before, status } }));
      if (rows.length > 0) apply({ kind: "publish", rows }, done, { undo: true });
    };
    return {
      copy,
      remove,
      publish: (shifts) => {
        const drafts = draftsOf(shifts);
        become(drafts, "published", t("shift.done.published", { count: drafts.length }));
      },
      withdraw: (shifts) => {
        const published = publishedOf(shifts);
        become(published, "draft", t("plan.done.withdrawn", { count: published.length }));
      },
    };
  }, [apply, copy, remove, t]);
}
