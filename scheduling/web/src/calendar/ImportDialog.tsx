import { Button, FileButton, Group, Loader, Stack, Text } from "@mantine/core";
import { IconAlertCircle, IconAlertTriangle, IconFileUpload, IconInfoCircle } from "@tabler/icons-react";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Imported, Schedule } from "../api/types";
import { useDesk } from "../grid/desk";
import type { WeekDialogProps } from "../grid/use-week";
import { dayShort, whenOf } from "../time/words";
import { wallTime } from "../time/zone";
import { Dialog } from "../ui/Dialog";
import { Notice } from "../ui/Notice";
import classes from "./ImportDialog.module.css";
import type { LineFault } from "./lines";
import { type Importing, type Stage, useImporting } from "./use-importing";

const COLUMNS = "id, version, date, starts, ends, person, role, location, note, status";

/** Shifts that are listed; what is more is counted. */
const MOST_LISTED = 50;

const dayOf = (shift: Schedule) => wallTime(shift.starts_at, shift.timezone).day;

function Faults({ faults, soft }: { faults: readonly LineFault[]; soft: boolean }) {
  const { t } = useTranslation();
  return (
    <>
      <Notice
        tone={soft ? "warn" : "bad"}
        icon={soft ? IconAlertTriangle : IconAlertCircle}
        title={soft ? t("calendar.lines.soft") : t("calendar.lines.wrong")}
        urgent
      >
        <p>{soft ? t("calendar.lines.howSoft") : t("calendar.lines.how")}</p>
      </Notice>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be scrolled by keyboard, too */}
      <section className={classes.scroller} tabIndex={0} aria-label={t("calendar.lines.table")}>
        <table className={classes.faults}>
          <thead>
            <tr>
              <th scope="col">{t("calendar.lines.line")}</th>
              <th scope="col">{t("calendar.lines.column")}</th>
              <th scope="col">{t("calendar.lines.what")}</th>
            </tr>
          </thead>
          <tbody>
            {faults.map(({ line, column, sentence }) => (
              <tr key={`${line} ${column} ${sentence}`}>
                <th scope="row">{line}</th>
                <td>{column}</td>
                <td>{sentence}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}

function Rows({ preview }: { preview: Imported }) {
  const { t } = useTranslation();
  const { nameOf, colourOf } = useDesk();
  const rows = [
    ...preview.created.map((shift, index) => ({ key: `new ${index}`, shift, mark: t("calendar.import.added") })),
    ...preview.changed.map(({ after }) => ({ key: after.id, shift: after, mark: t("calendar.import.changed") })),
  ].sort((a, b) => a.shift.starts_at.localeCompare(b.shift.starts_at));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be scrolled by keyboard, too
    <ul className={classes.list} tabIndex={0} aria-label={t("calendar.import.list")}>
      {rows.slice(0, MOST_LISTED).map(({ key, shift, mark }) => (
        <li key={key} data-role={colourOf(shift.role)}>
          <span className={classes.who}>{nameOf(shift.staff_id)}</span>
          <span className={classes.when}>{whenOf(shift)}</span>
          <span className={classes.role}>{shift.role}</span>
          <span className={classes.mark}>{mark}</span>
        </li>
      ))}
      {rows.length > MOST_LISTED && (
        <li className={classes.more}>{t("calendar.import.more", { count: rows.length - MOST_LISTED })}</li>
      )}
    </ul>
  );
}

function Preview({ preview }: { preview: Imported }) {
  const { t } = useTranslation();
  const { created, changed, unchanged } = preview;
  const days = [...created, ...changed.map(({ after }) => after)].map(dayOf).sort();
  const [first, last] = [days[0], days.at(-1)];
  const same = unchanged > 0 ? t("calendar.import.same", { count: unchanged }) : "";
  if (!first || !last) {
    return (
      <Notice tone="quiet" icon={IconInfoCircle} title={t("calendar.import.nothing")} urgent>
        <p>{same || t("calendar.import.nothingIn")}</p>
      </Notice>
    );
  }
  const parts = [
    ...(created.length > 0 ? [t("calendar.import.willAdd", { count: created.length })] : []),
    ...(changed.length > 0 ? [t("calendar.import.willChange", { count: changed.length })] : []),
  ];
  return (
    <>
      <Notice tone="quiet" icon={IconInfoCircle} title={parts.join(", ")} urgent>
        <p>
          {first === last
            ? t("calendar.import.on", { day: dayShort(first) })
            : t("calendar.import.from", { first: dayShort(first), last: dayShort(last) })}{" "}
          {same}
        </p>
      </Notice>
      <Rows preview={preview} />
    </>
  );
}

function Found({ stage }: { stage: Stage }) {
  const { t } = useTranslation();
  switch (stage.at) {
    case "nothing":
      return (
        <>
          <Text size="sm" c="dimmed">
            {t("calendar.import.about")}
          </Text>
          <Text size="sm" c="dimmed">
            {t("calendar.import.columns", { columns: COLUMNS })}
          </Text>
        </>
      );
    case "checking":
      return (
        <Group gap="sm">
          <Loader size="sm" />
          <Text size="sm">{t("calendar.import.checking", { name: stage.name })}</Text>
        </Group>
      );
    case "ready":
      return <Preview preview={stage.preview} />;
    case "faulty":
      return <Faults faults={stage.faults} soft={stage.overrule !== null} />;
    case "refused":
      return <Notice tone="bad" icon={IconAlertCircle} title={stage.why} urgent />;
  }
}

/** What may be done next. */
function Next({ stage, busy, overrule, run }: Pick<Importing, "stage" | "busy" | "overrule" | "run">) {
  const { t } = useTranslation();
  if (stage.at === "faulty" && stage.overrule) {
    const { file, overrule: accept } = stage;
    return (
      <Button loading={busy} onClick={() => void overrule(file, accept)}>
        {t("calendar.import.anyway")}
      </Button>
    );
  }
  if (stage.at !== "ready") return null;
  const { file, preview, accept } = stage;
  const count = preview.created.length + preview.changed.length;
  if (count === 0) return null;
  return (
    <Button loading={busy} onClick={() => void run(file, accept)}>
      {t("calendar.import.yes", { count })}
    </Button>
  );
}

/** Takes shifts over from a spreadsheet: says first what would be done, or what is wrong in which line. */
export function ImportDialog({ opened, close }: WeekDialogProps) {
  const { t } = useTranslation();
  const importing = useImporting(close);
  const { stage, check } = importing;
  const reset = useRef<() => void>(null);
  const first = stage.at === "nothing";
  const choose = (file: File | null) => {
    void check(file);
    // So that the same file, put right, can be chosen again.
    reset.current?.();
  };
  return (
    <Dialog opened={opened} close={close} title={t("calendar.import.title")} size={600}>
      <Stack gap="md">
        <Found stage={stage} />
        <Group justify="flex-end" gap={8}>
          <Button variant="default" onClick={close}>
            {t("calendar.import.cancel")}
          </Button>
          <FileButton onChange={choose} accept=".csv,text/csv" resetRef={reset}>
            {(props) => (
              <Button
                {...props}
                variant={first ? "filled" : "default"}
                leftSection={<IconFileUpload size={16} stroke={1.8} />}
                loading={stage.at === "checking"}
              >
                {first ? t("calendar.import.choose") : t("calendar.import.another")}
              </Button>
            )}
          </FileButton>
          <Next {...importing} />
        </Group>
      </Stack>
    </Dialog>
  );
}
