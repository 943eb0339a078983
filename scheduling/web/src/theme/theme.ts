import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";
import type { Translate } from "../words/language";

const iris: MantineColorsTuple = [
  "#eef0fc",
  "#dde0f7",
  "#bac0ef",
  "#959fe6",
  "#7682df",
  "#5f6cd3",
  "#4b58c6",
  "#3f4bb8",
  "#353f9e",
  "#2b3484",
];

const gray: MantineColorsTuple = [
  "#fbfaf8",
  "#f5f4f0",
  "#eceae4",
  "#e2dfd8",
  "#d2cec4",
  "#8d897f",
  "#6a665e",
  "#55524b",
  "#3a3833",
  "#1e1d1a",
];

const dark: MantineColorsTuple = [
  "#eceae6",
  "#b7b4ad",
  "#9c9992",
  "#6f727c",
  "#40434c",
  "#292b31",
  "#1d1f24",
  "#18191d",
  "#111215",
  "#0c0d0f",
];

const looks = createTheme({
  primaryColor: "iris",
  primaryShade: { light: 7, dark: 7 },
  colors: { iris, gray, dark },
  black: "#1e1d1a",
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  headings: { fontFamily: "'Inter Variable', system-ui, sans-serif", fontWeight: "650" },
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: "sm" } },
    // What would take the focus in the items' place is no item, and a menu has nothing else.
    Menu: { defaultProps: { withInitialFocusPlaceholder: false } },
    InputWrapper: { styles: { label: { marginBottom: 4 }, error: { marginTop: 6 } } },
    Tooltip: { defaultProps: { openDelay: 300, withArrow: true } },
  },
});

/** Mantine in this product's colours and letters, and in the reader's language; tokens.css has what Mantine has no name for. */
export function themeIn(t: Translate) {
  const ariaLabels = {
    nextMonth: t("time.nextMonth"),
    previousMonth: t("time.previousMonth"),
    nextYear: t("time.nextYear"),
    previousYear: t("time.previousYear"),
    nextDecade: t("time.nextDecade"),
    previousDecade: t("time.previousDecade"),
  };
  const calendar = { defaultProps: { ariaLabels, hideOutsideDates: true, weekendDays: [] } };
  return { ...looks, components: { ...looks.components, DatePickerInput: calendar } };
}

/** Mantine's names for what tokens.css decides. */
export const variables: CSSVariablesResolver = () => ({
  variables: {
    "--mantine-color-error": "var(--bad)",
    "--mantine-color-dimmed": "var(--ink-3)",
    "--mantine-color-placeholder": "var(--ink-3)",
  },
  light: {},
  dark: {},
});
