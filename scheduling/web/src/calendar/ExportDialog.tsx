import { Button, Stack, Text } from "@mantine/core";
import { IconAlertCircle, IconDownload } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { sentenceOf } from "../api/problem";
import type { WeekDialogProps } from "../grid/use-week";
import { useAnnounce } from "../live/announcer";
import { useSignedIn } from "../session/signed-in";
import { addDays } from "../time/week";
import { weekTitle } from "../time/words";
import { startOfDay } from "../time/zone";
import { Dialog } from "../ui/Dialog";
import { Notice } from "../ui/Notice";
import classes from "./ExportDialog.module.css";
import { saveFile } from "./save-file";

const FORMATS = ["csv", "ics"] as const;
type Format = (typeof FORMATS)[number];

/** Fetches the week in a format and hands it to the browser; says why where that fails. */
function useExport({ monday, week }: Pick<WeekDialogProps, "monday" | "week">) {
  const { t } = useTranslation();
  const { api } = useSignedIn();
  const announce = useAnnounce();
  const [busy, setBusy] = useState<Format | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const save = async (format: Format) => {
    const [zone] = week.zones;
    const name = `shifts-${monday}.${format}`;
    setBusy(format);
    setFailure(null);
    try {
      const between = { from: startOfDay(monday, zone), to: startOfDay(addDays(monday, 7), zone) };
      saveFile(await api.exportShifts(format, between), name);
      announce(t("calendar.export.done", { name }));
    } catch (error) {
      setFailure(sentenceOf(error));
    }
    setBusy(null);
  };
  return { busy, failure, save };
}

/** The week as a file: for a spreadsheet, or for a calendar. */
export function ExportDialog({ opened, close, week, monday }: WeekDialogProps) {
  const { t } = useTranslation();
  const { busy, failure, save } = useExport({ week, monday });
  const name = (format: Format) => t(`calendar.export.${format}`);
  return (
    <Dialog opened={opened} close={close} title={t("calendar.export.title")} size={500}>
      <Stack gap="md">
        <Text size="sm" c="dimmed">
          {t("calendar.export.about", { week: weekTitle(monday, addDays(monday, 6)) })}
        </Text>
        {failure && <Notice tone="bad" icon={IconAlertCircle} title={failure} urgent />}
        <ul className={classes.choices}>
          {FORMATS.map((format) => (
            <li key={format} className={classes.choice}>
              <div className={classes.what}>
                <p className={classes.name}>{name(format)}</p>
                <p className={classes.text}>{t(`calendar.export.${format}About`)}</p>
              </div>
              <Button
                variant="default"
                leftSection={<IconDownload size={16} stroke={1.8} />}
                loading={busy === format}
                aria-label={t("calendar.export.saveAs", { format: name(format) })}
                onClick={() => void save(format)}
              >
                {t("calendar.export.save")}
              </Button>
            </li>
          ))}
        </ul>
      </Stack>
    </Dialog>
  );
}
