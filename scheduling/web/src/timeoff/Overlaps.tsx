import { Button, Radio } from "@mantine/core";
import { IconAlertTriangle, IconCheck } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Schedule, ShiftFate, TimeOff } from "../api/types";
import { usePlanned } from "../live/queries";
import { whenOf } from "../time/words";
import { Notice } from "../ui/Notice";

const FATES: readonly ShiftFate[] = ["open", "draft", "keep"];

/** The person's shifts in the time that is asked for, earliest first; undefined until they are known. */
function useOverlapping({ staff_id, starts_at, ends_at }: TimeOff): readonly Schedule[] | undefined {
  const between = useMemo(() => ({ from: starts_at, to: ends_at }), [starts_at, ends_at]);
  const planned = usePlanned(between).data;
  return useMemo(() => {
    const theirs = planned && [...planned.values()].filter((shift) => shift.staff_id === staff_id);
    return theirs?.sort((a, b) => a.starts_at.localeCompare(b.starts_at));
  }, [planned, staff_id]);
}

interface Props {
  readonly request: TimeOff;
  readonly busy: boolean;
  /** Null: nothing is left of which anything could become. */
  readonly approve: (fate: ShiftFate | null) => void;
}

/** The shifts that stand in the time that is asked for, as they are now, and what is to become of them. */
export function Overlaps({ request, busy, approve }: Props) {
  const { t } = useTranslation();
  const [fate, setFate] = useState<ShiftFate>("open");
  const shifts = useOverlapping(request);
  const none = shifts?.length === 0;
  const title = none ? t("timeoff.overlapsNone") : t("timeoff.overlaps", { count: shifts?.length ?? 1 });
  return (
    <Notice tone={none ? "quiet" : "warn"} icon={none ? IconCheck : IconAlertTriangle} title={title} urgent>
      {shifts?.map((shift) => (
        <p key={shift.id}>
          {[whenOf(shift), shift.role, shift.location, ...(shift.status === "draft" ? [t("timeoff.draft")] : [])].join(
            " · ",
          )}
        </p>
      ))}
      {!none && (
        <Radio.Group
          mt={10}
          value={fate}
          onChange={(value) => setFate(value as ShiftFate)}
          label={t("timeoff.fate.ask")}
        >
          {FATES.map((each) => (
            <Radio key={each} mt={6} value={each} label={t(`timeoff.fate.${each}`)} />
          ))}
        </Radio.Group>
      )}
      <Button mt={12} size="xs" loading={busy} disabled={!shifts} onClick={() => approve(none ? null : fate)}>
        {none ? t("timeoff.approve") : t("timeoff.approveSo")}
      </Button>
    </Notice>
  );
}
