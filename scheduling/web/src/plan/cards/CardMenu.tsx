import { Menu } from "@mantine/core";
import {
  IconArrowsMove,
  IconCopy,
  IconEyeOff,
  IconPencil,
  IconRepeat,
  IconSend,
  IconTrash,
  type Icon as TablerIcon,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Schedule } from "../../api/types";
import { useDesk } from "../../grid/desk";
import { type CardDeeds, draftsOf, publishedOf } from "./use-card-deeds";

/** Where a menu opens, in CSS pixels from the viewport's corner, and for which shifts. */
export interface OpenMenu {
  readonly shifts: readonly Schedule[];
  readonly at: Pick<DOMRect, "left" | "top" | "width" | "height">;
}

interface Props extends CardDeeds {
  readonly menu: OpenMenu | null;
  readonly list: boolean;
  readonly close: () => void;
  readonly move: (shifts: readonly Schedule[]) => void;
}

interface Entry {
  /** Its words are in the catalogue under `plan.menu`. */
  readonly name: "open" | "move" | "copy" | "repeat" | "publish" | "withdraw" | "remove";
  readonly icon: TablerIcon;
  readonly does: (shifts: readonly Schedule[]) => void;
  readonly fits: (shifts: readonly Schedule[]) => boolean;
}

/** What can be done with a shift, or with all that are selected: by its dots, a right click, or the menu key. */
export function CardMenu({ menu, list, close, move, copy, remove, publish, withdraw }: Props) {
  const { t } = useTranslation();
  const { openShift, repeatShift } = useDesk();
  const any = () => true;
  const one = (shifts: readonly Schedule[]) => shifts.length === 1;
  const entries: readonly Entry[] = [
    {
      name: "open",
      icon: IconPencil,
      does: ([first]) => first && openShift(first.id),
      fits: one,
    },
    { name: "move", icon: IconArrowsMove, does: move, fits: any },
    { name: "copy", icon: IconCopy, does: copy, fits: () => !list },
    { name: "repeat", icon: IconRepeat, does: ([first]) => first && repeatShift(first.id), fits: one },
    { name: "publish", icon: IconSend, does: publish, fits: (shifts) => draftsOf(shifts).length > 0 },
    { name: "withdraw", icon: IconEyeOff, does: withdraw, fits: (shifts) => publishedOf(shifts).length > 0 },
    { name: "remove", icon: IconTrash, does: remove, fits: any },
  ];
  const shifts = menu?.shifts ?? [];
  return (
    <Menu
      opened={menu !== null}
      onClose={close}
      position="bottom-start"
      shadow="md"
      // Where the card was pressed is no element that could be scrolled out of sight.
      hideDetached={false}
    >
      <Menu.Target>
        <span aria-hidden="true" style={{ position: "fixed", pointerEvents: "none", ...menu?.at }} />
      </Menu.Target>
      <Menu.Dropdown aria-label={t("plan.menu.label")}>
        {shifts.length > 1 && <Menu.Label>{t("plan.select.count", { count: shifts.length })}</Menu.Label>}
        {entries
          .filter(({ fits }) => fits(shifts))
          .map(({ name, icon: Icon, does }) => (
            <Menu.Item key={name} leftSection={<Icon size={16} stroke={1.8} />} onClick={() => does(shifts)}>
              {t(`plan.menu.${name}`)}
            </Menu.Item>
          ))}
      </Menu.Dropdown>
    </Menu>
  );
}
