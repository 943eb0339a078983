import { DirectionProvider, MantineProvider } from "@mantine/core";
import { DatesProvider, type DayOfWeek } from "@mantine/dates";
import { type ReactNode, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { themeIn, variables } from "../theme/theme";
import { useSettings } from "./use-settings";

/** Mantine in this product's looks and in the reader's language, with their weeks. */
export function Appearance({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const { language, locale } = useSettings();
  const theme = useMemo(() => themeIn(t), [t]);
  const dates = useMemo(
    () => ({ locale: language, firstDayOfWeek: (locale.firstDay % 7) as DayOfWeek }),
    [language, locale.firstDay],
  );
  return (
    <DirectionProvider>
      <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
        <DatesProvider settings={dates}>{children}</DatesProvider>
      </MantineProvider>
    </DirectionProvider>
  );
}
