import { ActionIcon, Menu, Tooltip } from "@mantine/core";
import {
  type Icon,
  IconCalendarShare,
  IconCopy,
  IconDots,
  IconFileExport,
  IconFileImport,
  IconPrinter,
  IconTemplate,
  IconUsers,
} from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import type { ComponentType } from "react";
import { useTranslation } from "react-i18next";
import type { WeekDialogProps } from "../grid/use-week";
import { useSignedIn } from "../session/signed-in";
import { Arriving } from "../ui/Arriving";
import { soon } from "../ui/soon";
import { useOpening } from "../ui/use-opening";

/** The week on the screen. */
type Shown = Pick<WeekDialogProps, "week" | "monday">;

interface Entry {
  /** Its words are in the catalogue under `week.menu`. */
  readonly name: "copy" | "templates" | "import" | "export" | "calendar" | "print" | "team";
  readonly icon: Icon;
  readonly readers: "managers" | "everyone";
  /** A dialog, another page, or something that is done at once. */
  readonly opens?: ComponentType<WeekDialogProps>;
  readonly leadsTo?: "/team";
  readonly does?: (shown: Shown) => void;
}

/** What can be done with a whole week, in the menu's order. */
const ENTRIES: readonly Entry[] = [
  {
    name: "copy",
    icon: IconCopy,
    readers: "managers",
    opens: soon(() => import("../bulk/CopyWeekDialog").then((module) => module.CopyWeekDialog)),
  },
  {
    name: "templates",
    icon: IconTemplate,
    readers: "managers",
    opens: soon(() => import("../bulk/TemplatesDialog").then((module) => module.TemplatesDialog)),
  },
  {
    name: "import",
    icon: IconFileImport,
    readers: "managers",
    opens: soon(() => import("../calendar/ImportDialog").then((module) => module.ImportDialog)),
  },
  {
    name: "export",
    icon: IconFileExport,
    readers: "everyone",
    opens: soon(() => import("../calendar/ExportDialog").then((module) => module.ExportDialog)),
  },
  {
    name: "calendar",
    icon: IconCalendarShare,
    readers: "everyone",
    opens: soon(() => import("../calendar/LinksDialog").then((module) => module.LinksDialog)),
  },
  {
    name: "print",
    icon: IconPrinter,
    readers: "everyone",
    // When the menu has closed and has given the focus back: the browser's own dialog holds the page up.
    does: () => setTimeout(() => window.print()),
  },
  { name: "team", icon: IconUsers, readers: "managers", leadsTo: "/team" },
];

/** "More": what can be done with the week beside planning shift by shift. */
export function WeekMenu({ week, monday }: Shown) {
  const { t } = useTranslation();
  const { manager } = useSignedIn();
  const { opening, open, close } = useOpening<{ readonly Dialog: ComponentType<WeekDialogProps> }>();
  const entries = ENTRIES.filter(({ readers }) => manager || readers === "everyone");
  const navigate = useNavigate();
  const choose = ({ opens, leadsTo, does }: Entry) => {
    does?.({ week, monday });
    if (leadsTo) void navigate({ to: leadsTo });
    if (opens) open({ Dialog: opens });
  };
  if (entries.length === 0) return null;
  return (
    <>
      <Menu position="bottom-end" shadow="md">
        <Menu.Target>
          <Tooltip label={t("week.more")}>
            <ActionIcon variant="default" size={34} aria-label={t("week.more")}>
              <IconDots size={18} stroke={1.8} />
            </ActionIcon>
          </Tooltip>
        </Menu.Target>
        <Menu.Dropdown>
          {entries.map((entry) => (
            <Menu.Item
              key={entry.name}
              leftSection={<entry.icon size={16} stroke={1.8} />}
              disabled={!week.grid}
              onClick={() => choose(entry)}
            >
              {t(`week.menu.${entry.name}`)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Arriving>
        {opening && <opening.about.Dialog key={opening.number} {...{ week, monday, close }} opened={opening.opened} />}
      </Arriving>
    </>
  );
}
