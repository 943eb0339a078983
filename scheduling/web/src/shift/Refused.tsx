import { Button, Group } from "@mantine/core";
import { IconAlertCircle, IconAlertTriangle } from "@tabler/icons-react";
import { Notice } from "../shell/Notice";

interface Props {
  /** Reasons that no field shows. */
  readonly general: readonly string[];
  /** The refusal may be overruled. */
  readonly overrule: boolean;
  /** What was tried: "Save", "Publish". */
  readonly action: string;
  readonly busy: boolean;
  readonly anyway: () => void;
}

/** Why something was not done, and the way past the soft rules. */
export function Refused({ general, overrule, action, busy, anyway }: Props) {
  const reasons = general.map((message) => <p key={message}>{message}</p>);
  if (!overrule) {
    return (
      <Notice tone="bad" icon={IconAlertCircle} title="That was not possible" urgent>
        {reasons.length > 0 ? reasons : <p>The reasons stand beside the fields.</p>}
      </Notice>
    );
  }
  return (
    <Notice tone="warn" icon={IconAlertTriangle} title="A rule objects, and you may overrule it" urgent>
      {reasons.length > 0 ? reasons : <p>The reasons stand beside the fields.</p>}
      <Group mt={10}>
        <Button size="xs" variant="default" loading={busy} onClick={anyway}>
          {action} anyway
        </Button>
      </Group>
    </Notice>
  );
}
