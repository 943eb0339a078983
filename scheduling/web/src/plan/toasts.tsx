import { Button, Notification } from "@mantine/core";
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useAnnounce } from "../live/announcer";
import classes from "./toasts.module.css";

export interface Toast {
  readonly sentence: string;
  /** Something was not done. */
  readonly bad?: boolean;
  readonly action?: { readonly label: string; readonly run: () => void };
}

/** How long a toast stays while nobody points at it, in milliseconds. What it offers can be done by keyboard later, too. */
const STAYS = 10_000;

const ToastContext = createContext<(toast: Toast) => void>(() => {});

/** Says what was done or was not, with what can be done about it; one at a time, the newest. */
export const useToast = () => useContext(ToastContext);

function Shown({ toast, close }: { toast: Toast; close: () => void }) {
  const { t } = useTranslation();
  const [held, setHeld] = useState(false);
  useEffect(() => {
    if (held) return;
    const timer = setTimeout(close, STAYS);
    return () => clearTimeout(timer);
  }, [held, close]);
  const hold = { onMouseEnter: () => setHeld(true), onMouseLeave: () => setHeld(false) };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: pointing at it only makes it stay
    <div className={classes.place} {...hold} onFocus={() => setHeld(true)} onBlur={() => setHeld(false)}>
      <Notification
        // The live region has said it.
        role="group"
        aria-label={t("plan.toast.label")}
        color={toast.bad ? "red.8" : "iris.7"}
        withBorder
        closeButtonProps={{ "aria-label": t("plan.toast.close") }}
        onClose={close}
      >
        <span className={classes.line}>
          {toast.sentence}
          {toast.action && (
            <Button
              size="compact-sm"
              variant="default"
              onClick={() => {
                close();
                toast.action?.run();
              }}
            >
              {toast.action.label}
            </Button>
          )}
        </span>
      </Notification>
    </div>
  );
}

export function Toasts({ children }: { children: ReactNode }) {
  const [latest, setLatest] = useState<{ readonly toast: Toast; readonly number: number } | null>(null);
  const announce = useAnnounce();
  const show = useCallback(
    (toast: Toast) => {
      announce(toast.sentence, { shown: true });
      setLatest((before) => ({ toast, number: (before?.number ?? 0) + 1 }));
    },
    [announce],
  );
  const close = useMemo(() => () => setLatest(null), []);
  return (
    <ToastContext value={show}>
      {children}
      {latest && <Shown key={latest.number} toast={latest.toast} close={close} />}
    </ToastContext>
  );
}
