import type { Icon } from "@tabler/icons-react";
import { type ReactNode, useId } from "react";
import { useTranslation } from "react-i18next";
import classes from "./Page.module.css";

interface Props {
  readonly title: string;
  /** A sentence under the title. */
  readonly about?: string;
  /** What is done most here; it stands beside the title. */
  readonly action?: ReactNode;
  /** Nothing is there yet. */
  readonly busy?: boolean;
  readonly wide?: boolean;
  readonly children: ReactNode;
}

/** A page that is read from the top: its title, and what stands below one another. */
export function Page({ title, about, action, busy = false, wide, children }: Props) {
  const { t } = useTranslation();
  return (
    <div className={classes.scroller} aria-busy={busy}>
      <title>{t("shell.title", { page: title })}</title>
      <div className={classes.page} data-wide={wide || undefined}>
        <div className={classes.heading}>
          <div>
            <h1 className={classes.title}>{title}</h1>
            {about && <p className={classes.about}>{about}</p>}
          </div>
          {action}
        </div>
        {children}
      </div>
    </div>
  );
}

/** A part of a page, named by its heading. */
export function Section({ title, children }: { title: string; children: ReactNode }) {
  const id = useId();
  return (
    <section aria-labelledby={id}>
      <h2 className={classes.subtitle} id={id}>
        {title}
      </h2>
      {children}
    </section>
  );
}

/** Cards, one below the other; its children are list items. */
export function Cards({ label, children }: { label?: string; children: ReactNode }) {
  return (
    <ul className={classes.list} aria-label={label}>
      {children}
    </ul>
  );
}

interface EmptyProps {
  readonly icon: Icon;
  readonly title: string;
  readonly text: string;
  /** A button or a link: what to do about it. */
  readonly children?: ReactNode;
}

/** Stands where nothing is, and says what will. */
export function Empty({ icon: Mark, title, text, children }: EmptyProps) {
  return (
    <div className={classes.empty}>
      <Mark size={34} stroke={1.3} aria-hidden="true" />
      <p className={classes.emptyTitle}>{title}</p>
      <p className={classes.emptyText}>{text}</p>
      {children}
    </div>
  );
}
