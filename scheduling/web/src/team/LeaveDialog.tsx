import { Button, Group, Radio, Stack, Text } from "@mantine/core";
import { IconAlertCircle } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { sentenceOf } from "../api/problem";
import type { ShiftFate, Staff } from "../api/types";
import { useAnnounce } from "../live/announcer";
import { Dialog } from "../ui/Dialog";
import { Notice } from "../ui/Notice";
import { useShiftsAhead, useTeamChange } from "./queries";

const FATES: readonly ShiftFate[] = ["open", "draft", "keep"];

interface Props {
  readonly member: Staff;
  readonly close: () => void;
  readonly left: () => void;
}

function Leave({ member, close, left }: Props) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const ahead = useShiftsAhead(member.id);
  const [fate, setFate] = useState<ShiftFate>("open");
  const [refusal, setRefusal] = useState<string | null>(null);
  const { mutate, pending } = useTeamChange((api, shifts: ShiftFate, requestId) =>
    api.removeStaff(member.id, { version: member.version, shifts }, requestId),
  );
  const remove = async () => {
    setRefusal(null);
    const outcome = await mutate(fate);
    if (outcome.status !== "saved") return setRefusal(sentenceOf(outcome.error));
    announce(t("team.done.removed", { name: member.name }));
    left();
  };
  return (
    <Stack>
      {refusal && <Notice tone="bad" icon={IconAlertCircle} title={refusal} urgent />}
      <Text size="sm">{t("team.leave.text")}</Text>
      {ahead === 0 && <Text size="sm">{t("team.leave.noShifts")}</Text>}
      {ahead !== 0 && (
        <Radio.Group
          value={fate}
          onChange={(value) => setFate(value as ShiftFate)}
          label={t("team.leave.ask")}
          description={ahead && t("team.leave.shifts", { count: ahead })}
        >
          {FATES.map((each) => (
            <Radio key={each} mt={8} value={each} label={t(`team.leave.fate.${each}`)} />
          ))}
        </Radio.Group>
      )}
      <Group justify="flex-end" gap={8}>
        <Button variant="default" onClick={close}>
          {t("team.leave.no")}
        </Button>
        <Button color="red.8" loading={pending > 0} onClick={() => void remove()}>
          {t("team.leave.yes")}
        </Button>
      </Group>
    </Stack>
  );
}

/** Asks whether somebody leaves, and what becomes of the shifts that they have. */
export function LeaveDialog({ opened, ...props }: Props & { opened: boolean }) {
  const { t } = useTranslation();
  return (
    <Dialog opened={opened} close={props.close} title={t("team.leave.title", { name: props.member.name })} size={460}>
      {opened && <Leave {...props} />}
    </Dialog>
  );
}
