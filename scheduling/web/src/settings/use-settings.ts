import { createContext, useContext, useSyncExternalStore } from "react";
import type { Settings, SettingsState } from "./settings";

export const SettingsContext = createContext<Settings | null>(null);

/** The reader's settings, and how they change them. */
export function useSettings(): SettingsState & Pick<Settings, "choose"> {
  const settings = useContext(SettingsContext);
  if (!settings) throw new Error("useSettings needs the page's settings above it");
  return { ...useSyncExternalStore(settings.subscribe, settings.snapshot), choose: settings.choose };
}
