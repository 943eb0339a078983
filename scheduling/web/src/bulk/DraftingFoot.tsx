import { Button, Group, Text } from "@mantine/core";
import { MOST_AT_ONCE } from "../api/api";
import type { Schedule } from "../api/types";
import { Misfits } from "./Misfits";
import type { Drafting } from "./use-drafting";

interface Props {
  readonly drafting: Drafting;
  /** What is drafted where nothing has been refused; undefined while it is not known. */
  readonly wanted: readonly Schedule[] | undefined;
  readonly words: {
    readonly yes: (count: number) => string;
    readonly tooMany: (count: number) => string;
    /** Said when it is done. */
    readonly done: (count: number) => string;
    readonly cancel: string;
  };
  readonly cancel: () => void;
  /** All is done. */
  readonly close: () => void;
}

/** How a dialog that drafts many shifts ends: what does not fit and what becomes of it, and the buttons. */
export function DraftingFoot({ drafting, wanted, words, cancel, close }: Props) {
  const { refusal, remedy, choose, left, busy, send, resend } = drafting;
  const count = left ?? wanted?.length ?? 0;
  const draft = async () => {
    if (await (left === null ? send(wanted ?? [], words.done) : resend())) close();
  };
  return (
    <>
      {count > MOST_AT_ONCE && (
        <Text size="sm" c="red.8">
          {words.tooMany(count)}
        </Text>
      )}
      {refusal && <Misfits refusal={refusal} remedy={remedy} choose={choose} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={cancel}>
          {words.cancel}
        </Button>
        <Button loading={busy || !wanted} disabled={count === 0 || count > MOST_AT_ONCE} onClick={() => void draft()}>
          {words.yes(count)}
        </Button>
      </Group>
    </>
  );
}
