import { Button, Group } from "@mantine/core";
import { IconUsers } from "@tabler/icons-react";
import type { Stale } from "../api/problem";
import type { Schedule } from "../api/types";
import { Notice } from "../shell/Notice";
import { dayShort } from "../time/words";
import classes from "./Conflict.module.css";
import { differing, OPEN, type ShiftValues, valuesOf } from "./shift-fields";

interface Props {
  readonly stale: Stale<Schedule>;
  readonly mine: ShiftValues;
  readonly nameOf: (staffId: number) => string;
  readonly busy: boolean;
  readonly takeTheirs: (current: Schedule) => void;
  readonly saveMine: (current: Schedule) => void;
  readonly close: () => void;
}

const LABELS: Record<keyof ShiftValues, string> = {
  staff: "Who",
  day: "Day",
  start: "Starts",
  end: "Ends",
  role: "Role",
  location: "Where",
  note: "Note",
};

function shown(values: ShiftValues, key: keyof ShiftValues, nameOf: Props["nameOf"]): string {
  const value = values[key];
  if (key === "staff") return value === OPEN ? "Open shift" : nameOf(Number(value));
  if (key === "day" && value) return dayShort(value);
  return value || "–";
}

function Differences({ theirs, mine, nameOf }: { theirs: ShiftValues; mine: ShiftValues; nameOf: Props["nameOf"] }) {
  const keys = differing(theirs, mine);
  if (keys.length === 0) return null;
  return (
    <table className={classes.table}>
      <thead>
        <tr>
          <td />
          <th scope="col">Theirs</th>
          <th scope="col">Mine</th>
        </tr>
      </thead>
      <tbody>
        {keys.map((key) => (
          <tr key={key}>
            <th scope="row">{LABELS[key]}</th>
            <td>{shown(theirs, key, nameOf)}</td>
            <td>{shown(mine, key, nameOf)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Somebody else was faster: says who, shows what differs, and lets the reader choose. */
export function Conflict({ stale, mine, nameOf, busy, takeTheirs, saveMine, close }: Props) {
  const { current, detail } = stale;
  return (
    <Notice tone="warn" icon={IconUsers} title={detail} urgent>
      {current ? (
        <>
          <Differences theirs={valuesOf(current)} mine={mine} nameOf={nameOf} />
          <Group mt={12} gap={8}>
            <Button size="xs" variant="default" onClick={() => takeTheirs(current)}>
              Take theirs
            </Button>
            <Button size="xs" loading={busy} onClick={() => saveMine(current)}>
              Save mine
            </Button>
          </Group>
        </>
      ) : (
        <Group justify="space-between">
          <p>The shift does not exist any more.</p>
          <Button size="xs" variant="default" onClick={close}>
            Close
          </Button>
        </Group>
      )}
    </Notice>
  );
}
