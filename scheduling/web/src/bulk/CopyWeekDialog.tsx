import { Select, Stack, Text } from "@mantine/core";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { MOST_AT_ONCE } from "../api/api";
import type { Schedule } from "../api/types";
import { shiftOf } from "../grid/grid";
import type { WeekDialogProps } from "../grid/use-week";
import { usePlanned } from "../live/queries";
import { useSignedIn } from "../session/signed-in";
import { addDays, type Day } from "../time/week";
import { weekLabel, weekTitleShort } from "../time/words";
import { weekWindow } from "../time/zone";
import { Dialog } from "../ui/Dialog";
import { DraftingFoot } from "./DraftingFoot";
import { copiesOf, missing } from "./drafts";
import { useDrafting } from "./use-drafting";

/** How many weeks back one may copy from. */
const WEEKS_BACK = 8;

/** All shifts that start in a week, drafts too; undefined until they are there. */
function useShiftsOf(monday: Day) {
  const between = useMemo(() => weekWindow(monday), [monday]);
  const planned = usePlanned(between).data;
  return useMemo(() => {
    const starts = (shift: Schedule) => shiftOf(shift).day;
    return (
      planned && [...planned.values()].filter((each) => starts(each) >= monday && starts(each) < addDays(monday, 7))
    );
  }, [planned, monday]);
}

/** Copies the shifts of an earlier week into the one on the screen, as drafts. */
export function CopyWeekDialog({ opened, close, week, monday }: WeekDialogProps) {
  const { t } = useTranslation();
  const { me } = useSignedIn();
  const [back, setBack] = useState(1);
  const from = addDays(monday, -7 * back);
  const shifts = useShiftsOf(from);
  const drafting = useDrafting("copy");
  const { drafts, impossible } = useMemo(() => copiesOf(shifts ?? [], 7 * back, me), [shifts, back, me]);
  const there = (week.grid?.shifts ?? []).map(({ schedule }) => schedule);
  const wanted = missing(drafts, there);
  const words = {
    yes: (count: number) => t("bulk.copy.yes", { count }),
    tooMany: (count: number) => t("bulk.copy.tooMany", { count, most: MOST_AT_ONCE }),
    done: (count: number) => t("bulk.copy.done", { count }),
    cancel: t("bulk.cancel"),
  };
  const weeks = Array.from({ length: WEEKS_BACK }, (_, index) => {
    const first = addDays(monday, -7 * (index + 1));
    return { value: String(index + 1), label: `${weekLabel(t, first)}, ${weekTitleShort(first, addDays(first, 6))}` };
  });
  return (
    <Dialog opened={opened} close={close} title={t("bulk.copy.title")} size={540}>
      <Stack gap="md">
        <Select
          label={t("bulk.copy.from")}
          data={weeks}
          value={String(back)}
          allowDeselect={false}
          onChange={(value) => {
            setBack(Number(value ?? 1));
            drafting.forget();
          }}
        />
        <Text size="sm" c="dimmed">
          {shifts?.length === 0 ? t("bulk.copy.nothing") : t("bulk.copy.asDrafts")}
          {drafts.length > wanted.length && ` ${t("bulk.copy.there", { count: drafts.length - wanted.length })}`}
          {impossible.length > 0 && ` ${t("bulk.copy.impossible", { count: impossible.length })}`}
        </Text>
        <DraftingFoot {...{ drafting, words, close }} wanted={shifts && wanted} cancel={close} />
      </Stack>
    </Dialog>
  );
}
