import { ActionIcon, Button } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useContext, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import type { Schedule } from "../../api/types";
import type { Grid } from "../../grid/grid";
import classes from "./SelectionBar.module.css";
import { SelectionContext } from "./selection";
import { type CardDeeds, draftsOf, publishedOf } from "./use-card-deeds";

interface Props extends CardDeeds {
  readonly grid: Grid;
  readonly move: (shifts: readonly Schedule[]) => void;
}

/** What can be done with the selected shifts, while there are any. */
export function SelectionBar({ grid, move, remove, publish, withdraw }: Props) {
  const { t } = useTranslation();
  const selection = useContext(SelectionContext);
  useSyncExternalStore(selection.listen, selection.ids);
  const shifts = selection.shifts(grid);
  const [drafts, published] = [draftsOf(shifts).length, publishedOf(shifts).length];
  if (shifts.length === 0) return null;
  return (
    <section className={classes.bar} aria-label={t("plan.select.label")} data-selection>
      <strong className={classes.count}>{t("plan.select.count", { count: shifts.length })}</strong>
      <Button size="sm" variant="default" onClick={() => move(shifts)}>
        {t("plan.menu.move")}
      </Button>
      {drafts > 0 && (
        <Button size="sm" variant="default" onClick={() => publish(shifts)}>
          {t("plan.select.publish", { count: drafts })}
        </Button>
      )}
      {published > 0 && (
        <Button size="sm" variant="default" onClick={() => withdraw(shifts)}>
          {t("plan.select.withdraw", { count: published })}
        </Button>
      )}
      <Button size="sm" variant="default" onClick={() => remove(shifts)}>
        {t("plan.menu.remove")}
      </Button>
      <ActionIcon
        variant="subtle"
        color="gray"
        size={30}
        aria-label={t("plan.select.clear")}
        onClick={() => selection.clear()}
      >
        <IconX size={17} stroke={1.8} />
      </ActionIcon>
    </section>
  );
}
