import { Button, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Schedule } from "../api/types";
import type { Week } from "../grid/use-week";
import type { RowChange } from "../live/changes";
import { useSignedIn } from "../session/signed-in";
import type { Day } from "../time/week";
import { byFrequency } from "../time/zone";
import { SidePanel } from "../ui/Dialog";
import { ShiftDetails } from "./ShiftDetails";
import { ShiftForm } from "./ShiftForm";
import { OPEN, type ShiftValues, valuesOf } from "./shift-fields";
import { useLost } from "./unsent";

/** What the page's address says of the panel. */
interface Asked {
  readonly shift?: number | "new" | undefined;
  /** For whom and when a new shift is prepared. */
  readonly staff?: number | "open" | undefined;
  readonly day?: Day | undefined;
  /** What was not saved of it; by its number in that list. */
  readonly lost?: number | undefined;
}

interface Props {
  readonly week: Week;
  readonly first: Day;
  readonly search: Asked;
  readonly close: () => void;
}

/** Where this person works this week, else where most shifts are, else the first of all places. */
function usualPlace({ grid, locations }: Week, staffId: number | null): string {
  const home = grid?.people.find((line) => line.staffId === staffId)?.home;
  const [commonest] = byFrequency((grid?.shifts ?? []).map((shift) => shift.schedule.location));
  return home ?? commonest ?? locations[0]?.name ?? "";
}

function blank({ week, first, search }: Omit<Props, "close">): ShiftValues {
  const staff = typeof search.staff === "number" ? week.staff.get(search.staff) : undefined;
  return {
    staff: staff ? String(staff.id) : OPEN,
    day: search.day ?? first,
    start: "07:00",
    end: "15:00",
    role: staff?.skills[0] ?? "",
    location: usualPlace(week, staff?.id ?? null),
    note: "",
  };
}

function Gone({ close }: { close: () => void }) {
  const { t } = useTranslation();
  return (
    <Stack>
      <Text>{t("shift.panel.gone")}</Text>
      <Button variant="default" onClick={close}>
        {t("shift.panel.close")}
      </Button>
    </Stack>
  );
}

interface EditProps {
  readonly live: Schedule | null;
  /** What was tried before. */
  readonly meant: RowChange<Schedule> | undefined;
  readonly week: Week;
  readonly close: () => void;
}

function EditShift({ live, meant, week, close }: EditProps) {
  // What was meant was meant of the shift as it was then: what others have changed since is asked about.
  const [schedule] = useState(live && (meant?.before ?? live));
  if (!schedule) return <Gone close={close} />;
  return <ShiftForm {...{ schedule, live, week, close }} initial={valuesOf(meant?.after ?? schedule)} />;
}

function Content({ close: leave, ...props }: Props) {
  const { week, search } = props;
  const { manager } = useSignedIn();
  const { lost, drop } = useLost();
  const [meant] = lost.find(({ number }) => number === search.lost)?.rows ?? [];
  const key = `${search.shift} ${search.lost}`;
  const close = () => {
    if (meant && search.lost) drop(search.lost);
    leave();
  };
  if (search.shift === "new") {
    const initial = meant?.after ? valuesOf(meant.after) : blank(props);
    return <ShiftForm key={key} schedule={null} live={null} initial={initial} week={week} close={close} />;
  }
  const live = week.shifts?.get(search.shift ?? 0) ?? null;
  if (manager) return <EditShift key={key} {...{ live, meant, week, close }} />;
  return live ? <ShiftDetails schedule={live} week={week} /> : <Gone close={close} />;
}

/** The side panel of one shift: its form for managers, its details for everyone else. */
export function ShiftPanel(props: Props) {
  const { t } = useTranslation();
  const { week, search, close } = props;
  const { manager } = useSignedIn();
  const opened = search.shift !== undefined && week.grid !== null && (manager || search.shift !== "new");
  const kind = search.shift === "new" ? "new" : manager ? "edit" : "read";
  return (
    <SidePanel opened={opened} close={close} title={t(`shift.panel.${kind}`)}>
      {opened && <Content {...props} />}
    </SidePanel>
  );
}
