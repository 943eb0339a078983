import "@fontsource-variable/inter";
import "@mantine/core/styles.layer.css";
import "@mantine/dates/styles.layer.css";
import "./theme/tokens.css";
import { MantineProvider } from "@mantine/core";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { browserSurroundings, Session } from "./session/session";
import { theme, variables } from "./theme/theme";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");

const session = new Session(browserSurroundings());
void session.start();

createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
      <App session={session} />
    </MantineProvider>
  </StrictMode>,
);
