import { Portal } from "@mantine/core";
import { IconCloudOff } from "@tabler/icons-react";
import { Component, type ReactNode, Suspense, useEffect } from "react";
import { useTranslation } from "react-i18next";
import classes from "./Arriving.module.css";
import { Notice } from "./Notice";
import { fetchAnew, isUnfetched } from "./soon";

/** Milliseconds until what could not be fetched is asked for once more. */
const PAUSE = 2_000;

interface Props {
  readonly children: ReactNode;
  /** What stands there meanwhile. */
  readonly fallback?: ReactNode;
}

interface State {
  readonly error: unknown;
  readonly missing: boolean;
}

/**
 * Stands around a part of a page that is fetched when it is first drawn. Where it cannot be fetched the page goes on: the reader
 * is told, and the part comes by itself. Any other failure is the page's.
 */
export class Arriving extends Component<Props, State> {
  static getDerivedStateFromError = (error: unknown): State => ({ error, missing: true });

  override state: State = { error: null, missing: false };

  readonly #again = () => {
    fetchAnew();
    this.setState({ error: null });
  };

  readonly #arrived = () => this.setState({ missing: false });

  override render() {
    const { error, missing } = this.state;
    const { children, fallback } = this.props;
    if (error !== null && !isUnfetched(error)) throw error;
    return (
      <>
        {error === null ? (
          <Suspense fallback={fallback}>
            {children}
            {missing && <Here then={this.#arrived} />}
          </Suspense>
        ) : (
          <>
            {fallback}
            <Later then={this.#again} />
          </>
        )}
        {missing && <Missing />}
      </>
    );
  }
}

function Here({ then }: { then: () => void }) {
  useEffect(then, [then]);
  return null;
}

function Later({ then }: { then: () => void }) {
  useEffect(() => {
    const timer = setTimeout(then, PAUSE);
    return () => clearTimeout(timer);
  }, [then]);
  return null;
}

function Missing() {
  const { t } = useTranslation();
  return (
    <Portal>
      <div className={classes.place}>
        <Notice tone="warn" icon={IconCloudOff} title={t("shell.notYet.title")} urgent>
          <p>{t("shell.notYet.text")}</p>
        </Notice>
      </div>
    </Portal>
  );
}
