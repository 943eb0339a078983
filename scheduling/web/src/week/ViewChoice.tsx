import { ActionIcon, SegmentedControl, Tooltip } from "@mantine/core";
import { IconCalendarMonth, IconListDetails, IconUsersGroup } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { usePageLetters } from "../ui/use-page-letters";
import classes from "./WeekToolbar.module.css";
import type { Place, View } from "./week-search";

const VIEWS: readonly View[] = ["day", "week", "month"];
const KEYS = { day: "d", week: "w", month: "m" } as const;

interface Props {
  readonly place: Place;
  readonly phone: boolean;
  readonly change: (view: View) => void;
  readonly group: (by: "role" | undefined) => void;
}

/** Weeks and months are each other's other view on the phone, where a day is a part of the week's list. */
function PhoneChoice({ place, change }: Pick<Props, "place" | "change">) {
  const { t } = useTranslation();
  const other = place.view === "month" ? "week" : "month";
  const Icon = other === "month" ? IconCalendarMonth : IconListDetails;
  return (
    <ActionIcon variant="default" size={34} aria-label={t(`week.views.${other}`)} onClick={() => change(other)}>
      <Icon size={18} stroke={1.8} />
    </ActionIcon>
  );
}

/** Day, week or month, and by what the rows are ordered. */
export function ViewChoice({ place, phone, change, group }: Props) {
  const { t } = useTranslation();
  const byRole = place.by === "role";
  usePageLetters(VIEWS.map((view) => [KEYS[view], () => change(view)]));
  if (phone) return <PhoneChoice {...{ place, change }} />;
  return (
    <>
      <SegmentedControl
        size="sm"
        className={classes.views}
        aria-label={t("week.views.label")}
        value={place.view ?? "week"}
        onChange={(view) => change(view as View)}
        data={VIEWS.map((value) => ({ value, label: t(`week.views.${value}`) }))}
      />
      {place.view !== "month" && (
        <Tooltip label={t("week.views.byRole")}>
          <ActionIcon
            variant={byRole ? "light" : "default"}
            size={34}
            aria-label={t("week.views.byRole")}
            aria-pressed={byRole}
            onClick={() => group(byRole ? undefined : "role")}
          >
            <IconUsersGroup size={18} stroke={1.8} />
          </ActionIcon>
        </Tooltip>
      )}
    </>
  );
}
