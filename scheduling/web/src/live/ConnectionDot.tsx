import { Tooltip, UnstyledButton } from "@mantine/core";
import type { ConnectionStatus } from "@tidings/client";
import { useConnection } from "@tidings/react";
import classes from "./ConnectionDot.module.css";

interface Words {
  readonly title: string;
  readonly detail: string;
  /** Stands beside the dot as well, where the reader should know it without asking. */
  readonly loud?: boolean;
}

const WORDS: Record<ConnectionStatus["status"], Words> = {
  idle: { title: "Starting", detail: "Connecting to the live updates." },
  connecting: { title: "Connecting", detail: "What you see may be a few moments old." },
  connected: { title: "Live", detail: "Changes by others appear here as they happen." },
  closed: { title: "Closed", detail: "This page no longer listens for changes." },
  offline: {
    title: "Offline",
    detail: "You see what was last known. It is brought up to date by itself when the connection is back.",
    loud: true,
  },
  refused: {
    title: "No live updates",
    detail: "The server refused the live connection. The page looks for changes every 30 seconds instead.",
    loud: true,
  },
};

/** The connection's state as one quiet dot; its shape tells as much as its colour, and words are behind it. */
export function ConnectionDot() {
  const { status, reason } = useConnection();
  const { title, detail, loud } = WORDS[status];
  const words = reason && status === "refused" ? `${detail} (${reason})` : detail;
  return (
    <Tooltip
      label={`${title}. ${words}`}
      multiline
      w={270}
      position="bottom-end"
      events={{ hover: true, focus: true, touch: true }}
    >
      <UnstyledButton className={classes.button} aria-label={`Connection: ${title}. ${words}`}>
        <span className={classes.dot} data-status={status} aria-hidden="true" />
        {loud && <span className={classes.word}>{title}</span>}
      </UnstyledButton>
    </Tooltip>
  );
}
