import "@fontsource-variable/inter";
import "@mantine/core/styles.layer.css";
import "@mantine/dates/styles.layer.css";
import "./theme/tokens.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { AboutContext, fetchAbout } from "./demo/about";
import { begin } from "./demo/entry";
import { browserSurroundings, Session } from "./session/session";
import { Appearance } from "./settings/Appearance";
import { settingsOf } from "./settings/settings";
import { SettingsContext } from "./settings/use-settings";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");

const surroundings = browserSurroundings();
const session = new Session(surroundings);
const about = fetchAbout(surroundings.fetch);
void begin(session, about, window.location);
const settings = settingsOf(window);
await settings.start();

createRoot(root).render(
  <StrictMode>
    <SettingsContext value={settings}>
      <Appearance>
        <AboutContext value={about}>
          <App session={session} />
        </AboutContext>
      </Appearance>
    </SettingsContext>
  </StrictMode>,
);
