import { Button, Stack, Text } from "@mantine/core";
import { IconAlertCircle, IconUserPlus } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { sentenceOf } from "../api/problem";
import type { Staff } from "../api/types";
import { useAnnounce } from "../live/announcer";
import { Notice } from "../ui/Notice";
import { useTeamChange } from "./queries";

/** Somebody who has left: they can be taken back. */
export function Former({ member, close }: { member: Staff; close: () => void }) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const [refusal, setRefusal] = useState<string | null>(null);
  const { mutate, pending } = useTeamChange((api, { id, version }: Staff, requestId) =>
    api.restoreStaff(id, version, requestId),
  );
  const restore = async () => {
    setRefusal(null);
    const outcome = await mutate(member);
    if (outcome.status !== "saved") return setRefusal(sentenceOf(outcome.error));
    announce(t("team.done.restored", { name: member.name }));
    close();
  };
  return (
    <Stack>
      {refusal && <Notice tone="bad" icon={IconAlertCircle} title={refusal} urgent />}
      <Text size="sm">
        {[member.email, member.skills.join(" · "), member.contract.name].filter(Boolean).join(" · ")}
      </Text>
      <Button
        leftSection={<IconUserPlus size={17} stroke={1.8} />}
        loading={pending > 0}
        onClick={() => void restore()}
      >
        {t("team.leave.back")}
      </Button>
    </Stack>
  );
}
