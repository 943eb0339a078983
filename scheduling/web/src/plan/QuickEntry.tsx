import { Button, Popover } from "@mantine/core";
import { IconAlertCircle, IconAlertTriangle, IconCloudOff } from "@tabler/icons-react";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { shortReason } from "../api/reasons";
import type { Schedule } from "../api/types";
import { shiftOf } from "../grid/grid";
import { type Check, considered, useCheck } from "../rules/use-check";
import { hours, timeSpan } from "../time/words";
import type { Translate } from "../words/language";
import classes from "./QuickEntry.module.css";
import { type QuickRead, type Typing, useQuickEntry } from "./use-quick-entry";

interface Props {
  readonly typing: Typing;
  readonly name: string;
  /** `accept`: the soft rules that object and are overruled. */
  readonly save: (after: Schedule, accept?: readonly string[]) => void;
  /** Ends it. `back`: the grid takes the focus again. */
  readonly close: (back: boolean) => void;
  /** Opens the form instead. */
  readonly more: () => void;
}

function meaning(t: Translate, after: Schedule): string {
  const { minutes, overnight } = shiftOf(after);
  const span = timeSpan(after, after.timezone);
  return `${overnight ? t("plan.entry.overnight", { span }) : span} · ${hours(minutes)} · ${after.role} · ${after.location}`;
}

/** What the rules say, under what was read. */
function Verdict({ check: { verdict, reasons, away }, asking }: { check: Check; asking: boolean }) {
  const { t } = useTranslation();
  if (away) {
    return (
      <span className={classes.verdict}>
        <span>
          <IconCloudOff size={14} stroke={2} aria-hidden="true" /> {t("rules.away")}
        </span>
      </span>
    );
  }
  if (verdict !== "soft" && verdict !== "hard") return null;
  const Mark = verdict === "hard" ? IconAlertCircle : IconAlertTriangle;
  return (
    <span className={classes.verdict} data-verdict={verdict}>
      {reasons.map((reason) => (
        <span key={`${reason.code} ${reason.message}`}>
          <Mark size={14} stroke={2} aria-hidden="true" /> {shortReason(t, reason)}
        </span>
      ))}
      {asking && verdict === "soft" && <strong>{t("plan.entry.again")}</strong>}
      {asking && verdict === "hard" && <strong>{t("plan.entry.never")}</strong>}
    </span>
  );
}

interface ReadingProps extends Pick<Props, "more"> {
  /** The id of the words that describe the field. */
  readonly hint: string;
  readonly found: QuickRead;
  readonly check: Check;
  readonly tried: boolean;
}

/** What is read, or why it cannot be, and the way to the form. */
function Reading({ hint, found, check, tried, more }: ReadingProps) {
  const { t } = useTranslation();
  return (
    <>
      <p id={hint} aria-live="polite">
        {"why" in found ? found.why : meaning(t, found.after)}
        {"after" in found && <Verdict check={check} asking={tried} />}
      </p>
      <Button size="compact-sm" variant="default" onClick={more}>
        {t("plan.entry.more")}
      </Button>
    </>
  );
}

/** Beside the grid, which would cut it off; above the cell where there is no room below. The focus stays in the field. */
const BESIDE = {
  position: "bottom-start",
  offset: 4,
  width: "max-content",
  withRoles: false,
  returnFocus: false,
  closeOnEscape: false,
  closeOnClickOutside: false,
  transitionProps: { duration: 0 },
} as const;

/** A field in the cell: "9-17", Enter. What it is read as, or why it cannot be, stands below it. */
export function QuickEntry({ typing, name, save, close, more }: Props) {
  const { t } = useTranslation();
  const { initial, read } = useQuickEntry(typing);
  const [text, setText] = useState(initial);
  const [tried, setTried] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const below = useRef<HTMLDivElement>(null);
  const hint = useId();
  const found = read(text);
  const check = useCheck("why" in found ? null : considered(found.after, typing.shift?.id));
  const known = !check.pending && "after" in found ? check.verdict : "unknown";
  const wrong = "why" in found || known === "hard";

  useEffect(() => {
    input.current?.focus();
    if (typing.text === null) input.current?.select();
  }, [typing]);

  const enter = () => {
    setTried(true);
    if ("why" in found || known === "hard" || (known === "soft" && !tried)) return;
    save(found.after, known === "soft" ? check.codes : undefined);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === "Escape") close(true);
    else if (event.key === "Enter" && event.target === input.current) {
      // A key that is held down saves nothing.
      if (!event.repeat) enter();
    } else return;
    event.preventDefault();
  };
  const leave = (target: EventTarget | null) => {
    const inside = target instanceof Node && (input.current === target || below.current?.contains(target));
    if (!inside) close(false);
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only hears what its field and button do
    <div className={classes.entry} data-entry onKeyDown={onKeyDown} onBlur={(event) => leave(event.relatedTarget)}>
      <Popover opened {...BESIDE}>
        <Popover.Target>
          <input
            ref={input}
            className={classes.input}
            aria-label={t(typing.shift ? "plan.entry.times" : "plan.entry.newTimes", { whose: name })}
            aria-describedby={hint}
            aria-invalid={(wrong && tried) || undefined}
            autoComplete="off"
            spellCheck={false}
            placeholder="9-17"
            value={text}
            onChange={(event) => {
              setText(event.currentTarget.value);
              setTried(false);
            }}
          />
        </Popover.Target>
        <Popover.Dropdown ref={below} className={classes.hint} data-wrong={(wrong && tried) || undefined}>
          <Reading {...{ hint, found, check, tried, more }} />
        </Popover.Dropdown>
      </Popover>
    </div>
  );
}
