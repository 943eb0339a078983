import "@fontsource-variable/inter";
import "@mantine/core/styles.layer.css";
import "@mantine/dates/styles.layer.css";
import "./theme/tokens.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { browserSurroundings, Session } from "./session/session";
import { Appearance } from "./settings/Appearance";
import { settingsOf } from "./settings/settings";
import { SettingsContext } from "./settings/use-settings";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");

const session = new Session(browserSurroundings());
void session.start();
const settings = settingsOf(window);
await settings.start();

createRoot(root).render(
  <StrictMode>
    <SettingsContext value={settings}>
      <Appearance>
        <App session={session} />
      </Appearance>
    </SettingsContext>
  </StrictMode>,
);
