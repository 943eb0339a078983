import { Alert, Button, Group, Text } from "@mantine/core";
import { IconAlertCircle, IconAlertTriangle } from "@tabler/icons-react";

interface Props {
  /** Reasons that no field shows. */
  readonly general: readonly string[];
  /** The refusal may be overruled. */
  readonly overrule: boolean;
  readonly action: string;
  readonly busy: boolean;
  readonly anyway: () => void;
}

/** Why something was not saved, and the way past the soft rules. */
export function Refused({ general, overrule, action, busy, anyway }: Props) {
  const Icon = overrule ? IconAlertTriangle : IconAlertCircle;
  const title = overrule ? "This breaks a rule" : "Not saved";
  return (
    <Alert color={overrule ? "yellow" : "red"} icon={<Icon size={18} />} title={title} role="alert">
      {general.map((message) => (
        <Text key={message} size="sm">
          {message}
        </Text>
      ))}
      {overrule ? (
        <Group mt={10} justify="space-between">
          <Text size="sm">You may overrule it.</Text>
          <Button size="xs" color="yellow.9" variant="outline" loading={busy} onClick={anyway}>
            {action} anyway
          </Button>
        </Group>
      ) : (
        general.length === 0 && <Text size="sm">See the fields marked below.</Text>
      )}
    </Alert>
  );
}
