import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useInsertionEffect,
  useMemo,
  useState,
} from "react";
import { useTranslation } from "react-i18next";
import type { Schedule } from "../../api/types";
import type { Grid } from "../../grid/grid";
import { useAnnounce } from "../../live/announcer";
import { Arriving } from "../../ui/Arriving";
import { soon } from "../../ui/soon";
import { useOpening } from "../../ui/use-opening";
import { cardOf, type Spot } from "../use-grid-focus";
import type { Planner } from "../use-plan";
import { WeekContext } from "../use-quick-entry";
import { CardMenu, type OpenMenu } from "./CardMenu";
import { SelectionBar } from "./SelectionBar";
import { Selection, SelectionContext } from "./selection";
import { useCardDeeds } from "./use-card-deeds";

const MoveDialog = soon(() => import("./MoveDialog").then((module) => module.MoveDialog));

/** What managers do with cards, in whatever view they stand. */
export interface CardActions {
  readonly selection: Selection;
  /** The shifts that something done to one of them is done to: all that are selected, if it is. */
  readonly chosen: (shift: Schedule) => readonly Schedule[];
  /** A click with Ctrl, Cmd or Shift held selects; whether it did. */
  readonly click: (shift: Schedule, keys: Pick<MouseEvent, "ctrlKey" | "metaKey" | "shiftKey">) => boolean;
  readonly openMenu: (shift: Schedule, at: OpenMenu["at"]) => void;
  /** Asks where shifts shall go. */
  readonly move: (shifts: readonly Schedule[]) => void;
}

const CardActionsContext = createContext<CardActions | null>(null);

/** Null where nothing is planned: for staff. */
export const useCardActions = () => useContext(CardActionsContext);

const spotFor = (shift: Schedule, grid: Grid): Spot => {
  const day = grid.shifts.find(({ schedule }) => schedule.id === shift.id)?.day ?? "";
  return { staffId: shift.staff_id, day, card: cardOf(shift) };
};

function useMoving() {
  const { opening: moving, open, close } = useOpening<readonly [Schedule, ...Schedule[]]>();
  const move = useCallback(
    ([first, ...others]: readonly Schedule[]) => {
      if (first) open([first, ...others]);
    },
    [open],
  );
  return { moving, move, close };
}

interface Props {
  readonly grid: Grid;
  readonly planner: Planner;
  /** There is nowhere to put what was copied: a list has no cells. */
  readonly list?: boolean;
  readonly children: ReactNode;
}

/** The menu of the cards, the bar of those that are selected, and the dialog that moves them. */
export function CardActionsProvider({ grid, planner, list = false, children }: Props) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const week = useContext(WeekContext);
  const [selection] = useState(() => new Selection());
  const [menu, setMenu] = useState<OpenMenu | null>(null);
  const { moving, move, close } = useMoving();
  const deeds = useCardDeeds(planner);
  const [monday] = grid.days;

  // biome-ignore lint/correctness/useExhaustiveDependencies: another week has other shifts
  useEffect(() => void selection.clear(), [monday, selection]);
  useEffect(
    () =>
      selection.listen(() => {
        const count = selection.ids().size;
        announce(count > 0 ? t("plan.select.count", { count }) : t("plan.select.none"));
      }),
    [selection, announce, t],
  );

  // The cards are not drawn anew when the week changes.
  const [newest] = useState({ grid });
  useInsertionEffect(() => {
    newest.grid = grid;
  });
  const actions = useMemo<CardActions>(() => {
    const chosen = (shift: Schedule) => {
      const others = selection.shifts(newest.grid).filter(({ id }) => id !== shift.id);
      return selection.ids().has(shift.id) ? [shift, ...others] : [shift];
    };
    const click: CardActions["click"] = (shift, { ctrlKey, metaKey, shiftKey }) => {
      const here = spotFor(shift, newest.grid);
      if (shiftKey) selection.extend(newest.grid, here, here);
      else if (ctrlKey || metaKey) selection.toggle(shift.id, here);
      else return false;
      return true;
    };
    const openMenu: CardActions["openMenu"] = (shift, at) => setMenu({ shifts: chosen(shift), at });
    return { selection, chosen, click, openMenu, move };
  }, [selection, newest, move]);

  return (
    <CardActionsContext value={actions}>
      <SelectionContext value={selection}>
        {children}
        <SelectionBar grid={grid} move={move} {...deeds} />
      </SelectionContext>
      <CardMenu menu={menu} list={list} close={() => setMenu(null)} move={move} {...deeds} />
      <Arriving>
        {moving && week && (
          <MoveDialog key={moving.number} {...{ week, planner, close }} shifts={moving.about} opened={moving.opened} />
        )}
      </Arriving>
    </CardActionsContext>
  );
}
