import { Alert, Button, Group, Text } from "@mantine/core";
import { IconCloudOff } from "@tabler/icons-react";
import { sentenceOf } from "../api/problem";

/** Says that something could not be loaded, and offers to try again. */
export function Failure({ what, error, retry }: { what: string; error: unknown; retry: () => void }) {
  return (
    <Alert icon={<IconCloudOff size={18} />} color="red" title={`${what} could not be loaded`} m="md">
      <Group justify="space-between">
        <Text size="sm">{sentenceOf(error)}</Text>
        <Button variant="default" size="xs" onClick={retry}>
          Try again
        </Button>
      </Group>
    </Alert>
  );
}
